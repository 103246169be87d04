"""Reverse-mode automatic differentiation of numbers."""

from __future__ import annotations

import math


class Value:
    def __init__(self, data):
        self.data = float(data)
        self.grad = 0.0
        self._inputs = ()          # pairs (value it was made from, slope)

    @classmethod
    def _made(cls, data, *inputs):
        result = cls(data)
        result._inputs = inputs
        return result

    @staticmethod
    def _lift(other):
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        other = self._lift(other)
        return self._made(self.data + other.data, (self, 1.0), (other, 1.0))

    __radd__ = __add__

    def __neg__(self):
        return self._made(-self.data, (self, -1.0))

    def __sub__(self, other):
        other = self._lift(other)
        return self._made(self.data - other.data, (self, 1.0), (other, -1.0))

    def __rsub__(self, other):
        return self._lift(other) - self

    def __mul__(self, other):
        other = self._lift(other)
        return self._made(self.data * other.data, (self, other.data), (other, self.data))

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = self._lift(other)
        q = self.data / other.data
        return self._made(q, (self, 1.0 / other.data), (other, -q / other.data))

    def __rtruediv__(self, other):
        return self._lift(other) / self

    def __pow__(self, n):
        slope = 0.0 if n == 0 else n * self.data ** (n - 1)
        return self._made(self.data**n, (self, slope))

    def exp(self):
        e = math.exp(self.data)
        return self._made(e, (self, e))

    def log(self):
        return self._made(math.log(self.data), (self, 1.0 / self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return self._made(t, (self, 1.0 - t * t))

    def relu(self):
        on = self.data > 0
        return self._made(self.data if on else 0.0, (self, 1.0 if on else 0.0))

    def backward(self):
        order, seen = [], {id(self)}
        stack = [(self, iter(self._inputs))]
        while stack:
            node, rest = stack[-1]
            for child, _ in rest:
                if id(child) not in seen:
                    seen.add(id(child))
                    stack.append((child, iter(child._inputs)))
                    break
            else:
                stack.pop()
                order.append(node)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for child, slope in node._inputs:
                child.grad += slope * node.grad
