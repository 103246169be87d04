"""*Wrong:* 1/N twice"""

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
    n = x.shape[0]
    acts = _inputs(x, parameters)
    grads = []
    dz = dy
    for i in reversed(range(len(parameters))):
        grads.append((acts[i].T @ dz / n, dz.sum(0) / n))
        dz = dz @ parameters[i][0].T
        if i > 0:
            dz[acts[i] <= 0] = 0
    return dz, list(reversed(grads))


def step(parameters, gradients, learning_rate):
    return [(W - learning_rate * dW, b - learning_rate * db) for (W, b), (dW, db) in zip(parameters, gradients)]
