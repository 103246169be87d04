"""A grade report as a page shows it: for the student it belongs to, or with everything for staff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from api.web import words
from grader.report import (
    CheckResult,
    Counterexample,
    Flag,
    GradeReport,
    Measurement,
    ProblemReport,
    Verdict,
    Visibility,
)

__all__ = [
    "CheckView",
    "ExampleView",
    "Fact",
    "ProblemView",
    "ReportView",
    "Score",
    "Tone",
    "check_view",
    "report_view",
    "score",
]


class Tone(StrEnum):
    """What a verdict's colour says; the icon and the word always say it too."""

    GOOD = "good"
    BAD = "bad"
    QUIET = "quiet"
    INCIDENT = "incident"


_OPEN_EXAMPLES: Final = 3

_TONES = {
    Verdict.PASSED: Tone.GOOD,
    Verdict.SKIPPED: Tone.QUIET,
    Verdict.INTERNAL_ERROR: Tone.INCIDENT,
}


@dataclass(frozen=True, slots=True)
class Score:
    """Points got, out of how many; ``percent`` is rounded down, so that 100 means all of them."""

    got: str
    out_of: str
    percent: int

    @property
    def full(self) -> bool:
        return self.percent >= 100


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of small print: what it is, and its value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ExampleView:
    """A counterexample; ``opened`` where it is the first thing to look at."""

    code: str
    got: str
    right: str
    opened: bool


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check: ``score`` is None where no points hang on it, ``detail`` is mono-spaced text.

    ``diagnosis`` says which mistake it is, and ``mistake`` what that is called; empty where nobody knows.
    """

    name: str
    title: str
    verdict: Verdict
    tone: Tone
    score: Score | None
    message: str
    detail: str
    printed: str
    instance: int | None
    diagnosis: str = ""
    mistake: str = ""
    example: ExampleView | None = None

    @property
    def icon(self) -> str:
        return self.verdict.value.replace(" ", "-")


@dataclass(frozen=True, slots=True)
class ProblemView:
    """One problem: the checks that score, then the public ones that the student has too.

    ``message`` is what holds for the whole problem; the checks that say the same stay silent. ``flags``,
    for staff, say what is forbidden and was called while the code ran.
    """

    name: str
    title: str
    score: Score
    message: str
    detail: str
    scored: tuple[CheckView, ...]
    public: tuple[CheckView, ...]
    public_passed: int
    facts: tuple[Fact, ...]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportView:
    """A whole report. ``facts`` (environment, digests) are for staff and empty for a student."""

    title: str
    score: Score
    summary: str
    problems: tuple[ProblemView, ...]
    facts: tuple[Fact, ...]


def score(got: float, out_of: float) -> Score:
    """``got`` of ``out_of`` points, as shown; a set worth nothing counts as complete."""
    percent = 100 if out_of <= 0 else int(round(100 * got / out_of, 6))
    return Score(words.points(got), words.points(out_of), max(0, min(100, percent)))


def report_view(
    report: GradeReport, *, staff: bool, measurements: Mapping[str, Measurement] = MappingProxyType({})
) -> ReportView:
    """The view of ``report``. A student's is made from the student's copy, whatever is passed in.

    ``measurements``: what each problem's sandboxes used, shown to staff.
    """
    shown = report if staff else report.for_student()
    return ReportView(
        title=shown.title,
        score=score(shown.score, shown.max_score),
        summary=_summary(shown),
        problems=tuple(
            _problem_view(
                problem,
                measurements.get(problem.name),
                staff=staff,
                opened=problem.name in _with_open_example(shown),
            )
            for problem in shown.problems
        ),
        facts=_environment(shown) if staff else (),
    )


def check_view(check: CheckResult, *, opened: bool = False) -> CheckView:
    """The view of one check, as far as its copy of the result goes.

    ``opened``: whether a counterexample is shown without being asked for.
    """
    return CheckView(
        name=check.name,
        title=check.title,
        verdict=check.verdict,
        tone=_TONES.get(check.verdict, Tone.BAD),
        score=score(check.score, check.max_score) if check.max_score > 0 else None,
        message=words.visible(check.message),
        detail=words.visible(check.detail if check.detail != check.message else ""),
        printed=words.visible(check.printed),
        instance=check.instance,
        diagnosis="" if check.diagnosis is None else words.visible(check.diagnosis.sentence),
        mistake="" if check.diagnosis is None else words.visible(check.diagnosis.mistake),
        example=None if check.counterexample is None else _example_view(check.counterexample, opened),
    )


def _example_view(found: Counterexample, opened: bool) -> ExampleView:
    return ExampleView(
        words.visible(found.code), words.visible(found.got), words.visible(found.right), opened
    )


def _problem_view(
    problem: ProblemReport, used: Measurement | None, *, staff: bool, opened: bool
) -> ProblemView:
    first = next((check.name for check in problem.checks if opened and check.counterexample), None)
    same = [check for check in problem.checks if problem.message and check.message == problem.message]
    views = [
        (check.visibility, check_view(_silent(check) if check in same else check, opened=check.name == first))
        for check in _each_mistake_once(problem.checks)
    ]
    public = tuple(view for visibility, view in views if visibility is Visibility.PUBLIC)
    facts = (
        (Fact("Problem version", problem.digest), Fact("Runtime", problem.runtime), *_used(used))
        if staff
        else ()
    )
    return ProblemView(
        name=problem.name,
        title=problem.title,
        score=score(problem.score, problem.max_score),
        message=words.visible(problem.message),
        detail=words.visible(next((check.detail for check in same if check.detail), "")),
        scored=tuple(view for visibility, view in views if visibility is Visibility.HIDDEN),
        public=public,
        public_passed=sum(check.verdict is Verdict.PASSED for check in public),
        facts=facts,
        flags=tuple(map(_flag, problem.flags)) if staff else (),
    )


def _flag(flag: Flag) -> str:
    name, times = words.visible(flag.name), "once" if flag.calls == 1 else f"{flag.calls} times"
    return f"Called under another name as it ran: {name}, {times}. Forbidden here: read the file."


def _with_open_example(report: GradeReport) -> list[str]:
    """The first problems with a counterexample: more of them at once would not be read."""
    names = [problem.name for problem in report.problems if any(c.counterexample for c in problem.checks)]
    return names[:_OPEN_EXAMPLES]


def _used(measured: Measurement | None) -> tuple[Fact, ...]:
    """Time and memory of a problem's sandboxes, as far as they were measured."""
    if measured is None:
        return ()
    cpu, peak = measured.cpu_seconds, measured.peak_memory_bytes
    return (
        Fact("Time", f"{measured.wall_seconds:.2f} s" + (f", {cpu:.2f} s of CPU" if cpu is not None else "")),
        Fact("Memory", words.size(peak) + " at most" if peak is not None else "not measured"),
    )


