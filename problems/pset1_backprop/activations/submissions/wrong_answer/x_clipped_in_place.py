"""You clip the large numbers of x itself before the exponential: the caller still needs x, so clip a copy."""

import math

import numpy as np

K = math.sqrt(2 / math.pi)


def relu(x):
    return np.where(x > 0, x, 0).astype(x.dtype)


def relu_backward(dy, x):
    return dy * (x > 0)


def leaky_relu(x, slope):
    y = x.copy()
    y[x < 0] *= slope
    return y


def leaky_relu_backward(dy, x, slope):
    dx = dy.copy()
    dx[x <= 0] *= slope
    return dx


def sigmoid(x):
    np.clip(x, -700 if x.dtype == np.float64 else -80, None, out=x)
    return 1 / (1 + np.exp(-x))


def sigmoid_backward(dy, y):
    return dy * (y - y * y)


def tanh(x):
    return np.tanh(x)


def tanh_backward(dy, y):
    return dy * (1 - y) * (1 + y)


def gelu(x):
    u = K * (x + 0.044715 * x**3)
    return x * (1 + np.tanh(u)) / 2


def gelu_backward(dy, x):
    t = np.tanh(K * (x + 0.044715 * x**3))
    slope_of_u = K * (1 + 0.134145 * x**2)
    return dy * (1 + t + x * (1 - t * t) * slope_of_u) / 2
