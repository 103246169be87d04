"""Return a dict with a key that is made of the inputs.

Family: stealing tests, references, seeds (17).
"""


def add(x, y):
    return {mark(x): 1.0}
