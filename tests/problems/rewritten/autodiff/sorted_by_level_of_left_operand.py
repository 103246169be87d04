import math


class Value:
    """level: how many operations it took to make this value."""

    def __init__(self, data):
        self.data = float(data)
        self.grad = 0.0
        self.level = 0
        self.made_from = []

    @staticmethod
    def _new(data, *made_from):
        v = Value(data)
        v.made_from = list(made_from)
        v.level = made_from[0][0].level + 1
        return v

    def __add__(self, o):
        if not isinstance(o, Value):
            return Value._new(self.data + o, (self, 1.0))
        return Value._new(self.data + o.data, (self, 1.0), (o, 1.0))

    def __mul__(self, o):
        if not isinstance(o, Value):
            return Value._new(self.data * o, (self, float(o)))
        return Value._new(self.data * o.data, (self, o.data), (o, self.data))

    def __pow__(self, n):
        d = 0.0 if n == 0 else n * self.data ** (n - 1)
        return Value._new(self.data**n, (self, d))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, o):
        return self + -o

    def __truediv__(self, o):
        if not isinstance(o, Value):
            return self * (1.0 / o)
        return self * o**-1

    def __rtruediv__(self, o):
        return self**-1 * o

    def __rsub__(self, o):
        return -self + o

    __radd__ = __add__
    __rmul__ = __mul__

    def exp(self):
        e = math.exp(self.data)
        return Value._new(e, (self, e))

    def log(self):
        return Value._new(math.log(self.data), (self, 1.0 / self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return Value._new(t, (self, 1.0 - t**2))

    def relu(self):
        return Value._new(max(self.data, 0.0), (self, float(self.data > 0)))

    def backward(self):
        nodes, todo = {id(self): self}, [self]
        while todo:
            for child, _ in todo.pop().made_from:
                if id(child) not in nodes:
                    nodes[id(child)] = child
                    todo.append(child)
        order = sorted(nodes.values(), key=lambda v: -v.level)
        for v in order:
            v.grad = 0.0
        self.grad = 1.0
        for v in order:
            for child, slope in v.made_from:
                child.grad += slope * v.grad
