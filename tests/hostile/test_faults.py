"""Faults of ordinary and of hostile students, each with its verdict and the exact sentence that is said
about it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from grader import GradeReport, ProblemSet, load_pset
from grader.report import CheckResult, Verdict
from sandbox import Backend, Runtime

TOO_LATE = (
    "Your code took longer than the 1 s this check allows and was stopped. Look for a loop that does not "
    "end, or work that NumPy or torch could do at once."
)
TOO_MUCH_MEMORY = (
    "Your code used more than the 256 MiB of memory this problem allows. Look for an array that is far "
    "larger than its inputs, or a list that only grows."
)
TOO_MUCH_OUTPUT = "Your code printed or returned far more than is accepted. Remove prints inside loops."
ENDED = (
    "Your code ended the Python process before it returned an answer. Do not call exit, quit or os._exit, "
    "and do not start processes."
)
UNREADABLE = (
    "What came back from your code could not be read as an answer. Return plain numbers, arrays or "
    "tensors, and leave the program that runs your code alone."
)


@dataclass(frozen=True)
class Fault:
    """A file ``add.py`` with a fault, and what is said about it."""

    name: str
    text: str
    verdict: Verdict
    sentence: str

    @property
    def source(self) -> str:
        return textwrap.dedent(self.text).lstrip("\n")


# On every check of the problem alike: the file does not get as far as a function.
AT_LOAD = (
    Fault(
        "a syntax error",
        """
        import numpy as np

        def add(x, y)
            return x + y
        """,
        Verdict.ERROR,
        "add.py is not valid Python on line 3: def add(x, y) (expected ':'). Nothing in it could be run.",
    ),
    Fault(
        "a tab and spaces",
        """
        def add(x, y):
            z = x
        \treturn z + y
        """,
        Verdict.ERROR,
        (
            "add.py is not valid Python on line 3: return z + y (inconsistent use of tabs and spaces "
            "in indentation). Nothing in it could be run."
        ),
    ),
    Fault(
        "a line without end",
        f"total = {'(' * 5000}",
        Verdict.ERROR,
        f"add.py is not valid Python on line 1: total = {'(' * 112} (too many nested parentheses). "
        "Nothing in it could be run.",
    ),
    Fault(
        "an import error",
        """
        import numpy as np
        import sklearn.linear_model
        """,
        Verdict.ERROR,
        (
            "add.py could not be loaded on line 2 of add.py: No module named 'sklearn'. Use only the "
            "libraries that the handout names, and keep your code in this one file."
        ),
    ),
    Fault(
        "the other framework",
        """
        import torch
        """,
        Verdict.ERROR,
        (
            "add.py could not be loaded on line 1 of add.py: No module named 'torch'. Use only the "
            "libraries that the handout names, and keep your code in this one file."
        ),
    ),
    Fault(
        "an error at load",
        """
        weights = [1, 2, 3]
        first = weights[3]
        """,
        Verdict.ERROR,
        "add.py could not be loaded: it raised an IndexError on line 2 of add.py: list index out of range",
    ),
    Fault(
        "a loop at load",
        """
        while True:
            pass
        """,
        Verdict.TIME_LIMIT,
        TOO_LATE,
    ),
    Fault(
        "an exit at load",
        """
        import os
        os._exit(0)
        """,
        Verdict.ERROR,
        ENDED,
    ),
    Fault(
        "a polite exit at load",
        """
        import sys
        sys.exit(0)
        """,
        Verdict.ERROR,
        "add.py could not be loaded: it raised a SystemExit on line 2 of add.py: 0",
    ),
    Fault(
        "a flood at load",
        """
        while True:
            print('again')
        """,
        Verdict.OUTPUT_LIMIT,
        TOO_MUCH_OUTPUT,
    ),
)

# On the hidden check `sums`, where both arrays have more than one row; the other checks' have one.
IN_A_CHECK = (
    Fault(
        "an empty file",
        "",
        Verdict.ERROR,
        "add is not defined in add.py. Keep the names of the starter.",
    ),
    Fault(
        "a missing function",
        """
        def plus(x, y):
            return x + y
        """,
        Verdict.ERROR,
        "add is not defined in add.py. Keep the names of the starter.",
    ),
    Fault(
        "the starter",
        """
        def add(x, y):
            raise NotImplementedError
        """,
        Verdict.ERROR,
        "add is not implemented yet on line 2 of add.py.",
    ),
    Fault(
        "a wrong signature",
        """
        def add(x):
            return x
        """,
        Verdict.ERROR,
        "add could not be called as the handout says. Compare its arguments with the starter's.",
    ),
    Fault(
        "something that is no function",
        """
        add = 3
        """,
        Verdict.ERROR,
        "add could not be called as the handout says. Compare its arguments with the starter's.",
    ),
    Fault(
        "an exception",
        """
        def add(x, y):
            z = x + y
            return z[100]
        """,
        Verdict.ERROR,
        "add raised an IndexError on line 3 of add.py.",
    ),
    Fault(
        "endless recursion",
        """
        def add(x, y):
            return add(y, x)
        """,
        Verdict.ERROR,
        "add raised a RecursionError on line 2 of add.py.",
    ),
    Fault(
        "nothing returned",
        """
        def add(x, y):
            x + y
        """,
        Verdict.FAILED,
        "the sum should be a NumPy array.",
    ),
    Fault(
        "a list",
        """
        def add(x, y):
            return (x + y).tolist()
        """,
        Verdict.FAILED,
        "the sum should be a NumPy array.",
    ),
    Fault(
        "a wrong shape",
        """
        def add(x, y):
            return (x + y).T
        """,
        Verdict.FAILED,
        "the sum has the wrong shape.",
    ),
    Fault(
        "half precision",
        """
        def add(x, y):
            return (x + y).astype('float16')
        """,
        Verdict.FAILED,
        "the sum has the wrong dtype: float64 is expected.",
    ),
    Fault(
        "not a number",
        """
        def add(x, y):
            return x + y + float('nan')
        """,
        Verdict.FAILED,
        "the sum contains NaN or infinity.",
    ),
    Fault(
        "an infinite loop",
        """
        def add(x, y):
            while len(x) > 1:
                pass
        """,
        Verdict.TIME_LIMIT,
        TOO_LATE,
    ),
    Fault(
        "a sleep that ignores signals",
        """
        import signal, time
        for s in (1, 2, 3, 15):
            signal.signal(s, signal.SIG_IGN)
        def add(x, y):
            time.sleep(1000 * (len(x) > 1))
        """,
        Verdict.TIME_LIMIT,
        TOO_LATE,
    ),
    Fault(
        "a clock turned back",
        """
        import time
        sleep = time.sleep
        time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
        def add(x, y):
            sleep(1.5 * (len(x) > 1))
            return x + y
        """,
        Verdict.TIME_LIMIT,
        TOO_LATE,
    ),
    Fault(
        "a memory bomb",
        """
        def add(x, y):
            kept = []
            while True:
                kept.append(bytearray(8_000_000))
        """,
        Verdict.MEMORY_LIMIT,
        TOO_MUCH_MEMORY,
    ),
    Fault(
        "one array that is too large",
        """
        import numpy as np
        def add(x, y):
            return np.ones(2**40)
        """,
        Verdict.MEMORY_LIMIT,
        TOO_MUCH_MEMORY,
    ),
    Fault(
        "a fork bomb that does not give up",
        """
        import os
        def add(x, y):
            while len(x) > 1:
                try:
                    os.fork()
                except OSError:
                    pass
        """,
        Verdict.TIME_LIMIT,
        TOO_LATE,
    ),
    Fault(
        "a bomb of threads",
        """
        import threading, time
        def add(x, y):
            while True:
                threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        """,
        Verdict.ERROR,
        "add raised a RuntimeError on line 4 of add.py.",
    ),
    Fault(
        "os._exit(0)",
        """
        import os
        def add(x, y):
            os._exit(0)
        """,
        Verdict.ERROR,
        ENDED,
    ),
    Fault(
        "an abort",
        """
        import os
        def add(x, y):
            os.abort()
        """,
        Verdict.ERROR,
        ENDED,
    ),
    Fault(
        "a crash in C",
        """
        import ctypes
        def add(x, y):
            ctypes.string_at(8)
        """,
        Verdict.ERROR,
        ENDED,
    ),
    Fault(
        "a flood of prints",
        """
        def add(x, y):
            while True:
                print('still here')
        """,
        Verdict.OUTPUT_LIMIT,
        TOO_MUCH_OUTPUT,
    ),
    Fault(
        "an answer that is too large",
        """
        def add(x, y):
            return [0] * 150_000 + [[0] * 150_000]
        """,
        Verdict.ERROR,
        "add returned something that cannot be graded. Return plain numbers, arrays or tensors.",
    ),
    Fault(
        "a closed channel",
        """
        import os
        def add(x, y):
            os.closerange(3, 200)
            os._exit(0)
        """,
        Verdict.ERROR,
        ENDED,
    ),
    Fault(
        "a full disk",
        """
        def add(x, y):
            with open('/tmp/full', 'wb') as file:
                while True:
                    file.write(b'x' * 1_000_000)
        """,
        Verdict.ERROR,
        "add raised an OSError on line 4 of add.py.",
    ),
    Fault(
        "an object that lies about itself",
        """
        import numpy as np
        class Liar:
            __class__ = np.ndarray
            shape, dtype = (3, 4), np.dtype(float)
            def __eq__(self, other): return True
            def __array__(self, *a, **k): return np.zeros((3, 4))
        def add(x, y):
            return Liar()
        """,
        Verdict.FAILED,
        "the sum should be a NumPy array.",
    ),
    Fault(
        "an array subclass",
        """
        import numpy as np
        class Mine(np.ndarray): pass
        def add(x, y):
            return (x + y).view(Mine)
        """,
        Verdict.FAILED,
        "the sum should be a NumPy array.",
    ),
)


@pytest.mark.parametrize("fault", AT_LOAD, ids=lambda fault: fault.name)
def test_fault_at_load(
    fault: Fault, backend: Backend, tiny: ProblemSet, submit: Callable[..., GradeReport]
) -> None:
    problem = submit(tiny, backend, add=fault.source).problems[0]
    assert problem.message == fault.sentence
    assert {(c.verdict, c.for_student().message) for c in problem.checks} == {(fault.verdict, fault.sentence)}
    assert problem.score == 0


@pytest.mark.parametrize("fault", IN_A_CHECK, ids=lambda fault: fault.name)
def test_fault_in_a_check(
    fault: Fault,
    backend: Backend,
    tiny: ProblemSet,
    submit: Callable[..., GradeReport],
    result: Callable[[GradeReport, str], CheckResult],
) -> None:
    check = result(submit(tiny, backend, add=fault.source), "sums").for_student()
    assert (check.verdict, check.message) == (fault.verdict, fault.sentence)
    assert check.score == 0


def test_fork_bomb(
    backend: Backend,
    tiny: ProblemSet,
    submit: Callable[..., GradeReport],
    result: Callable[[GradeReport, str], CheckResult],
) -> None:
    report = submit(tiny, backend, add="import os\ndef add(x, y):\n    while True:\n        os.fork()\n")
    first, later = result(report, "worked_example"), result(report, "sums").for_student()
    assert first.verdict is later.verdict is Verdict.ERROR
    assert first.message.startswith("add raised a BlockingIOError on line 4 of add.py. It says: [Errno 11]")
    # All of its processes answer: what the next check hears first is one of them, or that it was not asked.
    assert later.message in ("add raised a BlockingIOError on line 4 of add.py.", UNREADABLE)
    assert report.score == 0


def test_tensor_subclass_is_no_tensor(
    backend: Backend,
    ready_backend: Callable[..., Backend],
    tiny: ProblemSet,
    submit: Callable[..., GradeReport],
    result: Callable[[GradeReport, str], CheckResult],
) -> None:
    pytest.importorskip("torch")
    torch_backend = ready_backend(backend.name, Runtime.TORCH)
    source = """
import torch
class Mine(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True
def double(x):
    return (x * 2).as_subclass(Mine)
"""
    report = submit(load_pset(tiny.folder.parent / "tiny_torch"), torch_backend, double=source)
    doubled, gradient = (result(report, name).for_student() for name in ("doubled", "gradient"))
    assert (doubled.verdict, doubled.message) == (Verdict.FAILED, "the result should be a torch tensor.")
    assert gradient.verdict is not Verdict.PASSED
