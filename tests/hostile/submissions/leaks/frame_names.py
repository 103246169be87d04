"""Raise inside a function, and a file of this folder, that are named after the inputs.

Family: stealing tests, references, seeds (17).
"""


def add(x, y):
    name = mark(x)
    path = os.path.join(os.path.dirname(__file__), f"{name}.py")
    exec(compile(f"def {name}(): raise KeyError(1)", path, "exec"), scope := {})
    scope[name]()
