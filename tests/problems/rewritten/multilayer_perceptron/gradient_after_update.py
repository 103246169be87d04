"""*Wrong:* gradient taken after the update (each layer is updated before the gradient passes through it)"""

import numpy as np


def _inputs(x, parameters):
    """The input of every layer, and at the end the output of the network."""
    states = [x]
    for i, (W, b) in enumerate(parameters):
        z = states[-1] @ W + b
        states.append(z if i == len(parameters) - 1 else np.maximum(z, 0))
    return states


def forward(x, parameters):
    return _inputs(x, parameters)[-1]


def loss(y, targets):
    return float(np.sum((y - targets) ** 2) / (2 * y.shape[0]))


def loss_backward(y, targets):
    return (y - targets) / y.shape[0]


def backward(dy, x, parameters):
    states = _inputs(x, parameters)
    weights = [W.copy() for W, _ in parameters]
    grads = [None] * len(weights)
    for i in range(len(weights))[::-1]:
        dW, db = states[i].T @ dy, dy.sum(axis=0)
        grads[i] = (dW, db)
        weights[i] -= 0.01 * dW
        dy = dy @ weights[i].T
        if i > 0:
            dy = dy * (states[i] > 0)
    return dy, grads


def step(parameters, gradients, learning_rate):
    return [(W - learning_rate * dW, b - learning_rate * db) for (W, b), (dW, db) in zip(parameters, gradients)]
