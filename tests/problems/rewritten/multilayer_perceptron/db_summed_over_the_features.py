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
    N = y.shape[0]
    diff = y - targets
    return float(np.sum(diff * diff) / (2 * N))


def loss_backward(y, targets):
    N = y.shape[0]
    return (1.0 / N) * (y - targets)


def _layer_backward(dz, h, W):
    dW = np.einsum("nd,nk->dk", h, dz)
    db = np.einsum("nk->n", dz)
    dh = np.einsum("nk,dk->nd", dz, W)
    return dh, dW, db


def backward(dy, x, parameters):
    zs, acts = _run(x, parameters)
    grads = {}
    g = dy
    for i in reversed(range(len(parameters))):
        g, dW, db = _layer_backward(g, acts[i], parameters[i][0])
        grads[i] = (dW, db)
        if i:
            g = g * (zs[i - 1] > 0)
    return g, [grads[i] for i in range(len(parameters))]


def step(parameters, gradients, learning_rate):
    new = []
    for (W, b), (dW, db) in zip(parameters, gradients):
        new.append((W - learning_rate * dW, b - learning_rate * db))
    return new
