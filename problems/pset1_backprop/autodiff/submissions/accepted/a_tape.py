"""All operations are written on one tape in the order in which they happen; backward reads it from the end."""

import math


class Value:
    tape = []  # (result, [(input, slope), ...])

    def __init__(self, data):
        self.data = float(data)
        self.grad = 0.0

    def _made(self, data, *edges):
        result = Value(data)
        Value.tape.append((result, edges))
        return result

    def __add__(self, other):
        if not isinstance(other, Value):
            return self._made(self.data + other, (self, 1.0))
        return self._made(self.data + other.data, (self, 1.0), (other, 1.0))

    def __radd__(self, number):
        return self + number

    def __neg__(self):
        return self._made(-self.data, (self, -1.0))

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, number):
        return -self + number

    def __mul__(self, other):
        if not isinstance(other, Value):
            return self._made(self.data * other, (self, other))
        return self._made(self.data * other.data, (self, other.data), (other, self.data))

    def __rmul__(self, number):
        return self * number

    def __truediv__(self, other):
        if not isinstance(other, Value):
            return self * (1.0 / other)
        return self._made(
            self.data / other.data, (self, 1.0 / other.data), (other, -self.data / other.data**2)
        )

    def __rtruediv__(self, number):
        return self._made(number / self.data, (self, -number / self.data**2))

    def __pow__(self, power):
        return self._made(self.data**power, (self, power * self.data ** (power - 1.0)))

    def exp(self):
        e = math.exp(self.data)
        return self._made(e, (self, e))

    def log(self):
        return self._made(math.log(self.data), (self, 1.0 / self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return self._made(t, (self, (1.0 - t) * (1.0 + t)))

    def relu(self):
        return self._made(self.data, (self, 1.0)) if self.data > 0 else self._made(0.0, (self, 0.0))

    def backward(self):
        gradients = {id(self): 1.0}
        for result, edges in reversed(Value.tape):
            upstream = gradients.get(id(result))
            for source, slope in edges:
                if upstream is not None:
                    gradients[id(source)] = gradients.get(id(source), 0.0) + slope * upstream
        self.grad = 1.0
        for result, edges in Value.tape:
            for source, _ in edges:
                if id(source) in gradients:
                    source.grad = gradients[id(source)]
            if id(result) in gradients:
                result.grad = gradients[id(result)]
