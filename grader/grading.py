"""Grades a submission. The verdict is formed here, in a process where the student's code never runs."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from grader import feedback
from grader.advising import Advisor
from grader.answers import Answers, Instance, Meeting, SandboxAnswers
from grader.authoring import Check, CheckFailedError, Random
from grader.composing import GradedProblem, report_of
from grader.counterexamples import Examples
from grader.diagnosis import Diagnostician, KeptTraces
from grader.errors import DivergedError, GraderError
from grader.feedback import Explanation
from grader.forbidden import find_forbidden
from grader.intake.places import Places
from grader.loading import LoadedCheck, load_checks
from grader.package import Problem, ProblemSet, total_points
from grader.references import LiveReference, References
from grader.report import (
    CheckResult,
    Flag,
    GradeReport,
    Measurement,
    ProblemReport,
    Verdict,
    Visibility,
)
from grader.submission import Submission
from grader.transcripts.records import GradingOpened
from grader.transcripts.writing import TranscriptWriter
from sandbox import Backend
from sandbox.errors import InfrastructureError, StudentCodeError, StudentExceptionError

__all__ = [
    "EventKind",
    "GradeEvent",
    "Instance",
    "OpenAnswers",
    "grade",
    "grade_problem",
]

_NOT_THE_ANSWER: Final = (InfrastructureError, GraderError, OSError)
"""What a check raises that says nothing about the student's answer."""


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
    maybe_ours: bool = False
    answered: bool = False
    """Wrong, or an exception of the student's own: the sandbox lived, and may be asked for more."""


Tell = Callable[[GradeEvent], None]
OpenAnswers = Callable[[Problem, str], Answers]
"""The student's side of a problem, from the text of their file."""


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
    transcript: TranscriptWriter | None = None,
    kept_traces: KeptTraces | None = None,
) -> GradeReport:
    """Grade a submission, problem by problem, each in a fresh sandbox.

    Args:
        key: from :func:`grader.instances.instance_key`; decides which instance each check meets.
        instance: a fixed instance instead, or ``"all"``: every one must pass.
        problem: grade only this problem; the report then holds only it.
        on_event: told of each finished check as it happens.
        on_measurement: told of each problem's time and memory; they are not part of the report.
        transcript: gets everything that crosses the wire, so that it can be scored again
            (:func:`grader.replay.grade_from_transcript`); ``instance`` cannot be ``"all"`` then.
        kept_traces: where what the known wrong answers do is kept, for diagnoses.

    Raises:
        InfrastructureError: a sandbox could not be had; nothing was decided.
        PackageError: the problem package itself is broken; nothing was decided.
    """

    if transcript is not None and instance == "all":
        raise ValueError("a transcript holds one instance of each check")
    tell = on_event or (lambda _event: None)
    if transcript is not None:
        transcript.open_grading(
            GradingOpened(submission.digest, pset.name, pset.digest, backend.name, _not_enforced(backend))
        )
    graded = []
    for one in pset.problems if problem is None else (pset.problem(problem),):
        checks = load_checks(one)
        names = tuple(check.name for check, _visibility in checks)
        open_answers = partial(
            SandboxAnswers, backend=backend, key=key, instance=instance, checks=names, transcript=transcript
        )
        with LiveReference(one) as references, Examples(one) as examples:
            content = submission.files.get(one.name)
            advisor = Advisor(checks, (Diagnostician(one, references, kept_traces).look, examples))
            graded.append(grade_problem(one, checks, references, content, open_answers, tell, advisor))
        if on_measurement is not None and (used := graded[-1].used) is not None:
            on_measurement(one.name, used)
    return report_of(pset, submission, graded, backend.name, _not_enforced(backend))


def grade_problem(
    problem: Problem,
    checks: tuple[LoadedCheck, ...],
    references: References,
    content: bytes | None,
    open_answers: OpenAnswers,
    tell: Tell,
    advisor: Advisor | None = None,
) -> GradedProblem:
    """Grade one problem's file (None: it was not handed in) with the given checks.

    ``advisor`` then says more about those that failed.

    Raises:
        InfrastructureError: a sandbox could not be had.
        PackageError: the problem package itself is broken.
    """
    tell(GradeEvent(kind=EventKind.PROBLEM_STARTED, problem=problem.name, index=0, total=len(checks)))
    if content is None:
        absent = Explanation(Verdict.SKIPPED, feedback.missing_file(problem.file_name))
        return GradedProblem(_all_alike(problem, checks, absent, tell), {})
    source = content.decode("utf-8-sig")
    places = Places(source)
    if uses := find_forbidden(source, problem.forbidden):
        refused = feedback.explain_forbidden(uses, problem.file_name, places, problem.instead)
        return GradedProblem(_all_alike(problem, checks, refused, tell), {})
    with open_answers(problem, source) as answers:
        try:  # a first load, before any input is in the sandbox: its messages can be told in full
            _first_load(answers)
        except StudentCodeError as error:
            broken = feedback.explain(error, Visibility.PUBLIC, problem.file_name, places)
            report = _all_alike(problem, checks, broken, tell)
        else:
            results, answered = _grade_checks(problem, checks, answers, places, references, tell)
            advised = results if advisor is None else advisor.advise(results, answers, answered)
            report = _problem_report(problem, advised)
        flags = tuple(Flag(name=name, calls=calls) for name, calls in sorted(answers.called().items()))
        report = report.model_copy(update={"flags": flags})
        return GradedProblem(report, answers.versions, answers.measurement())


