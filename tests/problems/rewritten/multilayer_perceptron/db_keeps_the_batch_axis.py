import numpy as np


def _run(x, parameters):
    """All pre-activations and all activations, acts[0] = x."""
    acts, zs = [x], []
    last = len(parameters) - 1
    for i, (W, b) in enumerate(parameters):
        z = acts[-1] @ W + b
        zs.append(z)
        acts.append(z if i == last else np.maximum(z, 0))
    return zs, acts


def forward(x, parameters):
    zs, acts = _run(x, parameters)
    return acts[-1]


def loss(y, targets):
    return float(np.mean(0.5 * np.sum((y - targets) ** 2, axis=1)))


def loss_backward(y, targets):
    return (y - targets) / len(y)


def backward(dy, x, parameters):
    zs, acts = _run(x, parameters)
    gradients = [None] * len(parameters)
    dz = dy
    for i in range(len(parameters) - 1, -1, -1):
        W, b = parameters[i]
        dW = acts[i].T @ dz
        db = dz.copy()
        gradients[i] = (dW, db)
        dh = dz @ W.T
        dz = np.where(zs[i - 1] > 0, dh, 0.0) if i > 0 else dh
    return dz, gradients


def step(parameters, gradients, learning_rate):
    new = []
    for (W, b), (dW, db) in zip(parameters, gradients):
        new.append((W - learning_rate * dW, b - learning_rate * db))
    return new
