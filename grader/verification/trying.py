"""Tries one answer of a package on instances of its problem's checks, with grading's own function."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, NamedTuple

from grader.advising import Budget
from grader.answers import SandboxAnswers, meetings_of
from grader.authoring.comparison import judged_by
from grader.diagnosis import Diagnostician
from grader.grading import GradeEvent, OpenAnswers, grade_problem
from grader.loading import LoadedCheck, load_checks
from grader.package import Problem
from grader.remembering import RememberedReference
from grader.report import CheckResult, Verdict, Visibility
from grader.verification.answers import InProcessAnswers
from grader.verification.inputs import Inputs
from grader.verification.package import RIGHT, Kind, PackageAnswer
from grader.verification.single import SinglePrecision
from grader.verification.spread import Meter
from sandbox import find

__all__ = ["Extent", "Tried", "TriedProblem", "instances_tried", "try_answer"]

_OWN_PROCESS: Final = "subprocess"
"""Where what never ends, or ends its process, is tried: it isolates nothing, and these files are trusted."""
_ROOM: Final = 128 * 2**20
_KEY: Final = bytes(32)
_DIAGNOSIS_SECONDS: Final = 120.0
"""For one answer: that a machine is slow says nothing about a package."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is tried.

    ``instances``: of each check, spread evenly; None for all. ``runs``: how often, for equal verdicts.
    ``sandbox``: the backend that answers run in; None for this process. ``inputs``: on how many a mutant is
    compared with the reference.
    """

    instances: int | None = None
    runs: int = 2
    sandbox: str | None = None
    inputs: int = 10_000


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one answer.

    ``verdicts`` has for each check that was run the verdict by instance; ``said`` what was told on the first
    that did not pass; ``unlike`` what another run decided or said otherwise; ``diagnosed`` the mistake that
    was named beside a check; ``single`` what is wrong in float32, by check; ``float64_only`` the checks that
    say nothing in float32. ``units`` is, by check, the largest error of a right answer and the least one of a
    wrong answer that fails by its values, in units of the tolerance.
    """

    answer: PackageAnswer
    verdicts: Mapping[str, Mapping[int, Verdict]] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    unlike: tuple[str, ...] = ()
    diagnosed: Mapping[str, str] = field(default_factory=dict)
    single: Mapping[str, str] = field(default_factory=dict)
    float64_only: tuple[str, ...] = ()
    units: Mapping[str, float] = field(default_factory=dict)
    units_single: Mapping[str, float] = field(default_factory=dict)

    def lost(self, check: str) -> tuple[int, ...]:
        """The instances of ``check`` that did not pass."""
        return tuple(i for i, verdict in self.verdicts[check].items() if verdict is not Verdict.PASSED)


