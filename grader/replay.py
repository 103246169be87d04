"""Scores a submission again from its transcript: the checks run here, student code runs nowhere.

A check may have changed since: its tolerance, its sentences, its points, its name. Where it asks other
calls than the recorded ones, it *diverges*, and the submission must be run again. A new check is answered
from the recorded calls of another, if it asks the same ones in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import NamedTuple, Self

from grader.advising import Advisor
from grader.answers import Listen, Meeting, Trial
from grader.authoring import Check, Random
from grader.composing import report_of
from grader.counterexamples import Examples
from grader.diagnosis import Diagnostician, KeptTraces
from grader.errors import DivergedError, GraderError, NotRecordedError, TranscriptError
from grader.grading import GradeEvent, grade_problem
from grader.loading import load_checks
from grader.package import Problem, ProblemSet
from grader.references import References
from grader.remembering import RememberedReference
from grader.report import GradeReport, Measurement, Visibility
from grader.submission import Submission
from grader.transcripts.reading import RecordedProblem, Section, Transcript
from grader.transcripts.records import Purpose, hashes_of, pack_request
from sandbox.remote import RemoteModule, load
from sandbox.session import Answer
from sandbox.wire.messages import Operation

__all__ = ["Divergence", "Replayed", "Replayer", "grade_from_transcript"]


class Divergence(NamedTuple):
    """A check that asks what was not recorded (``""``: the whole problem), and how, for staff."""

    problem: str
    check: str
    why: str


class Replayed(NamedTuple):
    """A replay's report, or what diverged: then there is none, and the submission must be run again."""

    report: GradeReport | None
    divergences: tuple[Divergence, ...]


def grade_from_transcript(
    pset: ProblemSet,
    submission: Submission,
    transcript: Transcript,
    *,
    kept_traces: KeptTraces | None = None,
) -> Replayed:
    """The report that ``submission`` would have got from this version of the set. No sandbox is started.

    Instances and their seeds are those of the transcript, so a changed check meets the inputs it met then.

    Raises:
        TranscriptError: the transcript is damaged, or another submission's.
        PackageError: the package is broken.
    """
    with Replayer(pset, kept_traces=kept_traces) as replayer:
        return replayer.replay(submission, transcript)


class Replayer:
    """Replays many transcripts with one set: what a reference answers is calculated once and kept.

    Args:
        kept_traces: where what known wrong answers do is kept, for diagnoses.

    A context manager: leaving it ends what runs.

    Raises:
        PackageError: the package is broken.
    """

    def __init__(self, pset: ProblemSet, *, kept_traces: KeptTraces | None = None) -> None:
        self._pset, self._kept_traces = pset, kept_traces
        self._checks = {problem.name: load_checks(problem) for problem in pset.problems}
        self._references = {problem.name: RememberedReference(problem) for problem in pset.problems}
        self._examples = {problem.name: Examples(problem) for problem in pset.problems}
        self._advisors = {problem.name: self._advisor(problem) for problem in pset.problems}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reference in self._references.values():
            reference.close()
        for examples in self._examples.values():
            examples.__exit__(kind, error, trace)

    def _advisor(self, problem: Problem) -> Advisor:
        diagnostician = Diagnostician(problem, self._references[problem.name], self._kept_traces)
        return Advisor(self._checks[problem.name], (diagnostician.look, self._examples[problem.name]))

    def replay(self, submission: Submission, transcript: Transcript) -> Replayed:
        """See :func:`grade_from_transcript`."""
        if transcript.opened.submission_digest != submission.digest:
            raise TranscriptError("The transcript is of another submission. Run this one again.")
        diverged: list[Divergence] = []
        graded = []
        for problem in self._pset.problems:
            checks, references = self._checks[problem.name], self._references[problem.name]
            open_answers = partial(
                TranscriptAnswers,
                recorded=transcript.problems.get(problem.name),
                checks={check.name for check, _visibility in checks},
                references=references,
                diverged=diverged,
            )
            content = submission.files.get(problem.name)
            with suppress(DivergedError):
                advisor = self._advisors[problem.name]
                graded.append(
                    grade_problem(problem, checks, references, content, open_answers, _tell_nobody, advisor)
                )
        if diverged:
            return Replayed(None, tuple(diverged))
        opened = transcript.opened
        return Replayed(report_of(self._pset, submission, graded, opened.backend, opened.not_enforced), ())


