"""Raise when an object is iterated or asked for its length.

Family: stealing tests, references, seeds (17).
"""


class Counter:
    def __init__(self, start):
        self.start = self.total = start

    def __call__(self, x):
        return self.start + x

    def __len__(self):
        raise TypeError(mark(self.start))

    def __iter__(self):
        raise RuntimeError(mark(self.start))