def _each_mistake_once(checks: Iterable[CheckResult]) -> Iterator[CheckResult]:
    """One mistake may fail several checks: it is named at the first of them."""
    told: set[str] = set()
    for check in checks:
        again = check.diagnosis is not None and check.diagnosis.mistake in told
        yield check.model_copy(update={"diagnosis": None}) if again else check
        if check.diagnosis is not None:
            told.add(check.diagnosis.mistake)


def _silent(check: CheckResult) -> CheckResult:
    return check.model_copy(update={"message": "", "detail": ""})


def _summary(report: GradeReport) -> str:
    """One sentence under the score: how far, and what to look at."""
    scored = [check for problem in report.problems for check in problem.checks if check.max_score > 0]
    missed = [check for check in scored if check.verdict is not Verdict.PASSED]
    skipped = sum(check.verdict is Verdict.SKIPPED for check in missed)
    if not missed:
        return "Full marks: every check passed."
    sentence = f"{len(scored) - len(missed)} of {words.plural(len(scored), 'check')} passed."
    if skipped == len(missed):
        return f"{sentence} The others did not run."
    if skipped:
        return f"{sentence} {_did_not_run(skipped)}: start with the ones that failed."
    return sentence


def _did_not_run(count: int) -> str:
    return f"{words.plural(count, 'check')} did not run"


def _environment(report: GradeReport) -> tuple[Fact, ...]:
    environment = report.environment
    versions = ", ".join(f"{name} {version}" for name, version in sorted(environment.versions.items()))
    missing = ", ".join(environment.not_enforced) or "none"
    return (
        Fact("Sandbox", environment.backend),
        Fact("Versions", versions or "not recorded"),
        Fact("Limits not enforced", missing),
        Fact("Environment", environment.digest),
        Fact("Submission", report.submission_digest),
    )
