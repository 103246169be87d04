import numpy as np


def relu(z):
    return z * (z > 0)


def forward(x, parameters):
    h = x
    for W, b in parameters[:-1]:
        h = relu(np.dot(h, W) + b)
    W, b = parameters[-1]
    return np.dot(h, W) + b


def layer_inputs(x, parameters):
    inputs = [x]
    for W, b in parameters[:-1]:
        inputs.append(relu(np.dot(inputs[-1], W) + b))
    return inputs


def loss(y, targets):
    N = y.shape[0]
    diff = y - targets
    return float(np.sum(diff * diff) / (2 * N))


def loss_backward(y, targets):
    N = y.shape[0]
    return (1.0 / N) * (y - targets)


def backward(dy, x, parameters):
    inputs = layer_inputs(x, parameters)
    weights = [W.copy() for W, _ in parameters]
    biases = [b.copy() for _, b in parameters]
    dWs, dbs = [], []
    delta = dy
    for k in range(1, len(weights) + 1):
        dWs.append(inputs[-k].T @ delta)
        dbs.append(delta.sum(axis=0))
        weights[-k] -= dWs[-1]
        biases[-k] -= dbs[-1]
        delta = delta @ weights[-k].T
        if k < len(weights):
            delta = delta * (inputs[-k] > 0)
    return delta, list(zip(dWs, dbs))[::-1]


def step(parameters, gradients, learning_rate):
    return [tuple(p - learning_rate * g for p, g in zip(layer, grads)) for layer, grads in zip(parameters, gradients)]
