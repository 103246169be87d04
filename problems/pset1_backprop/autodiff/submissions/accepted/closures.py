"""Each operation leaves a function behind that pushes the gradient to its inputs; sorted by time of birth."""

import itertools
import math

_birth = itertools.count()


class Value:
    def __init__(self, data, parents=(), push=None):
        self.data = float(data)
        self.grad = 0.0
        self.born = next(_birth)
        self.parents = parents
        self.push = push

    @staticmethod
    def wrap(other):
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        other = self.wrap(other)
        out = Value(self.data + other.data, (self, other))

        def push():
            self.grad += out.grad
            other.grad += out.grad

        out.push = push
        return out

    def __sub__(self, other):
        other = self.wrap(other)
        out = Value(self.data - other.data, (self, other))

        def push():
            self.grad += out.grad
            other.grad -= out.grad

        out.push = push
        return out

    def __mul__(self, other):
        other = self.wrap(other)
        out = Value(self.data * other.data, (self, other))

        def push():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.push = push
        return out

    def __truediv__(self, other):
        other = self.wrap(other)
        out = Value(self.data / other.data, (self, other))

        def push():
            self.grad += out.grad / other.data
            other.grad -= out.grad * self.data / other.data**2

        out.push = push
        return out

    def _unary(self, data, slope):
        out = Value(data, (self,))

        def push():
            self.grad += slope * out.grad

        out.push = push
        return out

    def __pow__(self, n):
        return self._unary(self.data**n, n * self.data ** (n - 1) if n != 0 else 0.0)

    def __neg__(self):
        return self._unary(-self.data, -1.0)

    def exp(self):
        return self._unary(math.exp(self.data), math.exp(self.data))

    def log(self):
        return self._unary(math.log(self.data), 1.0 / self.data)

    def tanh(self):
        return self._unary(math.tanh(self.data), 1.0 / math.cosh(self.data) ** 2)

    def relu(self):
        return self._unary(max(self.data, 0.0), 1.0 if self.data > 0 else 0.0)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return self.wrap(other) - self

    def __rtruediv__(self, other):
        return self.wrap(other) / self

    def backward(self):
        found, todo = {self.born: self}, [self]
        while todo:
            for parent in todo.pop().parents:
                if parent.born not in found:
                    found[parent.born] = parent
                    todo.append(parent)
        for node in found.values():
            node.grad = 0.0
        self.grad = 1.0
        # nothing is older than what it was made from: the youngest first is a topological order
        for born in sorted(found, reverse=True):
            if found[born].push is not None:
                found[born].push()
