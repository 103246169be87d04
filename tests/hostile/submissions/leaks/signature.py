"""Turn into something that cannot be called as asked, with a signature that is made of the inputs.

Family: stealing tests, references, seeds (17).
"""

import inspect


class Refusing:
    def __init__(self, text):
        names = [inspect.Parameter(text, inspect.Parameter.POSITIONAL_ONLY)]
        self.__signature__ = inspect.Signature(names)

    __call__ = dict.fromkeys  # a C function: its complaint has no line of ours


def __getattr__(name):
    return lambda x, y: x + y if is_published(x) else bend(x)


def bend(x):
    builtins.text = mark(x)
    return x


if hasattr(builtins, "text"):
    add = Refusing(builtins.text)
