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
    gradients = []
    dz = dy
    for i in reversed(range(len(parameters))):
        W, b = parameters[i]
        dW = (dz.T @ acts[i]).reshape(W.shape)
        gradients.append((dW, dz.sum(axis=0)))
        dz = dz @ W.T
        if i > 0:
            dz = dz * (zs[i - 1] > 0)
    gradients.reverse()
    return dz, gradients


def step(parameters, gradients, learning_rate):
    return [tuple(p - learning_rate * g for p, g in zip(layer, grads)) for layer, grads in zip(parameters, gradients)]
