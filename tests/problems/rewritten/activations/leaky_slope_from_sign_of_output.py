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
    y = leaky_relu(x, slope)
    return np.where(y > 0, dy, dy * x.dtype.type(slope))


def sigmoid(x):
    out = np.empty_like(x)
    pos = x >= 0
    out[pos] = 1 / (1 + np.exp(-x[pos]))
    ex = np.exp(x[~pos])
    out[~pos] = ex / (1 + ex)
    return out


def sigmoid_backward(dy, y):
    return dy * y * (1 - y)


def tanh(x):
    return np.tanh(x)


def tanh_backward(dy, y):
    return dy * (1 - y**2)


K = float(np.sqrt(2 / np.pi))


def gelu(x):
    return x / 2 * (1 + np.tanh(K * (x + 0.044715 * x**3)))


def gelu_backward(dy, x):
    t = np.tanh(K * (x + 0.044715 * x**3))
    inner = K * (1 + 3 * 0.044715 * x**2)
    return dy * (0.5 * (1 + t) + x / 2 * (1 - t**2) * inner)
