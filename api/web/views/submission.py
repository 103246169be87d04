"""One submission: while it waits, while it is graded, and its report afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from api.courses.schemas import ProblemOut
from api.jobs.forecast import Estimate
from api.submissions import waiting
from api.submissions.progress import GIVEN_UP
from api.submissions.schemas import CheckEvent, SubmissionOut, SubmissionState, UploadOut
from api.web import addresses, words
from api.web.views.report import CheckView, ReportView, check_view, report_view
from api.web.words import Moment
from grader.report import GradeReport, Measurement

__all__ = [
    "Original",
    "ProblemProgress",
    "Progress",
    "SourceFile",
    "SourceLine",
    "SubmissionView",
    "progress",
    "source_file",
    "submission_view",
]

_MOST_LINES = 4000
_LONGEST_LINE = 1000

_STAFF_INCIDENT = (
    "Grading it broke on our side several times, so nothing was scored and nothing is lost. "
    "Once the cause is repaired (the worker's log names it), have it graded again."
)


_STAFF_SUPERSEDED = (
    "A newer attempt took its place before it was graded. It stays on record, and can be graded after all."
)
_STAFF_QUARANTINED = (
    "This attempt is in quarantine: it is not graded, and only instructors can read its files. "
    "What staff did says who set it aside and why."
)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of a listing; ``anchor`` is unique on its page."""

    number: int
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a submission. ``note`` says where the listing is not the file itself, if anywhere."""

    filename: str
    size: str
    download_href: str
    lines: tuple[SourceLine, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Original:
    """A zip or notebook that the files were taken out of, to be saved. ``removed_on``: its bytes are
    gone since then, and ``download_href`` is empty."""

    filename: str
    size: str
    download_href: str
    removed_on: Moment | None


@dataclass(frozen=True, slots=True)
class ProblemProgress:
    """A problem of the set, and those of its checks that have ended."""

    name: str
    title: str
    checks: tuple[CheckView, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far grading has come: ``done`` problems, in parts of one; None before the first check."""

    sentence: str
    done: str | None
    problems: tuple[ProblemProgress, ...]


@dataclass(frozen=True, slots=True)
class Regraded:
    """The staff had the submission graded again."""

    at: Moment
    reason: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """A submission's page. ``student`` and ``student_href`` are empty when it is the reader's own."""

    id: str
    course: str
    course_title: str
    pset_title: str
    set_href: str
    attempt: int
    received: Moment
    state: SubmissionState
    progress: Progress
    report: ReportView | None
    counts: str
    receipt: str
    receipt_href: str
    events_href: str
    files: tuple[SourceFile, ...]
    uploads: tuple[Original, ...]
    files_removed_on: Moment | None
    staff: bool
    student: str
    student_href: str
    retry_href: str
    again_href: str
    incident: str
    notice: str
    quarantined: bool
    quarantine_href: str
    release_href: str
    regrades: tuple[Regraded, ...] = ()

    @property
    def settled(self) -> bool:
        """Nothing more happens by itself."""
        return self.state not in (SubmissionState.QUEUED, SubmissionState.RUNNING)


