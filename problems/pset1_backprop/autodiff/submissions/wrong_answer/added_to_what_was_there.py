"""You add the gradients of this backward to those that were there: what an earlier one left is forgotten."""

import math


def wrap(number):
    return number if isinstance(number, Value) else Value(number)


class Value:
    def __init__(self, data, sources=()):
        self.data = float(data)
        self.grad = 0.0
        self.sources = sources  # pairs: what this was made from, and the slope

    def __add__(self, other):
        other = wrap(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __radd__(self, number):
        return self + number

    def __neg__(self):
        return Value(-self.data, ((self, -1.0),))

    def __sub__(self, other):
        other = wrap(other)
        return Value(self.data - other.data, ((self, 1.0), (other, -1.0)))

    def __rsub__(self, number):
        return wrap(number) - self

    def __mul__(self, other):
        other = wrap(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __rmul__(self, number):
        return self * number

    def __truediv__(self, other):
        other = wrap(other)
        return Value(
            self.data / other.data, ((self, 1 / other.data), (other, -self.data / other.data**2))
        )

    def __rtruediv__(self, number):
        return wrap(number) / self

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def log(self):
        return Value(math.log(self.data), ((self, 1 / self.data),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def relu(self):
        return Value(max(self.data, 0.0), ((self, float(self.data > 0)),))

    def ordered(self):
        """Everything below this value, inputs first."""
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            value, below_is_done = stack.pop()
            if below_is_done:
                order.append(value)
            elif value not in seen:
                seen.add(value)
                stack.append((value, True))
                stack += [(source, False) for source, _ in value.sources]
        return order

    def backward(self):
        found = {self: 1.0}
        for value in reversed(self.ordered()):
            value.grad += found[value]
            for source, slope in value.sources:
                found[source] = found.get(source, 0.0) + slope * found[value]
