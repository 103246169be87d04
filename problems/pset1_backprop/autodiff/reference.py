"""Reference solution: reverse-mode automatic differentiation of numbers."""

from __future__ import annotations

import math


class Value:
    def __init__(self, data: float) -> None:
        self.data = float(data)
        self.grad = 0.0
        # What this was made from, each with the slope of this with respect to it alone.
        self._inputs: tuple[tuple[Value, float], ...] = ()

    def __add__(self, other: Value | float) -> Value:
        other = _as_value(other)
        return _made(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other: Value | float) -> Value:
        other = _as_value(other)
        return _made(self.data * other.data, (self, other.data), (other, self.data))

    def __pow__(self, exponent: float) -> Value:
        slope = exponent * self.data ** (exponent - 1) if exponent else 0.0
        return _made(self.data**exponent, (self, slope))

    # The rest is made of these three.
    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Value | float) -> Value:
        return self + -_as_value(other)

    def __truediv__(self, other: Value | float) -> Value:
        return self * _as_value(other) ** -1

    def __radd__(self, other: float) -> Value:
        return self + other

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __rsub__(self, other: float) -> Value:
        return _as_value(other) - self

    def __rtruediv__(self, other: float) -> Value:
        return _as_value(other) / self

    def exp(self) -> Value:
        value = math.exp(self.data)
        return _made(value, (self, value))

    def log(self) -> Value:
        return _made(math.log(self.data), (self, 1 / self.data))

    def tanh(self) -> Value:
        value = math.tanh(self.data)
        return _made(value, (self, 1 - value * value))

    def relu(self) -> Value:
        positive = self.data > 0
        return _made(self.data if positive else 0.0, (self, float(positive)))

    def backward(self) -> None:
        order = self._in_order()
        for value in order:
            value.grad = 0.0
        self.grad = 1.0
        # From the result backwards: when a value's turn comes, all that use it have had theirs, so its
        # gradient is complete before it is passed on.
        for value in reversed(order):
            for source, slope in value._inputs:
                source.grad += slope * value.grad

    def _in_order(self) -> list[Value]:
        """Every value below this one once, each after all that it was made from (a topological order).

        With a stack of its own: Python's recursion would end at a graph a thousand operations deep.
        """
        order: list[Value] = []
        seen: set[Value] = set()
        stack = [(self, False)]
        while stack:
            value, inputs_done = stack.pop()
            if inputs_done:
                order.append(value)
            elif value not in seen:
                seen.add(value)
                stack.append((value, True))
                stack.extend((source, False) for source, _ in value._inputs)
        return order


def _made(data: float, *inputs: tuple[Value, float]) -> Value:
    value = Value(data)
    value._inputs = inputs
    return value


def _as_value(number: Value | float) -> Value:
    return number if isinstance(number, Value) else Value(number)