def submission_view(
    submission: SubmissionOut,
    report: GradeReport | None,
    *,
    seen: Iterable[CheckEvent],
    problems: Sequence[ProblemOut],
    course_title: str,
    pset_title: str,
    files: Mapping[str, bytes],
    uploads: Sequence[UploadOut] = (),
    files_removed_on: datetime | None = None,
    receipt: str,
    best: str | None,
    staff: bool,
    own: bool,
    accepting: bool,
    now: datetime,
    measurements: Mapping[str, Measurement] = MappingProxyType({}),
    runs_grading: bool = False,
) -> SubmissionView:
    """The page of ``submission``.

    ``seen`` are the checks that have ended so far, in order; ``best`` is the id of the student's
    attempt that counts, if one does yet. ``staff``: the reader sees everything; ``own``: it is theirs;
    ``accepting``: the set still takes submissions; ``runs_grading``: the reader may set it aside.
    ``measurements`` are each problem's time and memory, for staff.
    """
    points_left = report is not None and report.score < report.max_score
    return SubmissionView(
        id=submission.id,
        course=submission.course,
        course_title=course_title,
        pset_title=pset_title,
        set_href=addresses.pset(submission.course, submission.pset),
        attempt=submission.attempt,
        received=words.moment(submission.received_at, now),
        state=submission.state,
        progress=progress(submission, tuple(seen), problems),
        report=report_view(report, staff=staff, measurements=measurements) if report is not None else None,
        counts=_counts(submission.id, best, own=own),
        regrades=tuple(
            Regraded(
                at=words.moment(one.at, now),
                reason=one.reason,
                before="–" if one.before is None else words.points(one.before),
                after=words.points(one.after),
            )
            for one in submission.regrades
        ),
        receipt=words.visible(receipt),
        receipt_href=addresses.receipt(submission.id),
        events_href=addresses.events(submission.id),
        files_removed_on=None if files_removed_on is None else words.moment(files_removed_on, now),
        files=tuple(source_file(submission.id, name, files[name]) for name in sorted(files)),
        uploads=tuple(
            Original(
                words.visible(each.name),
                words.size(each.size),
                "" if each.removed_at else addresses.upload(submission.id, each.name),
                None if each.removed_at is None else words.moment(each.removed_at, now),
            )
            for each in uploads
        ),
        staff=staff,
        student="" if own else submission.student.name,
        student_href="" if own else addresses.student(submission.course, submission.student.id),
        retry_href=addresses.retry(submission.id) if staff else "",
        again_href=addresses.hand_in(submission.course, submission.pset)
        if own and accepting and points_left
        else "",
        incident=_STAFF_INCIDENT if staff else GIVEN_UP,
        notice=_notice(submission, staff=staff),
        quarantined=submission.quarantined,
        quarantine_href=addresses.quarantine(submission.id)
        if runs_grading and not submission.quarantined
        else "",
        release_href=addresses.lift_quarantine(submission.id)
        if runs_grading and submission.quarantined
        else "",
    )


def _notice(submission: SubmissionOut, *, staff: bool) -> str:
    """Why an attempt is not graded by itself, or who may read its files."""
    if submission.state is SubmissionState.SUPERSEDED:
        return _STAFF_SUPERSEDED if staff else waiting.SUPERSEDED
    if submission.quarantined:
        return _STAFF_QUARANTINED if staff else waiting.QUARANTINED
    return ""


def progress(
    submission: SubmissionOut, seen: Sequence[CheckEvent], problems: Sequence[ProblemOut]
) -> Progress:
    """What a page shows of a submission that has no report yet."""
    last = seen[-1] if seen else None
    names = [problem.name for problem in problems]
    before = names.index(last.problem) if last and last.problem in names else 0
    return Progress(
        sentence=_sentence(submission, last, before, len(names)),
        done=f"{before + last.index / last.total:.3f}" if last else None,
        problems=tuple(
            ProblemProgress(
                name=problem.name,
                title=problem.title,
                checks=tuple(
                    check_view(each.check.for_student()) for each in seen if each.problem == problem.name
                ),
            )
            for problem in problems
        ),
    )


def _sentence(submission: SubmissionOut, last: CheckEvent | None, before: int, problems: int) -> str:
    """In words; static/live.js says the same."""
    if submission.state is SubmissionState.QUEUED:
        found = submission.estimate
        estimate = None if found is None else Estimate(**found.model_dump())
        return waiting.queue_sentence(submission.queue_position, estimate, paused=submission.paused)
    if last is None:
        return "Being graded."
    which = f"Problem {before + 1} of {problems}: " if problems > 1 else ""
    return f"{which}{last.index} of {words.plural(last.total, 'check')} done."


def _counts(submission_id: str, best: str | None, *, own: bool) -> str:
    """Whether this attempt is the one whose score is kept."""
    if best is None:
        return ""
    whose = "your" if own else "the student's"
    if best == submission_id:
        return f"This is {whose} best attempt: it counts."
    return f"Another of {whose} attempts scored at least as much, and counts instead."


def source_file(submission_id: str, filename: str, content: bytes) -> SourceFile:
    """``content`` line by line. What is not UTF-8, endless or invisible is shown so that it can be seen."""
    text = content.decode("utf-8", errors="replace")
    lines = words.visible(text).split("\n")
    if lines and not lines[-1]:
        lines.pop()
    problem = filename.removesuffix(".py")
    return SourceFile(
        filename=filename,
        size=words.size(len(content)),
        download_href=addresses.source(submission_id, filename),
        lines=tuple(
            SourceLine(number, f"{problem}-L{number}", _cut(line))
            for number, line in enumerate(lines[:_MOST_LINES], start=1)
        ),
        note=_note(lines),
    )


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + " …"


def _note(lines: Iterable[str]) -> str:
    shown = list(lines)
    if len(shown) > _MOST_LINES:
        return f"The first {_MOST_LINES} of {len(shown)} lines are shown here."
    if any(len(line) > _LONGEST_LINE for line in shown):
        return "Long lines are cut here."
    return ""
