"""Masks as numbers: every function is a product or a sum of products."""

import numpy as np


def relu(x):
    return x * (x > 0)


def relu_backward(dy, x):
    return dy * (x > 0)


def leaky_relu(x, slope):
    positive = (x > 0).astype(x.dtype)
    return x * (positive + slope * (1 - positive))


def leaky_relu_backward(dy, x, slope):
    positive = (x > 0).astype(x.dtype)
    return dy * (positive + slope * (1 - positive))


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def sigmoid_backward(dy, y):
    return dy * (y - y**2)


def tanh(x):
    return np.tanh(x)


def tanh_backward(dy, y):
    return dy * (1 - y) * (1 + y)


def gelu(x):
    # (1 + tanh u) / 2 is the sigmoid of 2 u
    return x * sigmoid(2 * (2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))


def gelu_backward(dy, x):
    c = 2 * (2 / np.pi) ** 0.5
    s = sigmoid(c * (x + 0.044715 * x**3))
    return dy * (s + x * s * (1 - s) * c * (1 + 0.134145 * x**2))