def _tell_nobody(_event: GradeEvent) -> None:
    """A replay takes less time than telling about it."""


class TranscriptAnswers:
    """The student's side of one problem, out of a transcript.

    Args:
        source: the student's file.
        recorded: what was recorded for this problem, if anything was.
        checks: the names of the problem's present checks.
        diverged: gets what has no recorded answer.
    """

    def __init__(
        self,
        problem: Problem,
        source: str,
        *,
        recorded: RecordedProblem | None,
        checks: set[str],
        references: References,
        diverged: list[Divergence],
    ) -> None:
        self._problem, self._files = problem, problem.files_with(source)
        self._recorded, self._checks, self._references = recorded, checks, references
        # A check that was run once more, because its sandbox's end may have been ours, ended with the last.
        opened = recorded.sections if recorded else ()
        last = {s.opened.check: s for s in opened if s.opened.purpose is Purpose.CHECK}
        self._sections = tuple(last.values())
        self._trials = {(s.opened.check, s.opened.purpose, s.opened.number): s for s in opened}
        self._diverged = diverged
        self._met: dict[Meeting, Section] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing runs, so nothing has to be ended."""

    @property
    def versions(self) -> Mapping[str, str]:
        return {} if self._recorded is None else self._recorded.versions

    def called(self) -> Mapping[str, int]:
        """See :meth:`grader.answers.Answers.called`: what was told then of what is forbidden now."""
        told = {} if self._recorded is None else self._recorded.called
        return {name: calls for name, calls in told.items() if name in self._problem.forbidden}

    def measurement(self) -> Measurement | None:
        """Nothing ran."""
        return None

    def try_to_load(self) -> None:
        """See :meth:`grader.answers.Answers.try_to_load`."""
        problem = self._problem
        first = next((section for section in self._sections if not section.opened.check), None)
        if self._recorded is None or first is None:
            raise self._diverge("", "the problem's file was not run then")
        ran_under = (self._recorded.opened.runtime, self._recorded.opened.memory_bytes)
        if ran_under != (problem.runtime, problem.limits.memory_bytes):
            raise self._diverge("", "the problem has another runtime or memory limit now")
        self._load(first, "", problem.time_seconds)

    def meetings(self, check: Check, visibility: Visibility) -> Iterator[Meeting]:
        """See :meth:`grader.answers.Answers.meetings`."""
        section = self._own(check, visibility) or self._borrowed(check, visibility)
        meeting = Meeting(section.opened.number, section.opened.seed, section.opened.guest_seed)
        self._met[meeting] = section
        yield meeting

    def student(self, check: Check, visibility: Visibility, meeting: Meeting) -> RemoteModule:
        """See :meth:`grader.answers.Answers.student`."""
        section, opened = self._met[meeting], self._met[meeting].opened
        limit = check.time_limit or self._problem.time_seconds
        timed_out = any(exchange.timed_out for exchange in section.exchanges)
        if check.fresh_sandbox and not opened.fresh:
            raise self._diverge(check.name, "it asks for a sandbox of its own now")
        if limit > opened.seconds and timed_out:
            raise self._diverge(check.name, "the code was stopped at a time limit that is longer now")
        if limit < opened.seconds and not timed_out and section.spent >= limit:
            raise self._diverge(check.name, "the code took longer then than the time limit is now")
        return self._load(section, check.name, limit)

    def trial(self, check: Check, purpose: Purpose, number: int, seconds: float, listen: Listen) -> Trial:
        """See :meth:`grader.answers.Answers.trial`: on the inputs of then."""
        section = self._trials.get((check.name, purpose, number))
        if section is None:
            raise NotRecordedError(f"{check.name} has no recorded {purpose} {number}")

        def differs(why: str) -> NotRecordedError:
            return NotRecordedError(f"{check.name}, {purpose} {number}: {why}")

        session = _ReplayingSession(section, self._problem, self._files, seconds, differs)
        opened, main = section.opened, self._problem.file_name
        return Trial(opened.seed, load(listen(session), self._files, main, seed=opened.guest_seed))

    def _own(self, check: Check, visibility: Visibility) -> Section | None:
        """The section of the check of this name.

        A check that had this name then, and has no section it may use, was skipped or has become public:
        no other check's calls stand in for it.
        """
        for section in self._sections:
            if section.opened.check == check.name and _open_to(section, visibility):
                return section
        if self._recorded is not None and check.name in self._recorded.opened.checks:
            raise self._diverge(check.name, "it was skipped then, or was not what it is now")
        return None

    def _borrowed(self, check: Check, visibility: Visibility) -> Section:
        """The recorded calls that a new or renamed check asks too; first those of checks that are gone."""
        usable = [section for section in self._sections if _open_to(section, visibility)]
        for section in sorted(usable, key=lambda section: section.opened.check in self._checks):
            if self._fits(check, section):
                return section
        raise self._diverge(check.name, "it is new, and asks what no check asked then")

    def _fits(self, check: Check, section: Section) -> bool:
        """Whether all that ``check`` asks on the section's instance is recorded there."""
        already = len(self._diverged)
        with suppress(Exception):  # what it makes of the answers comes out again when it is graded
            student = self._load(section, check.name, check.time_limit or self._problem.time_seconds)
            check.run(student, self._references.for_check(check), Random(section.opened.seed))
        fits = len(self._diverged) == already
        del self._diverged[already:]
        return fits

    def _load(self, section: Section, check: str, limit: float) -> RemoteModule:
        def diverge(why: str) -> DivergedError:
            return self._diverge(check, why)

        session = _ReplayingSession(section, self._problem, self._files, limit, diverge)
        return load(session, self._files, self._problem.file_name, seed=section.opened.guest_seed)

    def _diverge(self, check: str, why: str) -> DivergedError:
        self._diverged.append(Divergence(self._problem.name, check, why))
        return DivergedError(f"{check or self._problem.name} must be run again: {why}")


