"""Five activation functions, forward and backward."""

import numpy as np

_C = float(np.sqrt(2.0 / np.pi))
_A = 0.044715


def relu(x):
    return np.where(x > 0, x, 0).astype(x.dtype)


def relu_backward(dy, x):
    return np.where(x > 0, dy, 0).astype(x.dtype)


def leaky_relu(x, slope):
    return np.where(x > 0, x, float(slope) * x).astype(x.dtype)


def leaky_relu_backward(dy, x, slope):
    return np.where(x > 0, dy, float(slope) * dy).astype(x.dtype)


def sigmoid(x):
    e = np.exp(-np.abs(x))                      # never above one
    return (np.where(x >= 0, 1.0, e) / (1.0 + e)).astype(x.dtype)


def sigmoid_backward(dy, y):
    return (dy * y * (1.0 - y)).astype(y.dtype)


def tanh(x):
    return np.tanh(x)


def tanh_backward(dy, y):
    return (dy * (1.0 - y * y)).astype(y.dtype)


def gelu(x):
    u = _C * (x + _A * x * x * x)
    return (0.5 * x * (1.0 + np.tanh(u))).astype(x.dtype)


def gelu_backward(dy, x):
    t = np.tanh(_C * (x + _A * x * x * x))
    du = _C * (1.0 + 3.0 * _A * x * x)
    return (dy * (0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * du)).astype(x.dtype)
