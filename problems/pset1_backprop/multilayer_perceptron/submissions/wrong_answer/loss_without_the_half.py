"""You leave the half out of the loss: it is half the squared distance."""

import numpy as np


def forward(x, parameters):
    h = x
    for i, (W, b) in enumerate(parameters):
        h = h @ W + b
        if i < len(parameters) - 1:
            h = np.maximum(h, 0)
    return h


def loss(y, targets):
    N = y.shape[0]
    return float(np.sum((y - targets) ** 2) / N)


def loss_backward(y, targets):
    N = y.shape[0]
    return (y - targets) / N


def backward(dy, x, parameters):
    cache = []
    h = x
    for i, (W, b) in enumerate(parameters):
        z = h @ W + b
        cache.append((h, z))
        h = np.maximum(z, 0)
    grads = []
    dz = dy
    for i in range(len(parameters) - 1, -1, -1):
        W, b = parameters[i]
        h, z = cache[i]
        dW = h.T @ dz
        db = np.sum(dz, axis=0)
        grads.insert(0, (dW, db))
        dh = dz @ W.T
        if i > 0:
            dz = dh * (cache[i - 1][1] > 0)
    return dh, grads


def step(parameters, gradients, learning_rate):
    new = []
    for (W, b), (dW, db) in zip(parameters, gradients):
        new.append((W - learning_rate * dW, b - learning_rate * db))
    return new
