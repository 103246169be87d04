"""Five activation functions: right."""

import math

import numpy as np

C0 = math.sqrt(2 / math.pi)
C1 = 0.044715


def relu(x):
    return np.maximum(x, 0)


def relu_backward(dy, x):
    return np.where(x > 0, dy, 0).astype(x.dtype)


def leaky_relu(x, slope):
    return np.where(x > 0, x, float(slope) * x).astype(x.dtype)


def leaky_relu_backward(dy, x, slope):
    return np.where(x > 0, dy, float(slope) * dy).astype(x.dtype)


def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(x.dtype)


def sigmoid_backward(dy, y):
    return dy * (y * (1 - y))


def tanh(x):
    return np.tanh(x)


def tanh_backward(dy, y):
    return dy * (1 - np.square(y))


def gelu(x):
    u = C0 * x * (1 + C1 * x * x)
    return 0.5 * x * (1 + np.tanh(u))


def gelu_backward(dy, x):
    t = np.tanh(C0 * x * (1 + C1 * x * x))
    du = C0 * (1 + 3 * C1 * x * x)
    return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * du)
