"""Tries right answers in float32.

Checks draw their inputs in float64. Here every float64 number is rounded to float32 on its way to an
answer, which then calculates in float32, and what comes back is widened, so that a check can go on with it.
The reference is given the same rounded numbers and calculates in float64: it is the oracle.

An answer is right in float32 if it meets the check's own expectations, each tolerance being at least
:data:`TOLERANCE`: of the number itself, and of the largest one beside it (a sum is as exact as its largest
term). Where not even the reference does (a difference quotient needs more digits than float32 has), the
answers to the check's questions are compared one by one with the oracle's. Where the reference is not near
itself either, the check says nothing in float32. Dtypes are not compared: a problem that promises float32 has
a check of its own for that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.authoring import Check, CheckFailedError, Random
from grader.authoring.comparison import Judge, compare, judged_by
from grader.package import Problem
from grader.references import ReferenceRefusedError
from grader.remembering import RememberedReference
from grader.tracing import Step, Tracing
from grader.verification.spread import Meter
from sandbox import InProcessSession, Session, StudentCodeError, load
from sandbox.session import Answer
from sandbox.wire.messages import Operation
from sandbox.wire.values import HandleRef

__all__ = ["TOLERANCE", "Rounding", "SinglePrecision"]

TOLERANCE: Final = 1e-4
"""About a thousand units in the last place. Right answers that are written differently use a tenth of it."""
_ROUNDING: Final = 2.0**-22
"""What rounding alone does to a number that must be equal."""


class _Run(NamedTuple):
    """One run of a check: what failed (``""``: nothing), and what was asked."""

    wrong: str
    steps: list[Step]


class _Own(NamedTuple):
    """What the reference itself makes of one check on one instance, in float32 and as the oracle."""

    single: _Run
    oracle: list[Step]

    @property
    def agrees(self) -> bool:
        return not _apart(self.single.steps, self.oracle)


class SinglePrecision:
    """Tries the answers of one problem in float32.

    ``silent`` names the checks that said nothing on some instance.
    """

    def __init__(self, problem: Problem, references: RememberedReference) -> None:
        self.silent: set[str] = set()
        self._problem, self._references = problem, references
        self._session = InProcessSession()
        self._own: dict[tuple[str, int], _Own] = {}
        self._used: dict[str, float] = {}

    def used(self) -> Mapping[str, float]:
        """What part of the tolerance was needed, by check, since the last time."""
        used, self._used = self._used, {}
        return used

    def close(self) -> None:
        """End what runs."""
        self._session.close()

    def wrong(self, check: Check, source: str, seeds: tuple[int, ...]) -> str:
        """What is wrong with an answer in float32, on the first of the instances where something is."""
        for seed in seeds:
            own = self._reference_itself(check, seed)
            if own.single.wrong and not own.agrees:
                self.silent.add(check.name)
                continue
            meter = Meter(_within_single)
            if own.single.wrong:
                wrong = _apart(self._run(check, source, seed, _anything).steps, own.oracle)
            else:
                wrong = self._run(check, source, seed, meter).wrong
                self._used[check.name] = max(self._used.get(check.name, 0.0), meter.take())
            if wrong:
                return wrong
        return ""

    def _reference_itself(self, check: Check, seed: int) -> _Own:
        key = (check.name, seed)
        if key not in self._own:
            source = self._problem.text("reference.py")
            single = self._run(check, source, seed, _within_single)
            if single.wrong:  # on to the end, whatever the check makes of it
                steps = self._run(check, source, seed, _anything).steps
                single = single._replace(steps=steps)
                self._own[key] = _Own(single, self._run(check, source, seed, _anything, oracle=True).steps)
            else:
                self._own[key] = _Own(single, [])
        return self._own[key]

    def _run(self, check: Check, source: str, seed: int, judge: Judge, *, oracle: bool = False) -> _Run:
        tracing = Tracing(Rounding(self._session, widened=oracle))
        reference = self._references.for_check(check, lambda session: Rounding(session, widened=True))
        wrong = ""
        try:
            student = load(tracing, self._problem.files_with(source), self._problem.file_name)
            with judged_by(judge), np.errstate(all="ignore"):
                check.run(student, reference, Random(seed))
        except (CheckFailedError, StudentCodeError, ReferenceRefusedError) as error:
            wrong = str(error)
        except Exception as error:  # the check could not take the answer apart
            wrong = f"{type(error).__name__}: {error}"
        return _Run(wrong, tracing.steps)


class Rounding:
    """A session whose module meets float32 wherever it would meet float64; with ``widened``, the rounded
    numbers in float64. What comes back is widened.
    """

    def __init__(self, session: Session, *, widened: bool) -> None:
        self._session, self._widened = session, widened

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        """See :meth:`sandbox.session.Session.request`."""
        if operation is Operation.LOAD:
            return self._session.request(operation, *operands, time_limit=time_limit, release=release)
        if operation is Operation.CALL and operands[1:3] == ("double", ()) and not self._widened:
            operands = (operands[0], "float", *operands[2:])  # an nn.Module changes to float64 itself
        sent = tuple(_mapped(operand, self._rounded) for operand in operands)
        answer = self._session.request(operation, *sent, time_limit=time_limit, release=release)
        return Answer(_mapped(answer.value, self._back), answer.printed)

    def _rounded(self, value: Any) -> Any:
        if isinstance(value, np.ndarray | np.float64) and value.dtype == np.float64:
            single = value.astype(np.float32)
            return single.astype(np.float64) if self._widened else single
        if _is_tensor(value) and value.dtype == sys.modules["torch"].float64:
            return value.float().double() if self._widened else value.float()
        return value

    def _back(self, value: Any) -> Any:
        if isinstance(value, np.ndarray | np.float32) and value.dtype == np.float32:
            return value.astype(np.float64)
        if _is_tensor(value) and value.dtype == sys.modules["torch"].float32:
            return value.double()
        return value


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """``value`` with ``change`` made to each number, array and tensor in it."""
    if type(value) in (list, tuple):
        return type(value)(_mapped(item, change) for item in value)
    if type(value) is dict:
        return {key: _mapped(item, change) for key, item in value.items()}
    return change(value)


def _is_tensor(value: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _within_single(
    error: NDArray[np.float64], size: NDArray[np.float64], rtol: float, atol: float
) -> NDArray[np.bool_]:
    if not rtol and not atol:
        return np.asarray(error <= _ROUNDING * size)
    largest = float(size[np.isfinite(size)].max(initial=0.0))
    return np.asarray(error <= max(atol, TOLERANCE * largest) + max(rtol, TOLERANCE) * size)


def _anything(error: NDArray[np.float64], *_: object) -> NDArray[np.bool_]:
    return np.ones(error.shape, dtype=bool)


def _apart(mine: list[Step], right: list[Step]) -> str:
    """How answers differ from the oracle's to the same questions; ``""`` where they do not."""
    if [step.operation for step in mine] != [step.operation for step in right]:
        return "it was asked something else than the reference"
    with judged_by(_within_single):
        for one, other in zip(mine, right, strict=True):
            if one.error is not None or other.error is not None:
                if type(one.error) is not type(other.error):
                    return str(one.error or other.error)
            elif isinstance(other.value, HandleRef):
                if not isinstance(one.value, HandleRef):
                    return "it answers with a value where the reference keeps an object"
            elif found := compare(one.value, other.value, "An answer", TOLERANCE, 0.0, dtype=False):
                return f"{found.sentence} {found.detail}"
    return ""
