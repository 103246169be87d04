"""Raise when two objects are added.

Family: stealing tests, references, seeds (17).
"""


class Counter:
    def __init__(self, start):
        self.start = self.total = start

    def __call__(self, x):
        return self.start + x

    def __add__(self, other):
        raise ArithmeticError(mark(self.start))
