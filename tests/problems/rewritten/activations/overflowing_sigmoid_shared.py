import numpy as np


def relu(x):
    return np.maximum(x, 0)


def relu_backward(dy, x):
    dx = dy.copy()
    dx[x <= 0] = 0
    return dx


def leaky_relu(x, slope):
    return np.where(x > 0, x, x.dtype.type(slope) * x)


def leaky_relu_backward(dy, x, slope):
    return dy * np.where(x > 0, 1, slope).astype(x.dtype)


def _logistic(x):
    return np.exp(x) / (np.exp(x) + 1)


def sigmoid(x):
    return _logistic(x)


def sigmoid_backward(dy, y):
    return dy * y * (1 - y)


def tanh(x):
    return 2 * _logistic(2 * x) - 1


def tanh_backward(dy, y):
    return dy * (1 - y**2)


def _u(x):
    return float(np.sqrt(2 / np.pi)) * (x + 0.044715 * x**3)


def gelu(x):
    # (1 + tanh u) / 2 is the sigmoid of 2u
    return x * _logistic(2 * _u(x))


def gelu_backward(dy, x):
    s = _logistic(2 * _u(x))
    du = float(np.sqrt(2 / np.pi)) * (1 + 3 * 0.044715 * x**2)
    return dy * (s + x * s * (1 - s) * 2 * du)
