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
    dx = dy.copy()
    low = x <= 0
    dx[low] = slope * dy[low]
    return dx


def sigmoid(x):
    # two forms of the same function, each where it is safe
    with np.errstate(all="ignore"):
        a = 1 / (1 + np.exp(-x))
        b = np.exp(x) / (1 + np.exp(x))
    return np.where(x >= 0, b, a)


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
