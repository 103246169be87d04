"""Grades a submission. The verdict is formed here, in a process where the student's code never runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from grader import feedback
from grader.authoring import Check, CheckFailedError, Random
from grader.errors import GraderError
from grader.feedback import Explanation
from grader.forbidden import find_forbidden
from grader.guests import GuestKeeper
from grader.instances import choose_instance, guest_seed, instance_seed, public_seed
from grader.loading import LoadedCheck, load_checks
from grader.package import Problem, ProblemSet, total_points
from grader.references import LiveReference, References
from grader.report import (
    CheckResult,
    Environment,
    GradeReport,
    Measurement,
    ProblemReport,
    Verdict,
    Visibility,
)
from grader.submission import Submission
from sandbox import Backend
from sandbox.errors import InfrastructureError, StudentCodeError

__all__ = [
    "EventKind",
    "GradeEvent",
    "GradedProblem",
    "Instance",
    "Run",
    "environment_of",
    "grade",
    "grade_problem",
]

_NOT_THE_ANSWER: Final = (InfrastructureError, GraderError, OSError)
"""What a check raises that says nothing about the student's answer."""

Instance = int | Literal["all"] | None
"""Which instance of its inputs each check is run on; None: the one that the key chooses."""


class EventKind(StrEnum):
    """What a :class:`GradeEvent` tells."""

    PROBLEM_STARTED = "problem_started"
    CHECK_FINISHED = "check_finished"


class GradeEvent(BaseModel):
    """Progress while grading. ``check`` is already the student's copy."""

    model_config = ConfigDict(frozen=True)

    kind: EventKind
    problem: str
    index: int
    total: int
    check: CheckResult | None = None


class GradedProblem(NamedTuple):
    """A problem's report, the versions of the libraries it ran with, and what it used."""

    report: ProblemReport
    versions: Mapping[str, str]
    used: Measurement | None = None


class _Outcome(NamedTuple):
    explanation: Explanation
    printed: str
    instance: int | None
    maybe_ours: bool = False


class Run(NamedTuple):
    """What is the same for every check of one grading run."""

    key: bytes
    instance: Instance
    tell: Callable[[GradeEvent], None]


def grade(
    pset: ProblemSet,
    submission: Submission,
    backend: Backend,
    *,
    key: bytes,
    instance: Instance = None,
    problem: str | None = None,
    on_event: Callable[[GradeEvent], None] | None = None,
    on_measurement: Callable[[str, Measurement], None] | None = None,
) -> GradeReport:
    """Grade a submission, problem by problem, each in a fresh sandbox.

    Args:
        key: from :func:`grader.instances.instance_key`; decides which instance each check meets.
        instance: a fixed instance instead, or ``"all"``: every one must pass.
        problem: grade only this problem; the report then holds only it.
        on_event: told of each finished check as it happens.
        on_measurement: told of each problem's time and memory; they are not part of the report.

    Raises:
        InfrastructureError: a sandbox could not be had; nothing was decided.
        PackageError: the problem package itself is broken; nothing was decided.
    """
    chosen = pset.problems if problem is None else (pset.problem(problem),)
    run = Run(key, instance, on_event or (lambda _event: None))
    reports, versions = [], dict[str, str]()
    for one in chosen:
        with LiveReference(one) as references:
            content = submission.files.get(one.name)
            graded = grade_problem(one, load_checks(one), references, content, backend, run)
        reports.append(graded.report)
        versions |= graded.versions
        if on_measurement is not None and graded.used is not None:
            on_measurement(one.name, graded.used)
    return GradeReport(
        pset=pset.name,
        title=pset.title,
        score=total_points(report.score for report in reports),
        max_score=total_points(report.max_score for report in reports),
        submission_digest=submission.digest,
        environment=environment_of(backend, versions),
        problems=tuple(reports),
    )


