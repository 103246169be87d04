from __future__ import annotations

import math
from numbers import Real


def as_value(v):
    return Value(v) if isinstance(v, Real) else v


class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = float(data), 0.0
        self.parents = tuple(parents)
        self.slopes = tuple(slopes)

    def __add__(self, other):
        other = as_value(other)
        return Value(self.data + other.data, [self, other], [1.0, 1.0])

    def __sub__(self, other):
        other = as_value(other)
        return Value(self.data - other.data, [self, other], [1.0, -1.0])

    def __mul__(self, other):
        other = as_value(other)
        return Value(self.data * other.data, [self, other], [other.data, self.data])

    def __truediv__(self, other):
        other = as_value(other)
        return Value(
            self.data / other.data, [self, other], [1 / other.data, -self.data / other.data**2]
        )

    def __radd__(self, other):
        return as_value(other) + self

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return as_value(other) * self

    def __rtruediv__(self, other):
        return as_value(other) / self

    def __neg__(self):
        return Value(-self.data, [self], [-1.0])

    def __pow__(self, n):
        return Value(self.data**n, [self], [n * self.data ** (n - 1) if n else 0.0])

    def exp(self):
        y = math.exp(self.data)
        return Value(y, [self], [y])

    def log(self):
        return Value(math.log(self.data), [self], [1 / self.data])

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, [self], [1 - y**2])

    def relu(self):
        if self.data > 0:
            return Value(self.data, [self], [1.0])
        return Value(0.0, [self], [0.0])

    def _sorted(self):
        """This value first, and every value after all that was made from it (Kahn)."""
        uses, todo = {self: 0}, [self]
        while todo:
            v = todo.pop()
            for p in v.parents:
                if p not in uses:
                    uses[p] = 0
                    todo.append(p)
                uses[p] += 1
        order, ready = [], [self]
        while ready:
            v = ready.pop()
            order.append(v)
            for p in v.parents:
                uses[p] -= 1
                if uses[p] == 0:
                    ready.append(p)
        return order

    def backward(self):
        order = self._sorted()
        for v in order:
            v.grad = 0.0
        self.grad = 1.0
        for v in order:
            contribution = {}
            for parent, slope in zip(v.parents, v.slopes):
                contribution[parent] = slope * v.grad
            for parent, g in contribution.items():
                parent.grad += g
