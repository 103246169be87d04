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
    return float(sum(0.5 * np.dot(y[n] - targets[n], y[n] - targets[n]) for n in range(N)) / N)


def loss_backward(y, targets):
    N = y.shape[0]
    d = np.zeros(y.shape)
    for n in range(N):
        d[n] = (y[n] - targets[n]) / N
    return d / N


def backward(dy, x, parameters):
    inputs = layer_inputs(x, parameters)
    gradients = []
    dz = dy
    for i in reversed(range(len(parameters))):
        W = parameters[i][0]
        gradients.insert(0, (np.dot(inputs[i].T, dz), dz.sum(axis=0)))
        dz = np.dot(dz, W.T)
        if i > 0:
            dz = dz * (inputs[i] > 0)
    return dz, gradients


def step(parameters, gradients, learning_rate):
    return [tuple(p - learning_rate * g for p, g in zip(layer, grads)) for layer, grads in zip(parameters, gradients)]