def _open_to(section: Section, visibility: Visibility) -> bool:
    """Whether a check of ``visibility`` may use the section: what was printed after a hidden input had been
    inside must not be shown, and what is answered on published inputs earns nothing."""
    return section.opened.check != "" and section.opened.visibility is visibility


class _ReplayingSession:
    """Answers from one section, in order, where the requests are bit for bit the recorded ones."""

    def __init__(
        self,
        section: Section,
        problem: Problem,
        files: Mapping[str, str],
        limit: float,
        diverge: Callable[[str], GraderError],
    ) -> None:
        self._exchanges = iter(section.exchanges)
        self._memory, self._limit = problem.limits.memory_bytes, limit
        self._files, self._hashes = files, hashes_of(files)
        self._diverge = diverge
        self._calls = -1  # the load is none

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        """The recorded answer.

        Raises:
            GraderError: another request was recorded here, or none (what ``diverge`` makes of it).
            StudentCodeError: the request failed, as it did then.
        """
        asked = pack_request(operation, operands, self._hashes)
        self._calls += 1
        exchange = next(self._exchanges, None)
        if exchange is None:
            raise self._diverge(f"it asks more than the {self._calls - 1} recorded calls")
        if asked != exchange.asked:
            what = f"its call {self._calls} ({operation})" if self._calls else "what is loaded (support.py?)"
            raise self._diverge(f"{what} is not the recorded one")
        return exchange.answer(self._files, self._limit, self._memory)
