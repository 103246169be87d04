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
    N = x.shape[0]
    inputs = layer_inputs(x, parameters)
    gradients = []
    dz = dy
    for i in reversed(range(len(parameters))):
        W, b = parameters[i]
        dW = np.dot(inputs[i].T, dz) / N
        db = np.sum(dz, axis=0) / N
        gradients.insert(0, (dW, db))
        dz = np.dot(dz, W.T)
        if i > 0:
            dz = dz * (inputs[i] > 0)
    return dz, gradients


def step(parameters, gradients, learning_rate):
    new = []
    for (W, b), (dW, db) in zip(parameters, gradients):
        new.append((W - learning_rate * dW, b - learning_rate * db))
    return new
