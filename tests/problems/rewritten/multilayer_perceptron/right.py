"""A multilayer perceptron of any depth."""

import numpy as np


def _inputs_and_output(x, parameters):
    """The input of every layer, and the output of the last."""
    inputs = []
    h = x
    for k, (W, b) in enumerate(parameters):
        if k > 0:
            h = np.maximum(h, 0.0)
        inputs.append(h)
        h = h @ W + b
    return inputs, h


def forward(x, parameters):
    return _inputs_and_output(x, parameters)[1]


def loss(y, targets):
    return float(0.5 * np.sum((y - targets) ** 2) / y.shape[0])


def loss_backward(y, targets):
    return (y - targets) / y.shape[0]


def backward(dy, x, parameters):
    inputs, _ = _inputs_and_output(x, parameters)
    gradients = []
    dz = dy
    for k in reversed(range(len(parameters))):
        W, _ = parameters[k]
        gradients.append((inputs[k].T @ dz, dz.sum(axis=0)))
        dz = dz @ W.T
        if k > 0:
            dz = dz * (inputs[k] > 0)      # max(z, 0) is positive where z is
    return dz, gradients[::-1]


def step(parameters, gradients, learning_rate):
    return [
        (W - learning_rate * dW, b - learning_rate * db)
        for (W, b), (dW, db) in zip(parameters, gradients)
    ]
