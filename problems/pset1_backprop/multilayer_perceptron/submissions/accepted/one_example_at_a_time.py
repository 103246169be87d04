"""Loops over examples; the gradients of all of them are added up."""

import numpy as np


def _run(example, parameters):
    values = [example]
    for W, b in parameters[:-1]:
        z = np.array([values[-1] @ W[:, k] + b[k] for k in range(len(b))])
        values.append(np.where(z > 0, z, 0.0))
    W, b = parameters[-1]
    return values, values[-1] @ W + b


def forward(x, parameters):
    return np.array([_run(example, parameters)[1] for example in x])


def loss(y, targets):
    return sum(0.5 * float((a - t) @ (a - t)) for a, t in zip(y, targets)) / len(y)


def loss_backward(y, targets):
    return np.array([(a - t) / len(y) for a, t in zip(y, targets)])


def backward(dy, x, parameters):
    gradients = [(np.zeros(W.shape), np.zeros(b.shape)) for W, b in parameters]
    dx = np.zeros(x.shape)
    for n, (example, g) in enumerate(zip(x, dy)):
        values, _ = _run(example, parameters)
        for layer in range(len(parameters) - 1, -1, -1):
            dW, db = gradients[layer]
            dW += np.outer(values[layer], g)
            db += g
            g = parameters[layer][0] @ g
            if layer:
                g = np.where(values[layer] > 0, g, 0.0)
        dx[n] = g
    return dx, gradients


def step(parameters, gradients, learning_rate):
    stepped = []
    for (W, b), (dW, db) in zip(parameters, gradients):
        stepped.append((W + (-learning_rate) * dW, b + (-learning_rate) * db))
    return stepped
