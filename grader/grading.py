"""Grades a submission. The verdict is formed here, in a process where the student's code never runs."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from grader import feedback
from grader.authoring import Check, CheckFailedError, Random
from grader.errors import PackageError
from grader.feedback import Explanation
from grader.forbidden import find_forbidden
from grader.guests import GuestKeeper
from grader.instances import choose_instance, guest_seed, instance_seed
from grader.loading import LoadedCheck, load_checks
from grader.package import Problem, ProblemSet
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
from sandbox import Backend, InProcessSession, load
from sandbox.errors import StudentCodeError
from sandbox.remote import RemoteModule

__all__ = ["EventKind", "GradeEvent", "Instance", "grade", "reference_module"]

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


class _Outcome(NamedTuple):
    explanation: Explanation
    printed: str
    instance: int | None


class _Run(NamedTuple):
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
    run = _Run(key, instance, on_event or (lambda _event: None))
    reports, versions = [], dict[str, str]()
    for one in chosen:
        report, found, used = _grade_problem(one, submission, backend, run)
        reports.append(report)
        versions |= found
        if on_measurement is not None and used is not None:
            on_measurement(one.name, used)
    return GradeReport(
        pset=pset.name,
        title=pset.title,
        score=sum(report.score for report in reports),
        max_score=sum(report.max_score for report in reports),
        submission_digest=submission.digest,
        environment=_environment(backend, versions),
        problems=tuple(reports),
    )


@contextlib.contextmanager
def reference_module(problem: Problem) -> Iterator[RemoteModule]:
    """The reference solution, loaded in this process and called through the same codec."""
    files = _files(problem, problem.text("reference.py"))
    with InProcessSession() as session:
        try:
            module = load(session, files, problem.file_name)
        except StudentCodeError as error:
            raise PackageError(problem.folder / "reference.py", f"cannot be loaded: {error}") from error
        yield module


def _grade_problem(
    problem: Problem, submission: Submission, backend: Backend, run: _Run
) -> tuple[ProblemReport, Mapping[str, str], Measurement | None]:
    checks = load_checks(problem)
    run.tell(GradeEvent(kind=EventKind.PROBLEM_STARTED, problem=problem.name, index=0, total=len(checks)))
    content = submission.files.get(problem.name)
    if content is None:
        message = feedback.missing_file(problem.file_name)
        return _all_alike(problem, checks, Explanation(Verdict.SKIPPED, message), run, message), {}, None
    source = content.decode("utf-8")
    if uses := find_forbidden(source, problem.forbidden):
        verdict = feedback.explain_forbidden(uses, problem.file_name)
        return _all_alike(problem, checks, verdict, run, verdict.message), {}, None
    keeper = GuestKeeper(backend, problem, _files(problem, source))
    with keeper, reference_module(problem) as reference:
        try:  # a first load, before any input is in the sandbox: its messages can be told in full
            keeper.module(guest_seed(run.key, ""), problem.time_seconds)
        except StudentCodeError as error:
            verdict = feedback.explain(error, Visibility.PUBLIC, problem.file_name)
            report = _all_alike(problem, checks, verdict, run, verdict.message)
        else:
            report = _grade_checks(problem, checks, keeper, reference, run)
        return report, keeper.versions, keeper.measurement()


def _grade_checks(
    problem: Problem,
    checks: tuple[LoadedCheck, ...],
    keeper: GuestKeeper,
    reference: RemoteModule,
    run: _Run,
) -> ProblemReport:
    """Run the checks in order. Public ones come first: what they print is shown, and once a hidden
    check's inputs have been inside, nothing the student's code says is."""
    results: list[CheckResult] = []
    for index, (check, visibility) in enumerate(checks):
        missing = [r.title for r in results if r.name in check.needs and r.verdict is not Verdict.PASSED]
        if missing:
            outcome = _Outcome(Explanation(Verdict.SKIPPED, feedback.needs_others(missing)), "", None)
        else:
            outcome = _run_check(problem, check, visibility, keeper, reference, run)
        results.append(_result(check, visibility, outcome))
        _tell_finished(run, problem, index, len(checks), results[-1])
    return _problem_report(problem, results)


def _run_check(
    problem: Problem,
    check: Check,
    visibility: Visibility,
    keeper: GuestKeeper,
    reference: RemoteModule,
    run: _Run,
) -> _Outcome:
    """One check on its instance (or on all of them, ending with the first that does not pass)."""
    outcome = _Outcome(Explanation(Verdict.PASSED, ""), "", None)
    for index in _instances(problem, check, visibility, run):
        outcome = _run_instance(problem, check, visibility, index, keeper, reference, run)
        if outcome.explanation.verdict is not Verdict.PASSED:
            break
    return outcome


def _instances(problem: Problem, check: Check, visibility: Visibility, run: _Run) -> range:
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
    reference: RemoteModule,
    run: _Run,
) -> _Outcome:
    seed = instance_seed(problem, check.name, index)
    limit = check.time_limit or problem.time_seconds
    student: RemoteModule | None = None
    explanation = Explanation(Verdict.PASSED, "")
    try:
        student = keeper.module(guest_seed(run.key, check.name), limit, fresh=check.fresh_sandbox)
        check.run(student, reference, Random(seed))
    except (CheckFailedError, StudentCodeError) as error:
        explanation = feedback.explain(error, visibility, problem.file_name)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError) as error:
        _require_sound(problem, check, seed, error)
        explanation = feedback.odd_answer(error)
    return _Outcome(explanation, student.printed_output if student is not None else "", index)


def _require_sound(problem: Problem, check: Check, seed: int, cause: Exception) -> None:
    """The check raised an error of its own: find out whether the answer or the check is to blame.

    Raises:
        PackageError: the reference itself does not pass, so the check is broken.
    """
    with reference_module(problem) as student, reference_module(problem) as reference:
        try:
            check.run(student, reference, Random(seed))
        except Exception as error:
            raise PackageError(
                problem.folder / "checks", f"{check.name} fails on the reference itself: {error!r}"
            ) from cause


def _files(problem: Problem, source: str) -> dict[str, str]:
    support = problem.support()
    return {problem.file_name: source} | ({} if support is None else {"support.py": support})


def _all_alike(
    problem: Problem, checks: tuple[LoadedCheck, ...], explanation: Explanation, run: _Run, message: str
) -> ProblemReport:
    results = [_result(check, seen_by, _Outcome(explanation, "", None)) for check, seen_by in checks]
    for index, result in enumerate(results):
        _tell_finished(run, problem, index, len(checks), result)
    return _problem_report(problem, results, message)


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
        score=sum(result.score for result in results),
        max_score=problem.points,
        digest=problem.digest,
        runtime=str(problem.runtime),
        message=message,
        checks=tuple(results),
    )


def _tell_finished(run: _Run, problem: Problem, index: int, total: int, result: CheckResult) -> None:
    event = GradeEvent(
        kind=EventKind.CHECK_FINISHED,
        problem=problem.name,
        index=index,
        total=total,
        check=result.for_student(),
    )
    run.tell(event)


def _environment(backend: Backend, versions: Mapping[str, str]) -> Environment:
    not_enforced = tuple(map(str, backend.enforcement().not_enforced))
    text = repr((backend.name, sorted(versions.items()), not_enforced))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Environment(
        backend=backend.name, versions=dict(versions), not_enforced=not_enforced, digest=digest
    )
