"""Honest answers: values, handles, prints and exceptions come back as they are."""

from __future__ import annotations

import functools

import numpy as np

from sandbox.backends.base import Backend
from sandbox.conformance.case import LIMITS, SECONDS, case, fails, opened
from sandbox.errors import OutputLimitError, StudentExceptionError
from sandbox.remote import load, observe, value
from sandbox.session import Sandbox
from sandbox.spec import Runtime, SandboxSpec


@case()
def plain_values_come_back_unchanged(backend: Backend) -> None:
    values = [
        None,
        True,
        3,
        -(2**70),
        2.5,
        float("inf"),
        "é\n",
        [1, [2]],
        (1, "a"),
        {"k": [1.0]},
        1 + 2j,
        b"\0",
    ]
    with opened(backend, "def same(x): return x") as (_, module):
        assert module.same(values) == values
        assert np.isnan(module.same(float("nan")))
        assert type(module.same(np.float32(1.5))) is np.float32


@case()
def arrays_keep_dtype_shape_values_and_layout(backend: Backend) -> None:
    with opened(backend, "def same(x): return x\ndef strides(x): return x.strides") as (_, module):
        for dtype in ("bool", "int8", "uint64", "float16", "float32", "float64", "complex128"):
            for shape in ((), (0,), (3,), (2, 0, 3), (2, 3, 4)):
                sent = (np.random.default_rng(0).standard_normal(shape) * 3).astype(dtype)
                got = module.same(sent)
                assert got.dtype == sent.dtype, (got.dtype, sent.dtype)
                assert got.shape == sent.shape, (got.shape, sent.shape)
                assert np.array_equal(got, sent)
        transposed = np.arange(6.0).reshape(2, 3).T
        assert tuple(module.strides(transposed)) == transposed.strides


@case()
def handles_can_be_called_read_operated_on_and_iterated(backend: Backend) -> None:
    source = """
class Value:
    def __init__(self, data): self.data = data
    def __mul__(self, other): return Value(self.data * getattr(other, "data", other))
    __rmul__ = __mul__
    def __iter__(self): return iter([self.data, self.data + 1])
    def doubled(self): return Value(2 * self.data)
"""
    with opened(backend, source) as (_, module):
        one = module.Value(3)
        product = 2 * one * one.doubled()
        assert value(product, "data") == 36
        assert list(product) == [36, 37]


@case()
def what_is_printed_comes_back_bounded(backend: Backend) -> None:
    source = "def talk(n):\n    print('x' * n)\n    return 1\ndef flood():\n    while True: print('x' * 1000)"
    with opened(backend, source) as (_, module):
        assert observe(module.talk, 5).printed == "xxxxx\n"
        assert len(observe(module.talk, 100_000).printed) < 20_000
        fails(OutputLimitError, module.flood)


@case()
def an_exception_comes_back_with_the_students_own_lines(backend: Backend) -> None:
    source = "import numpy as np\ndef fail(x):\n    return np.linalg.inv(x)\n"
    with opened(backend, source) as (_, module):
        error = fails(StudentExceptionError, lambda: module.fail(np.zeros((2, 2))))
        assert error.kind == "Exception", error.kind  # LinAlgError is not one of Python's own names
        assert [(f.file, f.line) for f in error.frames] == [("homework.py", 3)], error.frames
        assert error.called == "fail"


@case()
def a_missing_name_and_a_wrong_signature_are_told_apart(backend: Backend) -> None:
    with opened(backend, "def f(x): return x") as (_, module):
        assert fails(StudentExceptionError, module.g).reason == "missing"
        assert fails(StudentExceptionError, lambda: module.f(1, 2)).reason == "signature"


@case()
def a_file_that_does_not_load_says_why(backend: Backend) -> None:
    for source, reason in (
        ("def f(:", "syntax"),
        ("import nowhere_to_be_found", "import"),
        ("1/0", "raised"),
    ):
        with Sandbox(backend, SandboxSpec(Runtime.NUMPY, LIMITS)) as guest:
            attempt = functools.partial(load, guest, {"a.py": source}, "a.py", time_limit=SECONDS)
            error = fails(StudentExceptionError, attempt)
            assert error.reason == reason, (source, error.reason)


@case()
def files_with_the_names_of_libraries_shadow_nothing(backend: Backend) -> None:
    files = {"a.py": "import json, numpy\ndef names(): return [json.__name__, numpy.zeros(2)]"}
    files |= {"json.py": "raise SystemExit", "numpy.py": "raise SystemExit"}
    with Sandbox(backend, SandboxSpec(Runtime.NUMPY, LIMITS)) as guest:
        assert load(guest, files, "a.py", time_limit=SECONDS).names()[0] == "json"


@case()
def each_load_starts_from_the_file(backend: Backend) -> None:
    files = {"a.py": "count = 0\ndef bump():\n    global count\n    count += 1\n    return count"}
    with Sandbox(backend, SandboxSpec(Runtime.NUMPY, LIMITS)) as guest:
        for _ in range(2):
            assert load(guest, files, "a.py", time_limit=SECONDS).bump() == 1
