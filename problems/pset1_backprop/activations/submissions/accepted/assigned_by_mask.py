"""Copies, and assignments to the part of an array that a boolean index selects."""

import numpy as np


def relu(x):
    y = np.array(x)
    y[y < 0] = 0
    return y


def relu_backward(dy, x):
    dx = np.array(dy)
    dx[x <= 0] = 0
    return dx


def leaky_relu(x, slope):
    y = np.array(x)
    y[x < 0] *= slope
    return y


def leaky_relu_backward(dy, x, slope):
    dx = np.array(dy)
    dx[x <= 0] *= slope
    return dx


def sigmoid(x):
    y = np.empty_like(x)
    positive = x >= 0
    y[positive] = 1 / (1 + np.exp(-x[positive]))
    e = np.exp(x[~positive])
    y[~positive] = e / (1 + e)
    return y


def sigmoid_backward(dy, y):
    dx = np.array(dy)
    dx *= y
    dx *= 1 - y
    return dx


def tanh(x):
    # tanh(x) = 2 sigmoid(2 x) - 1, with the sign taken out so that small values keep their digits
    return np.sign(x) * -np.expm1(-2 * np.abs(x)) / (1 + np.exp(-2 * np.abs(x)))


def tanh_backward(dy, y):
    return dy - dy * y**2


def gelu(x):
    u = x + 0.044715 * x * x * x
    u *= np.sqrt(2 / np.pi).astype(x.dtype)
    return (x + x * np.tanh(u)) / 2


def gelu_backward(dy, x):
    k = np.sqrt(2 / np.pi).astype(x.dtype)
    t = np.tanh(k * (x + 0.044715 * x * x * x))
    left = (1 + t) / 2
    # 1 - t^2 written as a product: it is exactly zero where t is 1
    right = x * (1 - t) * (1 + t) * k * (1 + 3 * 0.044715 * x * x) / 2
    return dy * (left + right)
