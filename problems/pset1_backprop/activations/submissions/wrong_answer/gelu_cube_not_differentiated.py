"""You keep the cubic term as it is in the slope of u: the derivative of 0.044715 x^3 is 3 times 0.044715 x^2."""

import numpy as np


def relu(x):
    return np.maximum(x, 0)


def relu_backward(dy, x):
    dx = dy.copy()
    dx[x <= 0] = 0
    return dx


def leaky_relu(x, slope):
    return np.where(x > 0, x, slope * x)


def leaky_relu_backward(dy, x, slope):
    return dy * np.where(x > 0, 1.0, slope).astype(dy.dtype)


def sigmoid(x):
    y = np.zeros_like(x)
    pos = x >= 0
    y[pos] = 1.0 / (1.0 + np.exp(-x[pos]))
    ex = np.exp(x[~pos])
    y[~pos] = ex / (1.0 + ex)
    return y


def sigmoid_backward(dy, y):
    return dy * y * (1.0 - y)


def tanh(x):
    return np.tanh(x)


def tanh_backward(dy, y):
    return dy * (1.0 - y**2)


def inner(x):
    return np.float64(np.sqrt(2.0 / np.pi)).astype(x.dtype) * (x + 0.044715 * x**3)


def gelu(x):
    return 0.5 * x * (1.0 + np.tanh(inner(x)))


def gelu_backward(dy, x):
    t = np.tanh(inner(x))
    dinner = np.float64(np.sqrt(2.0 / np.pi)).astype(x.dtype) * (1.0 + 0.044715 * x**2)
    return dy * (0.5 * (1.0 + t) + 0.5 * x * (1.0 - t**2) * dinner)
