"""What the guest sees called in a student's file, and that looking changes nothing in it."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from sandbox import InProcessSession, load
from sandbox.errors import StudentExceptionError
from sandbox.guest.watching import Watch
from sandbox.wire.messages import Operation

Run = Callable[[str], Any]
MEAN = ("numpy.mean",)
NUMPY = "import numpy as np\n"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessSession]:
    monkeypatch.setattr(builtins, "__look__", None, raising=False)  # and away again, after the test
    with InProcessSession() as inner:
        yield inner


def watch(session: InProcessSession, names: tuple[str, ...], source: str) -> Any:
    session.request(Operation.WATCH, names)
    return load(session, {"a.py": source}, "a.py")


def called(session: InProcessSession) -> object:
    return session.request(Operation.CALLED).value


ALIASES = {
    "a built name": "f = getattr(np, 'me' + 'an')\ndef g(x): return f(x)",
    "the module's own table": "def g(x): return vars(np)['mean'](x)",
    "an import by name": "def g(x): return __import__('num' + 'py').__dict__['mean'](x)",
    "a partial": "import functools\nf = functools.partial(getattr(np, 'me' + 'an'))\ndef g(x): return f(x)",
    "a default": "def g(x, f=vars(np)['mean']): return f(x)",
    "a lambda in a class": "class A:\n    f = lambda self, x: vars(np)['mean'](x)\ndef g(x): return A().f(x)",
    "another's globals": "import types\ndef f(x, m): return m['mean'](x)\n"
    "def g(x): return types.FunctionType(f.__code__, {})(x, vars(np))",
}


@pytest.mark.parametrize("source", ALIASES.values(), ids=ALIASES.keys())
def test_a_call_counts_under_any_alias(session: InProcessSession, source: str) -> None:
    module = watch(session, MEAN, NUMPY + source)
    assert called(session) == {}
    assert (module.g(np.arange(3.0)), module.g(np.ones(2))) == (1.0, 1.0)
    assert called(session) == {"numpy.mean": 2}
    assert called(session) == {}


OTHERS = {
    "a library's own call": "def g(x): return np.median(x)",
    "looking at it": "def g(x): return callable(np.mean) and hasattr(np, 'mean')",
    "a function of that name": "def mean(x): return 1.0\ndef g(x): return mean(x)",
    "a method of that name": "def g(x): return x.mean()",
}


@pytest.mark.parametrize("source", OTHERS.values(), ids=OTHERS.keys())
def test_what_is_no_call_of_it_in_the_file_does_not_count(session: InProcessSession, source: str) -> None:
    watch(session, MEAN, NUMPY + source).g(np.arange(3.0))
    assert called(session) == {}


CLASSES = {
    "made": ("f(1)", 1),
    "derived, and made": ("type('B', (f,), {})(1)", 1),
    "its object's method": ("f(1).limit_denominator(5)", 2),
    "its own function": ("f.from_float(0.5)", 1),
    "only asked after": ("isinstance(1, f) or issubclass(f, object)", 0),
}


@pytest.mark.parametrize(("source", "count"), CLASSES.values(), ids=CLASSES.keys())
def test_a_class_counts_with_what_belongs_to_it(session: InProcessSession, source: str, count: int) -> None:
    text = f"import fractions\nf = vars(fractions)['Fraction']\ndef g(): return str({source})"
    watch(session, ("fractions.Fraction",), text).g()
    assert called(session) == ({"fractions.Fraction": count} if count else {})


def test_a_universal_function_and_a_module_count_with_what_is_below_them(session: InProcessSession) -> None:
    text = f"{NUMPY}def g(x): return [getattr(np, 'add').reduce(x), vars(np)['linalg'].norm(x)]"
    watch(session, ("numpy.add", "numpy.linalg", "no.such.name"), text).g(np.ones(4))
    assert called(session) == {"numpy.add": 1, "numpy.linalg": 1}


UNCHANGED = """
from __future__ import annotations
import sys, warnings
class Base:
    def __init__(self, x): self.x = x
class Own(Base):
    '''Told.'''
    def __init__(self, x: int(1) = 2):
        super().__init__(x)
class Odd(type):
    def __eq__(self, other): raise RuntimeError
    def __getattribute__(self, name): raise RuntimeError(name)
class Thing(metaclass=Odd):
    pass
def local(x):
    y = 2
    return sorted(locals()), eval('x + y'), sys._getframe(0).f_lineno
def fail(x):
    return (lambda: x /
            0)()
def report():
    Thing()
    own, sizes = Own(3), [f(2) for f in (abs, str)]
    return own.x, Own.__doc__, sizes, f'{len("ab")!r}', local(1), '__look__' in globals()
"""


def failed(module: Any) -> list[tuple[str, int]]:
    with pytest.raises(StudentExceptionError) as caught:
        module.fail(1)
    return [(frame.function, frame.line) for frame in caught.value.frames]


def test_a_watched_file_does_what_it_did(session: InProcessSession) -> None:
    module = load(session, {"a.py": UNCHANGED}, "a.py")
    plain, frames = module.report(), failed(module)
    module = watch(session, (*MEAN, "fractions.Fraction"), UNCHANGED)
    assert module.report() == plain == (3, "Told.", [2, "2"], "2", (["x", "y"], 3, 17), False)
    assert failed(module) == frames == [("fail", 19), ("<lambda>", 19)]


def test_what_is_nested_too_deep_to_be_watched_runs_unwatched(session: InProcessSession) -> None:
    source = f"{NUMPY}f = vars(np)['mean']\ndef g(x): return f({'+'.join(['x'] * 600)})"
    assert watch(session, MEAN, source).g(1) == 600
    assert called(session) == {}


def test_nothing_watched_leaves_the_code_as_it_is() -> None:
    assert Watch().compiled("f(x)", "a.py") == compile("f(x)", "a.py", "exec", dont_inherit=True)


def test_forbidden_torch_calls_count_and_those_inside_of_torch_do_not(session: InProcessSession) -> None:
    pytest.importorskip("torch")
    names = ("torch.nn.MultiheadAttention", "torch.nn.functional.scaled_dot_product_attention")
    source = (
        "import torch\nfrom torch import nn\nfrom torch.nn import functional as g\n"
        "fast = vars(g)['scaled_dot_' + 'product_attention']\n"
        "def fused(x): return fast(x, x, x)\n"
        "def inner(x): return nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)(x)\n"
        "class Own(vars(nn)['Multihead' + 'Attention']): pass\n"
        "def own(x): return isinstance(Own(4, 2), nn.Module)\n"
    )
    import torch

    module, x = watch(session, names, source), torch.ones(1, 3, 4)
    module.inner(x)
    assert called(session) == {}
    module.fused(x)
    assert module.own(x) is True
    assert called(session) == {names[0]: 1, names[1]: 1}