def _first_load(answers: Answers) -> None:
    """Load the file once, and once more where the end of the sandbox may be ours (:func:`_run_instance`).

    Raises:
        StudentCodeError: it does not load.
        InfrastructureError: a sandbox could not be had.
    """
    try:
        answers.try_to_load()
    except StudentCodeError as error:
        if not error.maybe_ours:
            raise
        answers.try_to_load()


def _grade_checks(
    problem: Problem,
    checks: tuple[LoadedCheck, ...],
    answers: Answers,
    places: Places,
    references: References,
    tell: Tell,
) -> tuple[list[CheckResult], set[str]]:
    """Run the checks in order. Public ones come first: what they print is shown, and once a hidden
    check's inputs have been inside, nothing the student's code says is.

    Returns:
        The results, and the names of the failed checks that the student's code lived to answer.
    """
    results: list[CheckResult] = []
    answered: set[str] = set()
    for index, (check, visibility) in enumerate(checks):
        missing = [r.title for r in results if r.name in check.needs and r.verdict is not Verdict.PASSED]
        if missing:
            outcome = _Outcome(Explanation(Verdict.SKIPPED, feedback.needs_others(missing)), "", None)
        else:
            outcome = _run_check(problem, check, visibility, answers, places, references)
        if outcome.answered and outcome.explanation.verdict is not Verdict.PASSED:
            answered.add(check.name)
        results.append(_result(check, visibility, outcome))
        _tell_finished(tell, problem, index, len(checks), results[-1])
    return results, answered


def _run_check(
    problem: Problem,
    check: Check,
    visibility: Visibility,
    answers: Answers,
    places: Places,
    references: References,
) -> _Outcome:
    """One check on its instance (or on all of them, ending with the first that does not pass)."""
    outcome = _Outcome(Explanation(Verdict.PASSED, ""), "", None)
    try:
        for meeting in answers.meetings(check, visibility):
            outcome = _run_instance(problem, check, visibility, meeting, answers, places, references)
            if outcome.explanation.verdict is not Verdict.PASSED:
                break
    except DivergedError as error:
        return _Outcome(Explanation(Verdict.INTERNAL_ERROR, "", str(error)), "", None)
    return outcome


def _run_instance(
    problem: Problem,
    check: Check,
    visibility: Visibility,
    meeting: Meeting,
    answers: Answers,
    places: Places,
    references: References,
) -> _Outcome:
    """One check on one instance; once more in a fresh sandbox where the first one's end may be ours.

    A sandbox that was killed for no reason that can be known may be the work of an operator, of the
    kernel or of an engine that restarted: no student pays for that. One that kills itself does so
    again, and has its verdict. A submission gains nothing by killing itself now and then: it gets
    this one more run and no third, with the same inputs and the same seed, in a sandbox where nothing
    of the first is left, and is told nothing about either before both are over. What it could do in
    the second run, it could have done in the first.
    """
    outcome = _try_instance(problem, check, visibility, meeting, answers, places, references)
    if outcome.maybe_ours:
        outcome = _try_instance(problem, check, visibility, meeting, answers, places, references)
    return outcome


def _try_instance(
    problem: Problem,
    check: Check,
    visibility: Visibility,
    meeting: Meeting,
    answers: Answers,
    places: Places,
    references: References,
) -> _Outcome:
    try:
        student = answers.student(check, visibility, meeting)
    except StudentCodeError as error:
        told = feedback.explain(error, visibility, problem.file_name, places)
        return _Outcome(told, "", meeting.number, error.maybe_ours)
    explanation, maybe_ours, answered = Explanation(Verdict.PASSED, ""), False, True
    try:
        with np.errstate(all="ignore"):  # a check may calculate with whatever came back
            check.run(student, references.for_check(check), Random(meeting.seed))
    except (CheckFailedError, StudentCodeError) as error:
        explanation = feedback.explain(error, visibility, problem.file_name, places)
        maybe_ours = isinstance(error, StudentCodeError) and error.maybe_ours
        raised = isinstance(error, StudentExceptionError) and not error.is_unfinished
        answered = raised or isinstance(error, CheckFailedError)
    except _NOT_THE_ANSWER:
        raise
    except Exception as error:  # the check could not take the answer apart, or is broken itself
        references.require_sound(check, meeting.seed, error)
        explanation = feedback.odd_answer(error)
    return _Outcome(explanation, student.printed_output, meeting.number, maybe_ours, answered)


def _all_alike(
    problem: Problem, checks: tuple[LoadedCheck, ...], explanation: Explanation, tell: Tell
) -> ProblemReport:
    results = [_result(check, seen_by, _Outcome(explanation, "", None)) for check, seen_by in checks]
    for index, result in enumerate(results):
        _tell_finished(tell, problem, index, len(checks), result)
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


def _tell_finished(tell: Tell, problem: Problem, index: int, total: int, result: CheckResult) -> None:
    event = GradeEvent(
        kind=EventKind.CHECK_FINISHED,
        problem=problem.name,
        index=index,
        total=total,
        check=result.for_student(),
    )
    tell(event)


def _not_enforced(backend: Backend) -> tuple[str, ...]:
    return tuple(map(str, backend.enforcement().not_enforced))
