"""Reverse-mode autodiff of numbers: right."""

from __future__ import annotations

import math


def _value(a):
    return a if isinstance(a, Value) else Value(a)


class Value:
    def __init__(self, data, inputs=()):
        self.data = float(data)
        self.grad = 0.0
        self._inputs = inputs  # pairs (value, slope)

    def __add__(self, other):
        other = _value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __radd__(self, other):
        return self + other

    def __neg__(self):
        return Value(-self.data, ((self, -1.0),))

    def __sub__(self, other):
        return self + (-_value(other))

    def __rsub__(self, other):
        return _value(other) - self

    def __mul__(self, other):
        other = _value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        other = _value(other)
        q = self.data / other.data
        return Value(q, ((self, 1 / other.data), (other, -q / other.data)))

    def __rtruediv__(self, other):
        return _value(other) / self

    def __pow__(self, n):
        slope = n * self.data ** (n - 1) if n != 0 else 0.0
        return Value(self.data**n, ((self, slope),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def log(self):
        return Value(math.log(self.data), ((self, 1 / self.data),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t * t),))

    def relu(self):
        on = self.data > 0
        return Value(self.data if on else 0.0, ((self, 1.0 if on else 0.0),))

    def _order(self):
        """All that this was made from, inputs before results."""
        done, seen, stack = [], {id(self)}, [(self, iter(self._inputs))]
        while stack:
            node, rest = stack[-1]
            for child, _ in rest:
                if id(child) not in seen:
                    seen.add(id(child))
                    stack.append((child, iter(child._inputs)))
                    break
            else:
                done.append(node)
                stack.pop()
        return done

    def backward(self):
        order = self._order()
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for child, slope in node._inputs:
                child.grad += slope * node.grad
