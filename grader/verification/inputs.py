"""Asks a solution and its mutants the same things, on inputs that no check uses.

The package's ``submissions/mutants/inputs.py`` has a function ``ask(answer, rng)``: a generator that calls
``answer``, the module of a solution itself, with random inputs of the kind that the handout promises, and
yields whatever comes back. Each value is one input's. It is called again and again, each time with other
random numbers, the same for every mutant.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import types
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.authoring import Random
from grader.authoring.comparison import compare, judged_by, within
from grader.errors import PackageError
from grader.package import Problem
from sandbox.guest.loading import Loader

__all__ = ["INPUTS_FILE", "Asked", "Inputs"]

INPUTS_FILE: Final = "submissions/mutants/inputs.py"
_Ask = Callable[[Any, Random], Iterator[Any]]
_KEPT: Final = 20_000
_NOTHING: Final = 1e-3
"""Where all numbers are smaller, their differences are taken for those of numbers of this size."""
NEAR: Final = 1e-9
NEAR_SINGLE: Final = 1e-4
UNLIKE: Final = 0.2


class Asked(NamedTuple):
    """How far two solutions were compared: on how many inputs, and the first on which they differ."""

    inputs: int
    differs: str


class _Raised(NamedTuple):
    """In place of a value: what was raised."""

    kind: str


class Inputs:
    """Asks solutions of one problem. A context manager: it owns a folder.

    Raises:
        PackageError: the package has no inputs, or they cannot be executed.
    """

    def __init__(self, problem: Problem) -> None:
        path = problem.folder / INPUTS_FILE
        if not path.is_file():
            raise PackageError(path, "is missing; it calls the answer with random inputs for mutants")
        self._problem = problem
        self._folder = tempfile.TemporaryDirectory(prefix="gradecli-inputs-")
        self._loaders = [Loader(Path(self._folder.name) / name) for name in ("right", "other", "known")]
        module = types.ModuleType(f"_inputs_of_{problem.name}")
        try:
            exec(compile(problem.text(INPUTS_FILE), str(path), "exec"), module.__dict__)  # noqa: S102 - an author's
            self._ask: _Ask = module.ask
        except Exception as error:
            raise PackageError(path, f"cannot be used: {type(error).__name__}: {error}") from error
        self._reference = self._loaded(0, problem.text("reference.py"))
        self._known: list[list[Any]] = []

    def close(self) -> None:
        """Remove what was loaded."""
        self._folder.cleanup()

    def compared(self, source: str, count: int, seconds: float) -> Asked:
        """Ask the reference and ``source`` the same, up to ``count`` inputs or for ``seconds``.

        Values are the same where they are of one kind, shape and dtype, and differ by no more than
        :data:`NEAR` (:data:`NEAR_SINGLE` in float32) of the largest number among them; or where both raise.
        """
        started, done = time.monotonic(), 0
        try:
            other = self._loaded(1, source)
        except Exception as error:
            return Asked(0, f"it does not load: {error}")
        for number in range(count):
            right = self._right(number)
            for index, (mine, wanted) in enumerate(zip(self._answers(other, number), right, strict=False)):
                done += 1
                if differs := _differ(mine, wanted):
                    return Asked(done, f"round {number}, value {index}: {differs}")
            if done >= count or time.monotonic() - started > seconds:
                break
        return Asked(done, "")

    def like(self, source: str, mistake: str, count: int, seconds: float) -> bool:
        """Whether ``source`` makes ``mistake``: answers as it does where that answers wrongly.

        Of the questions of one round there must be one to which it gives the mistake's answer nearly every
        time that this is wrong (all but :data:`UNLIKE`): the same slip may show elsewhere too, where one
        solution uses a piece of code twice and the other has written it out.
        """
        started = time.monotonic()
        found, unlike = Counter[int](), Counter[int]()
        mine, other = self._loaded(1, source), self._loaded(2, mistake)
        for number in range(count):
            answers = zip(self._answers(mine, number), self._answers(other, number), strict=False)
            pairs = zip(list(answers), self._right(number), strict=False)
            for question, ((one, known), wanted) in enumerate(pairs):
                if not isinstance(known, _Raised) and _differ(known, wanted):
                    found[question] += 1
                    unlike[question] += bool(_differ(one, known, NEAR_SINGLE))
            if time.monotonic() - started > seconds:
                break
        return any(unlike[question] <= UNLIKE * times for question, times in found.items())

    def _right(self, number: int) -> list[Any]:
        if number < len(self._known):
            return self._known[number]
        answers = list(self._answers(self._reference, number))
        broken = next((one for one in answers if isinstance(one, _Raised)), None)
        if broken is not None:
            path = self._problem.folder / INPUTS_FILE
            raise PackageError(path, f"asks the reference what it cannot answer: {broken.kind}")
        if number == len(self._known) and sum(map(len, self._known)) < _KEPT:
            self._known.append(answers)
        return answers

    def _answers(self, module: types.ModuleType, number: int) -> Iterator[Any]:
        _reseed(number)
        asking = self._ask(module, Random(number))
        with np.errstate(all="ignore"):
            while True:
                try:
                    yield next(asking)
                except StopIteration:
                    return
                except Exception as error:
                    yield _Raised(f"{type(error).__name__}: {error}")
                    return

    def _loaded(self, which: int, source: str) -> types.ModuleType:
        module, _support = self._loaders[which].load(
            self._problem.files_with(source), self._problem.file_name, 0
        )
        return module


def _differ(mine: Any, right: Any, near: float = NEAR) -> str:
    if isinstance(mine, _Raised) or isinstance(right, _Raised):
        same = type(mine) is type(right)
        return "" if same else f"it raises {mine.kind}" if isinstance(mine, _Raised) else "it does not raise"
    with judged_by(_beside_the_largest):
        near = NEAR_SINGLE if _is_single(right) else near
        found = compare(mine, right, "the value", near, near, dtype=True)
    return "" if found is None else f"{found.sentence} {found.detail}"


def _beside_the_largest(
    error: NDArray[np.float64], size: NDArray[np.float64], rtol: float, atol: float
) -> NDArray[np.bool_]:
    largest = float(size[np.isfinite(size)].max(initial=0.0))
    return within(error, size, rtol, atol * max(largest, _NOTHING))


def _is_single(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_is_single, value))
    return str(getattr(value, "dtype", "")).endswith("float32")


def _reseed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)
