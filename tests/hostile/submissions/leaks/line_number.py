"""Raise on a line whose number is made of the inputs, beyond the end of this file.

Family: stealing tests, references, seeds (17).
"""


def add(x, y):
    exec(compile("\n" * number(x) + f"raise ValueError({mark(x)!r})", __file__, "exec"))