class TriedProblem:
    """A problem with what trying many answers needs: its checks, and the reference's answers, kept."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.checks = load_checks(problem)
        self.references = RememberedReference(problem, room=_ROOM)
        self.single = SinglePrecision(problem, self.references)
        self.diagnostician = Diagnostician(problem, self.references)
        self._inputs: Inputs | None = None

    def inputs(self) -> Inputs:
        """The inputs that mutants are compared on.

        Raises:
            PackageError: the package has none.
        """
        if self._inputs is None:
            self._inputs = Inputs(self.problem)
        return self._inputs

    def close(self) -> None:
        """End what runs."""
        self.references.close()
        self.single.close()
        if self._inputs is not None:
            self._inputs.close()


def instances_tried(count: int, at_most: int | None) -> range:
    """``at_most`` of ``count`` instances, spread evenly."""
    return range(count) if at_most is None else range(0, count, math.ceil(count / at_most))


def try_answer(tried: TriedProblem, answer: PackageAnswer, extent: Extent) -> Tried:
    """Grade ``answer`` as it would be graded, on the instances and as often as ``extent`` says.

    What it fails is diagnosed; and of a right answer every check is, for nothing may be said of it.

    Raises:
        PackageError: the package is broken.
        InfrastructureError: a sandbox could not be had.
    """
    if answer.kind not in (*RIGHT, Kind.WRONG):
        backend = _OWN_PROCESS if answer.kind in (Kind.TIME_LIMIT, Kind.RUN_TIME) else None
        extent = Extent(1, 1, extent.sandbox or backend)
    meter = Meter()
    with judged_by(meter):
        first, *others = (dict(_one_run(tried, answer, extent, meter)) for _ in range(extent.runs))
    verdicts: dict[str, dict[int, Verdict]] = {}
    said: dict[str, str] = {}
    for (check, instance), (result, _) in first.items():
        verdicts.setdefault(check, {})[instance] = result.verdict
        if result.verdict is not Verdict.PASSED:
            said.setdefault(check, f"{result.message} {result.detail}".strip())
    unlike = {
        f"{check}, instance {instance}"
        for other in others
        for (check, instance), (result, _) in other.items()
        if _decided(result) != _decided(first[_Case(check, instance)].result)
    }
    found = Tried(answer, verdicts, said, tuple(sorted(unlike)), units=_units(answer.kind, first))
    if answer.kind is Kind.WRONG:
        lost = [one for one in tried.checks if one.check.name in said]
        return replace(found, diagnosed=_diagnosed(tried, answer, lost))
    if answer.kind in RIGHT:
        source = answer.path.read_text(encoding="utf-8")
        single = {
            one.check.name: wrong
            for one in tried.checks
            if (wrong := tried.single.wrong(one.check, source, _seeds(tried.problem, one, extent)))
        }
        used = {name: units for name, units in tried.single.used().items() if units}
        silent = tuple(sorted(tried.single.silent))
        diagnosed = _diagnosed(tried, answer, tried.checks)
        return replace(found, single=single, float64_only=silent, diagnosed=diagnosed, units_single=used)
    return found


def _units(kind: Kind, run: Mapping[_Case, _Judged]) -> dict[str, float]:
    units: dict[str, float] = {}
    for (check, _), (result, worst) in run.items():
        if kind in RIGHT:
            units[check] = max(units.get(check, 0.0), worst)
        elif result.verdict is Verdict.FAILED and worst > 1.0:
            units[check] = min(units.get(check, math.inf), worst)
    return units


def _diagnosed(tried: TriedProblem, answer: PackageAnswer, checks: Iterable[LoadedCheck]) -> dict[str, str]:
    """The mistakes that are named beside hidden ones of ``checks``."""
    mistakes, budget = {}, Budget(_DIAGNOSIS_SECONDS)
    with InProcessAnswers(tried.problem, answer.path.read_text(encoding="utf-8")) as answers:
        for check, visibility in checks:
            if visibility is Visibility.HIDDEN:
                found = tried.diagnostician.examine(check, answers, budget).diagnosis
                if found is not None:
                    mistakes[check.name] = found.mistake
    return mistakes


def _seeds(problem: Problem, one: LoadedCheck, extent: Extent) -> tuple[int, ...]:
    every = meetings_of(problem, one.check, one.visibility, _KEY, "all")
    return tuple(meeting.seed for meeting in every if meeting.number in _instances_of(one, extent))


class _Case(NamedTuple):
    check: str
    instance: int


class _Judged(NamedTuple):
    """A result, and the largest error on the way to it in units of what was allowed."""

    result: CheckResult
    worst: float


def _one_run(
    tried: TriedProblem, answer: PackageAnswer, extent: Extent, meter: Meter
) -> Iterator[tuple[_Case, _Judged]]:
    content = answer.path.read_bytes()
    most = max(check.instances for check, _ in tried.checks)
    worst: dict[str, float] = {}

    def measure(event: GradeEvent) -> None:
        if event.check is not None:
            worst[event.check.name] = meter.take()

    for instance in range(most):
        checks = tuple(one for one in tried.checks if instance in _instances_of(one, extent))
        if not checks:
            continue
        report = grade_problem(
            tried.problem,
            checks,
            tried.references,
            content,
            _open_answers(instance, checks, extent.sandbox),
            measure,
        ).report
        for result in report.checks:
            yield _Case(result.name, instance), _Judged(result, worst[result.name])


def _instances_of(one: LoadedCheck, extent: Extent) -> range:
    check, visibility = one
    return range(1) if visibility is Visibility.PUBLIC else instances_tried(check.instances, extent.instances)


def _open_answers(instance: int, checks: Sequence[LoadedCheck], sandbox: str | None) -> OpenAnswers:
    if sandbox is None:
        return partial(InProcessAnswers, key=_KEY, instance=instance)
    names = tuple(check.name for check, _ in checks)
    return partial(SandboxAnswers, backend=find(sandbox), key=_KEY, instance=instance, checks=names)


def _decided(result: CheckResult) -> tuple[Verdict, str, str]:
    return result.verdict, result.message, result.detail
