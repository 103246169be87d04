"""Functions of pictures, for `equivariance`. A picture is (C, H, W), and so is what they return."""

import numpy as np


def blur(x):
    """Each pixel, half the one above it and a third of the one to its left; outside there are zeros."""
    y = x.copy()
    y[:, 1:] += x[:, :-1] / 2
    y[:, :, 1:] += x[:, :, :-1] / 3
    return y


def ramp(x):
    """Each pixel times the number of its column: it knows where it is."""
    return x * np.arange(x.shape[2], dtype=x.dtype)


def every_second(x):
    """Zero but in every second row and column, as if there had been a stride of two."""
    y = np.zeros_like(x)
    y[:, ::2, ::2] = x[:, ::2, ::2]
    return y


def mirrored(x):
    """Left and right exchanged."""
    return x[:, :, ::-1].copy()
