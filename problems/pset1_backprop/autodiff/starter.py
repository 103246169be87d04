"""Reverse-mode automatic differentiation of numbers.

A ``Value`` is a number that remembers how it was made. Python's standard library only.
"""

from __future__ import annotations


class Value:
    """A number in a computation.

    data: the number, a float. grad: the derivative that the last backward() found for it; 0.0 before.

    The operators +, -, *, / take a Value or a plain number on either side; ** takes a plain number as its
    exponent. Each makes a new Value and changes none.
    """

    def __init__(self, data: float) -> None:
        raise NotImplementedError

    # You will also need __add__, __radd__, __sub__, __rsub__, __mul__, __rmul__, __truediv__,
    # __rtruediv__, __pow__ and __neg__.

    def exp(self) -> Value:
        """e to the power of this."""
        raise NotImplementedError

    def log(self) -> Value:
        """The natural logarithm of this, which is positive."""
        raise NotImplementedError

    def tanh(self) -> Value:
        """The hyperbolic tangent of this."""
        raise NotImplementedError

    def relu(self) -> Value:
        """This if it is positive, else 0. The slope at 0 is 0."""
        raise NotImplementedError

    def backward(self) -> None:
        """Set ``grad`` of this Value, and of every Value it was made from, to the derivative of this
        with respect to that one. Whatever was in ``grad`` before is forgotten."""
        raise NotImplementedError
