"""Each function for one Python number, spread over the array by np.nditer's flat view."""

import math

import numpy as np


def _each(function, *arrays):
    result = np.empty_like(arrays[0])
    flat = [np.ravel(array) for array in arrays]
    result_flat = np.array([function(*map(float, numbers)) for numbers in zip(*flat)], dtype=arrays[0].dtype)
    result[...] = result_flat.reshape(result.shape)
    return result


def relu(x):
    return _each(lambda v: max(v, 0.0), x)


def relu_backward(dy, x):
    return _each(lambda g, v: g if v > 0 else 0.0, dy, x)


def leaky_relu(x, slope):
    return _each(lambda v: v if v > 0 else slope * v, x)


def leaky_relu_backward(dy, x, slope):
    return _each(lambda g, v: g if v > 0 else slope * g, dy, x)


def _sigmoid(v):
    if v < 0:
        return math.exp(v) / (1.0 + math.exp(v))
    return 1.0 / (1.0 + math.exp(-v))


def sigmoid(x):
    return _each(_sigmoid, x)


def sigmoid_backward(dy, y):
    return _each(lambda g, s: g * s * (1.0 - s), dy, y)


def tanh(x):
    return _each(math.tanh, x)


def tanh_backward(dy, y):
    return _each(lambda g, t: g * (1.0 - t**2), dy, y)


def _inner(v):
    return math.sqrt(2.0 / math.pi) * (v + 0.044715 * v**3)


def gelu(x):
    return _each(lambda v: 0.5 * v * (1.0 + math.tanh(_inner(v))), x)


def gelu_backward(dy, x):
    def slope(v):
        t = math.tanh(_inner(v))
        inner_slope = math.sqrt(2.0 / math.pi) * (1.0 + 3.0 * 0.044715 * v**2)
        return 0.5 * (1.0 + t) + 0.5 * v * (1.0 - t**2) * inner_slope

    return _each(lambda g, v: g * slope(v), dy, x)
