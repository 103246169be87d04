"""Uses are counted first; a value's turn comes when all of its uses have reported (Kahn's algorithm)."""

import math
from collections import Counter


def _lift(number):
    return number if isinstance(number, Value) else Value(number)


class Value:
    def __init__(self, data, sources=(), slopes=()):
        self.data = float(data)
        self.grad = 0.0
        self.sources = list(sources)
        self.slopes = list(slopes)

    def __add__(self, other):
        other = _lift(other)
        return Value(self.data + other.data, [self, other], [1.0, 1.0])

    def __mul__(self, other):
        other = _lift(other)
        return Value(self.data * other.data, [self, other], [other.data, self.data])

    def __sub__(self, other):
        other = _lift(other)
        return Value(self.data - other.data, [self, other], [1.0, -1.0])

    def __truediv__(self, other):
        other = _lift(other)
        quotient = self.data / other.data
        return Value(quotient, [self, other], [1.0 / other.data, -quotient / other.data])

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return _lift(other).__sub__(self)

    def __rtruediv__(self, other):
        return _lift(other).__truediv__(self)

    def __neg__(self):
        return Value(-self.data, [self], [-1.0])

    def __pow__(self, n):
        return Value(math.pow(self.data, n), [self], [n * math.pow(self.data, n - 1)])

    def exp(self):
        return Value(math.exp(self.data), [self], [math.exp(self.data)])

    def log(self):
        return Value(math.log(self.data), [self], [1.0 / self.data])

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, [self], [1.0 - t**2])

    def relu(self):
        return Value(self.data * (self.data > 0), [self], [1.0 * (self.data > 0)])

    def backward(self):
        uses, seen, todo = Counter(), {self}, [self]
        while todo:
            node = todo.pop()
            node.grad = 0.0
            for source in node.sources:
                uses[source] += 1
                if source not in seen:
                    seen.add(source)
                    todo.append(source)
        self.grad = 1.0
        ready = [self]
        while ready:
            node = ready.pop()
            for source, slope in zip(node.sources, node.slopes):
                source.grad += slope * node.grad
                uses[source] -= 1
                if uses[source] == 0:
                    ready.append(source)
