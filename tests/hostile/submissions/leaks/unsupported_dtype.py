"""Return an array that cannot be sent, of a dtype that is made of the inputs.

Family: stealing tests, references, seeds (17).
"""


def add(x, y):
    return np.array("x" * number(x))
