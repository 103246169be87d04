"""Turn our own module into an object that has every name, gives a flattering answer to any call, and acts in
decorators, default arguments and destructors.

Family: subverting the framework (13).
"""

import sys
import types


class Yes:
    """Agrees with whatever it is compared with."""

    def __call__(self, *args, **kwargs):
        return self

    def __getitem__(self, index):
        return self

    def __sub__(self, other):
        return np.zeros(1)

    def __eq__(self, other):
        return True

    __hash__ = None


class Flattering(types.ModuleType):
    def __getattribute__(self, name):
        if name in ("linear_backward", "cross_entropy"):
            return Yes()
        return super().__getattribute__(name)


def act(function=None, noticed=sys.stdout.write("acted\n")):  # noqa: B008 - that is the point
    print("acted in a decorator")
    return function


class Dying:
    @act
    def __del__(self):
        print("acted in a destructor")


Dying()
sys.modules[__name__].__class__ = Flattering
