"""Return an array of a shape that is made of the inputs.

Family: stealing tests, references, seeds (17).
"""


def add(x, y):
    return np.zeros((number(x), 1))
