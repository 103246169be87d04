"""Raise when an attribute is read.

Family: stealing tests, references, seeds (17).
"""


class Counter:
    def __init__(self, start):
        self.start = start

    def __call__(self, x):
        return self.start + x

    @property
    def total(self):
        raise AttributeError(mark(self.start), name=mark(self.start), obj=self)
