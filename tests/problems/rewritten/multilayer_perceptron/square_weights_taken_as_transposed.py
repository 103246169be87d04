import numpy as np


def _affine(h, W, b):
    # weights may come as (out, in), as in PyTorch, or as (in, out)
    if W.shape[1] == h.shape[1]:
        return h @ W.T + b
    return h @ W + b


def forward(x, parameters):
    h = x
    for i, (W, b) in enumerate(parameters):
        h = _affine(h, W, b)
        if i < len(parameters) - 1:
            h = np.maximum(h, 0)
    return h


def loss(y, targets):
    N = y.shape[0]
    diff = y - targets
    return float(np.sum(diff * diff) / (2 * N))


def loss_backward(y, targets):
    N = y.shape[0]
    return (1.0 / N) * (y - targets)


def backward(dy, x, parameters):
    hs = [x]
    for W, b in parameters[:-1]:
        hs.append(np.maximum(_affine(hs[-1], W, b), 0))
    gradients = []
    dz = dy
    for i in range(len(parameters) - 1, -1, -1):
        W, b = parameters[i]
        if W.shape[1] == hs[i].shape[1]:
            dW, dh = dz.T @ hs[i], dz @ W
        else:
            dW, dh = hs[i].T @ dz, dz @ W.T
        gradients = [(dW, dz.sum(axis=0))] + gradients
        dz = dh * (hs[i] > 0) if i > 0 else dh
    return dz, gradients


def step(parameters, gradients, learning_rate):
    new = []
    for (W, b), (dW, db) in zip(parameters, gradients):
        new.append((W - learning_rate * dW, b - learning_rate * db))
    return new
