"""Functions to differentiate, for `gradient_checker`. Use them to try your code; the grader uses them too."""

import numpy as np


def product(x):
    """A number: the square of the first entry times the second. Of the handout's example."""
    return float(x[0] ** 2 * x[1])


def waves(x):
    """A number that depends on every entry of an array of any shape, on each in another way."""
    place = np.arange(1, x.size + 1).reshape(x.shape)
    return float(np.sum(np.sin(0.3 * place * x)) + np.sum(x) ** 3 / 50)


def curve(x):
    """Three numbers of two: (x0 x1, x1 squared, x0). Of the handout's example."""
    return np.array([x[0] * x[1], x[1] ** 2, x[0]])


def neighbours(x):
    """The products of neighbours, x0 x1, x1 x2 and so on, of an x with one axis."""
    return x[:-1] * x[1:]


def turned(x):
    """The transpose, as NumPy makes it: a view of x, which has no numbers of its own."""
    return x.T


def turned_copy(x):
    """The transpose with numbers of its own."""
    return x.T.copy()


def linear(A):
    """The function that takes x, (D, N), to A x, (K, N). A: (K, D)."""
    return lambda x: A @ x


def layer(A):
    """The function that takes x, (D, N), to A tanh(x), (K, N). A: (K, D)."""
    return lambda x: A @ np.tanh(x)


def layer_backward(B):
    """The function that takes (dy, x) to the vector-Jacobian product of layer(B), and of no other layer."""
    return lambda dy, x: (B.T @ dy) * (1 - np.tanh(x) ** 2)