def grade_problem(
    problem: Problem,
    checks: tuple[LoadedCheck, ...],
    references: References,
    content: bytes | None,
    backend: Backend,
    run: Run,
) -> GradedProblem:
    """Grade one problem's file (None: it was not handed in) with the given checks.

    Raises:
        InfrastructureError: a sandbox could not be had.
        PackageError: the problem package itself is broken.
    """
    run.tell(GradeEvent(kind=EventKind.PROBLEM_STARTED, problem=problem.name, index=0, total=len(checks)))
    if content is None:
        absent = Explanation(Verdict.SKIPPED, feedback.missing_file(problem.file_name))
        return GradedProblem(_all_alike(problem, checks, absent, run), {})
    source = content.decode("utf-8-sig")
    if uses := find_forbidden(source, problem.forbidden):
        refused = feedback.explain_forbidden(uses, problem.file_name)
        return GradedProblem(_all_alike(problem, checks, refused, run), {})
    with GuestKeeper(backend, problem, problem.files_with(source)) as keeper:
        try:  # a first load, before any input is in the sandbox: its messages can be told in full
            _first_load(keeper, problem, run)
        except StudentCodeError as error:
            broken = feedback.explain(error, Visibility.PUBLIC, problem.file_name)
            report = _all_alike(problem, checks, broken, run)
        else:
            report = _grade_checks(problem, checks, keeper, references, run)
        return GradedProblem(report, keeper.versions, keeper.measurement())


def _first_load(keeper: GuestKeeper, problem: Problem, run: Run) -> None:
    """Load the file once, and once more where the end of the sandbox may be ours (:func:`_run_instance`).

    Raises:
        StudentCodeError: it does not load.
        InfrastructureError: a sandbox could not be had.
    """
    try:
        keeper.module(guest_seed(run.key, ""), problem.time_seconds)
    except StudentCodeError as error:
        if not error.maybe_ours:
            raise
        keeper.module(guest_seed(run.key, ""), problem.time_seconds)


def _grade_checks(
    problem: Problem,
    checks: tuple[LoadedCheck, ...],
    keeper: GuestKeeper,
    references: References,
    run: Run,
) -> ProblemReport:
    """Run the checks in order. Public ones come first: what they print is shown, and once a hidden
    check's inputs have been inside, nothing the student's code says is."""
    results: list[CheckResult] = []
    for index, (check, visibility) in enumerate(checks):
        missing = [r.title for r in results if r.name in check.needs and r.verdict is not Verdict.PASSED]
        if missing:
            outcome = _Outcome(Explanation(Verdict.SKIPPED, feedback.needs_others(missing)), "", None)
        else:
            outcome = _run_check(problem, check, visibility, keeper, references, run)
        results.append(_result(check, visibility, outcome))
        _tell_finished(run, problem, index, len(checks), results[-1])
    return _problem_report(problem, results)


def _run_check(
    problem: Problem,
    check: Check,
    visibility: Visibility,
    keeper: GuestKeeper,
    references: References,
    run: Run,
) -> _Outcome:
    """One check on its instance (or on all of them, ending with the first that does not pass)."""
    outcome = _Outcome(Explanation(Verdict.PASSED, ""), "", None)
    for index in _instances(problem, check, visibility, run):
        outcome = _run_instance(problem, check, visibility, index, keeper, references, run)
        if outcome.explanation.verdict is not Verdict.PASSED:
            break
    return outcome


def _instances(problem: Problem, check: Check, visibility: Visibility, run: Run) -> range:
    count = 1 if visibility is Visibility.PUBLIC else check.instances
    if run.instance == "all":
        return range(count)
    if run.instance is None:
        chosen = choose_instance(run.key, problem.name, check.name, count)
    else:
        chosen = run.instance % count
    return range(chosen, chosen + 1)


