"""Raise when an object is called: there is no function's name to tell.

Family: stealing tests, references, seeds (17).
"""


class Counter:
    def __init__(self, start):
        self.start = start

    def __call__(self, x):
        raise ValueError(mark(self.start))
