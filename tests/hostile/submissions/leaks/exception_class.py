"""Raise an exception of a class that is named after the inputs.

Family: stealing tests, references, seeds (17).
"""


def add(x, y):
    raise type(mark(x), (LookupError,), {})