def _run_instance(
    problem: Problem,
    check: Check,
    visibility: Visibility,
    index: int,
    keeper: GuestKeeper,
    references: References,
    run: Run,
) -> _Outcome:
    """One check on one instance; once more in a fresh sandbox where the first one's end may be ours.

    A sandbox that was killed for no reason that can be known may be the work of an operator, of the
    kernel or of an engine that restarted: no student pays for that. One that kills itself does so
    again, and has its verdict. A submission gains nothing by killing itself now and then: it gets
    this one more run and no third, with the same inputs and the same seed, in a sandbox where nothing
    of the first is left, and is told nothing about either before both are over. What it could do in
    the second run, it could have done in the first.
    """
    outcome = _try_instance(problem, check, visibility, index, keeper, references, run)
    if outcome.maybe_ours:
        outcome = _try_instance(problem, check, visibility, index, keeper, references, run)
    return outcome


def _try_instance(
    problem: Problem,
    check: Check,
    visibility: Visibility,
    index: int,
    keeper: GuestKeeper,
    references: References,
    run: Run,
) -> _Outcome:
    if visibility is Visibility.PUBLIC:
        seed = public_seed(problem.name, check.name)
    else:
        seed = instance_seed(problem, check.name, index)
    limit = check.time_limit or problem.time_seconds
    try:
        student = keeper.module(guest_seed(run.key, check.name), limit, fresh=check.fresh_sandbox)
    except StudentCodeError as error:
        told = feedback.explain(error, visibility, problem.file_name)
        return _Outcome(told, "", index, error.maybe_ours)
    explanation, maybe_ours = Explanation(Verdict.PASSED, ""), False
    try:
        with np.errstate(all="ignore"):  # a check may calculate with whatever came back
            check.run(student, references.for_check(check), Random(seed))
    except (CheckFailedError, StudentCodeError) as error:
        explanation = feedback.explain(error, visibility, problem.file_name)
        maybe_ours = isinstance(error, StudentCodeError) and error.maybe_ours
    except _NOT_THE_ANSWER:
        raise
    except Exception as error:  # the check could not take the answer apart, or is broken itself
        references.require_sound(check, seed, error)
        explanation = feedback.odd_answer(error)
    return _Outcome(explanation, student.printed_output, index, maybe_ours)


def _all_alike(
    problem: Problem, checks: tuple[LoadedCheck, ...], explanation: Explanation, run: Run
) -> ProblemReport:
    results = [_result(check, seen_by, _Outcome(explanation, "", None)) for check, seen_by in checks]
    for index, result in enumerate(results):
        _tell_finished(run, problem, index, len(checks), result)
    return _problem_report(problem, results, explanation.message)


def _result(check: Check, visibility: Visibility, outcome: _Outcome) -> CheckResult:
    passed = outcome.explanation.verdict is Verdict.PASSED
    return CheckResult(
        name=check.name,
        title=check.title,
        visibility=visibility,
        verdict=outcome.explanation.verdict,
        score=check.points if passed else 0.0,
        max_score=check.points,
        message=outcome.explanation.message,
        detail=outcome.explanation.detail,
        printed=outcome.printed,
        instance=outcome.instance,
    )


def _problem_report(problem: Problem, results: list[CheckResult], message: str = "") -> ProblemReport:
    return ProblemReport(
        name=problem.name,
        title=problem.title,
        score=total_points(result.score for result in results),
        max_score=problem.points,
        digest=problem.digest,
        runtime=str(problem.runtime),
        message=message,
        checks=tuple(results),
    )


def _tell_finished(run: Run, problem: Problem, index: int, total: int, result: CheckResult) -> None:
    event = GradeEvent(
        kind=EventKind.CHECK_FINISHED,
        problem=problem.name,
        index=index,
        total=total,
        check=result.for_student(),
    )
    run.tell(event)


def environment_of(backend: Backend, versions: Mapping[str, str]) -> Environment:
    """Where a submission ran, as the report tells it."""
    not_enforced = tuple(map(str, backend.enforcement().not_enforced))
    text = repr((backend.name, sorted(versions.items()), not_enforced))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Environment(
        backend=backend.name, versions=dict(versions), not_enforced=not_enforced, digest=digest
    )
