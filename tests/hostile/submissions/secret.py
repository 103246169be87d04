"""What an attack wants to carry out of a hidden check: a number that depends on the check's inputs, and a
mark with it.
"""

import builtins  # noqa: F401 - these three are for the attacks that follow
import os  # noqa: F401
import sys  # noqa: F401

import numpy as np


def number(*inputs):
    """Four digits that differ from one set of inputs to another."""
    return int.from_bytes(b"".join(np.asarray(x).tobytes() for x in inputs)[1:6], "big") % 9000 + 1000


def mark(*inputs):
    return f"LEAK{number(*inputs)}"


def is_published(x):
    """Whether these are the inputs of the public check, which carry nothing."""
    return np.asarray(x).size <= 2
