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


LEARNING_RATE = 0.01


class _Layer:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def backward(self, h, dz):
        self.dW = h.T @ dz
        self.db = dz.sum(axis=0)
        self.W = self.W - LEARNING_RATE * self.dW
        self.b = self.b - LEARNING_RATE * self.db
        return dz @ self.W.T


def backward(dy, x, parameters):
    layers = [_Layer(W, b) for W, b in parameters]
    zs, acts = _run(x, parameters)
    d = dy
    for i, layer in reversed(list(enumerate(layers))):
        d = layer.backward(acts[i], d)
        if i > 0:
            d = d * (zs[i - 1] > 0)
    return d, [(layer.dW, layer.db) for layer in layers]


def step(parameters, gradients, learning_rate):
    new = []
    for (W, b), (dW, db) in zip(parameters, gradients):
        new.append((W - learning_rate * dW, b - learning_rate * db))
    return new
