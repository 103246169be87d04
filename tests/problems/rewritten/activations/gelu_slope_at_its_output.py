import numpy as np


def relu(x):
    out = x.copy()
    out[out <= 0] = 0
    return out


def relu_backward(dy, x):
    return dy * (x > 0)


def leaky_relu(x, slope):
    out = x.copy()
    low = x <= 0
    out[low] = slope * x[low]
    return out


def leaky_relu_backward(dy, x, slope):
    return dy * np.where(x > 0, 1, slope).astype(x.dtype)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def sigmoid_backward(dy, y):
    return dy * y * (1 - y)


def tanh(x):
    return np.tanh(x)


def tanh_backward(dy, y):
    return dy * (1 - y**2)


C = 0.7978845608028654  # sqrt(2 / pi)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(C * (x + 0.044715 * x**3)))


def gelu_backward(dy, x):
    y = gelu(x)
    t = np.tanh(C * (y + 0.044715 * y**3))
    slope = 0.5 * (1 + t) + 0.5 * y * (1 - t**2) * C * (1 + 0.134145 * y**2)
    return dy * slope
