"""The gradebook as a table, students by sets, in the order that staff asked for."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.gradebook.schemas import GradebookCell, GradebookOut, GradebookPset, GradebookRow
from api.submissions.schemas import SubmissionOut
from api.web import addresses, words
from api.web.views.report import Score, score
from api.web.views.student import Attempt, attempt_rows

__all__ = ["Cell", "Column", "GradebookView", "Row", "StudentView", "gradebook_view", "student_view"]

# Capitals, because a set's own name has none: the two never collide.
NAME = "Name"
SECTION = "Section"
TOTAL = "Total"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that sorts. ``direction`` is aria-sort's: ascending, descending or none.

    ``mistakes_href`` leads to what goes wrong in a set; empty for other columns.
    """

    title: str
    subtitle: str
    sort_href: str
    direction: str
    numeric: bool
    mistakes_href: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A student's score on a set. ``title`` says in words what the number leaves out."""

    text: str
    href: str
    title: str
    full: bool
    pending: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One student."""

    name: str
    email: str
    href: str
    section: str | None
    cells: tuple[Cell | None, ...]
    total: str


@dataclass(frozen=True, slots=True)
class SectionLink:
    """A way to see one section, or all of them; ``here`` for the one that is shown."""

    label: str
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class GradebookView:
    """A course's gradebook. ``medians`` are over those who have a score; the last is the totals'.

    ``sections`` is empty where there is nothing to choose; ``audit_href`` and
    ``operations_href`` for who may not look.
    """

    course: str
    course_title: str
    headline: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    medians: tuple[str, ...]
    csv_href: str
    has_sets: bool
    sections: tuple[SectionLink, ...]
    section: str
    show_section: bool
    audit_href: str
    operations_href: str


@dataclass(frozen=True, slots=True)
class StudentView:
    """One student's submissions in a course, for its staff."""

    course_title: str
    gradebook_href: str
    name: str
    email: str
    total: Score | None
    attempts: tuple[Attempt, ...]


def gradebook_view(
    book: GradebookOut,
    *,
    course: str,
    course_title: str,
    sort: str,
    descending: bool,
    section: str = "",
    audit: bool = False,
) -> GradebookView:
    """The table sorted by ``sort``: ``Name``, ``Section``, ``Total`` or a set's name; an unknown one
    sorts by name. ``section`` is the one that ``book`` was asked for, empty for all.

    Whoever has no score comes last, whichever way a set is sorted.
    """
    keys = [*(pset.name for pset in book.psets), TOTAL]
    key = sort if sort in {NAME, SECTION, *keys} else NAME
    out_of = sum(pset.max_score for pset in book.psets)
    titles = [
        (NAME, "Student", ""),
        *([(SECTION, "Section", "")] if book.sections else []),
        *((pset.name, pset.name, f"of {words.points(pset.max_score)}") for pset in book.psets),
        (TOTAL, "Total", f"of {words.points(out_of)}"),
    ]
    figures = {each: _figures(book.rows, each) for each in keys}
    return GradebookView(
        course=course,
        course_title=course_title,
        headline=_headline(book),
        columns=tuple(
            _column(course, *title, sorted_by=key, descending=descending, section=section) for title in titles
        ),
        rows=tuple(
            _row(course, row, book.psets, figures) for row in _sorted(book.rows, key, descending=descending)
        ),
        medians=tuple(column.median for column in figures.values()),
        csv_href=addresses.gradebook_csv(course, section=section),
        has_sets=bool(book.psets),
        sections=_section_links(course, book.sections, section) if len(book.sections) > 1 or section else (),
        section=section,
        show_section=bool(book.sections),
        audit_href=addresses.audit(course) if audit else "",
        operations_href=addresses.operations(course) if audit else "",
    )


def _section_links(course: str, sections: Iterable[str], chosen: str) -> tuple[SectionLink, ...]:
    everybody = SectionLink("All", addresses.gradebook(course), here=not chosen)
    return (
        everybody,
        *(SectionLink(each, addresses.gradebook(course, section=each), each == chosen) for each in sections),
    )


@dataclass(frozen=True, slots=True)
class _Figures:
    """The scores of one column: how each is written, so that decimals line up, and their median."""

    write: Callable[[float], str]
    median: str


def _figures(rows: Iterable[GradebookRow], key: str) -> _Figures:
    handed_in = [row for row in rows if any(row.scores.values())]
    values = [value for value in (_value(row, key) for row in handed_in) if value is not None]
    median = statistics.median(values) if values else None
    write = words.column(values if median is None else [*values, median])
    return _Figures(write, "" if median is None else write(median))


def _headline(book: GradebookOut) -> str:
    if not book.rows:
        return ""
    handed_in = sum(any(cell for cell in row.scores.values()) for row in book.rows)
    return (
        f"{words.plural(len(book.rows), 'student')}, {words.plural(len(book.psets), 'set')}. "
        f"{handed_in} handed in something. The best attempt counts."
    )


def _column(
    course: str, key: str, title: str, subtitle: str, *, sorted_by: str, descending: bool, section: str
) -> Column:
    here = key == sorted_by
    numeric = key not in {NAME, SECTION}
    # A first click shows names from A and scores from the top; a second one turns it round.
    downwards = not descending if here else numeric
    direction = ("descending" if descending else "ascending") if here else "none"
    href = addresses.gradebook(course, sort=key, descending=downwards, section=section)
    of_a_set = numeric and key != TOTAL
    wrong = addresses.mistakes(course, key, section=section) if of_a_set else ""
    return Column(title, subtitle, href, direction, numeric, wrong)


def _sorted(rows: Iterable[GradebookRow], key: str, *, descending: bool) -> list[GradebookRow]:
    by_name = sorted(rows, key=lambda row: (row.student.name.casefold(), row.student.email))
    if key == NAME:
        return by_name[::-1] if descending else by_name
    if key == SECTION:
        named = [row for row in by_name if row.section is not None]
        named.sort(key=lambda row: row.section or "", reverse=descending)
        return named + [row for row in by_name if row.section is None]
    scored = [(row, _value(row, key)) for row in by_name]
    known = [(row, value) for row, value in scored if value is not None]
    known.sort(key=lambda pair: pair[1], reverse=descending)
    return [row for row, _ in known] + [row for row, value in scored if value is None]


def _value(row: GradebookRow, key: str) -> float | None:
    if key == TOTAL:
        return row.total
    cell = row.scores.get(key)
    return None if cell is None else cell.score


def _row(
    course: str, row: GradebookRow, psets: Iterable[GradebookPset], figures: Mapping[str, _Figures]
) -> Row:
    student = addresses.student(course, row.student.id)
    return Row(
        name=row.student.name,
        email=row.student.email,
        href=student,
        section=row.section,
        cells=tuple(
            _cell(row.scores.get(pset.name), pset.max_score, student, figures[pset.name]) for pset in psets
        ),
        total=figures[TOTAL].write(row.total),
    )


def _cell(cell: GradebookCell | None, out_of: float, student: str, figures: _Figures) -> Cell | None:
    if cell is None:
        return None
    attempts = words.plural(cell.attempts, "attempt")
    if cell.score is None or cell.submission_id is None:
        return Cell("not graded", student, f"{attempts}, none graded yet", full=False, pending=True)
    href = addresses.submission(cell.submission_id)
    full = score(cell.score, out_of).full
    return Cell(figures.write(cell.score), href, f"Best of {attempts}", full=full, pending=False)


def student_view(
    row: GradebookRow | None,
    psets: Iterable[GradebookPset],
    submissions: Sequence[SubmissionOut],
    *,
    course: str,
    course_title: str,
    now: datetime,
) -> StudentView:
    """One person's attempts at every set, the newest first.

    ``row`` is None for somebody who hands in without being in the gradebook, such as staff: then
    there is at least one submission.
    """
    sets = tuple(psets)
    cells = row.scores.values() if row is not None else ()
    counting = {cell.submission_id for cell in cells if cell is not None}
    return StudentView(
        course_title=course_title,
        gradebook_href=addresses.gradebook(course),
        name=row.student.name if row is not None else submissions[0].student.name,
        email=row.student.email if row is not None else "Not in the gradebook: not a student of this course.",
        total=score(row.total, sum(pset.max_score for pset in sets)) if row is not None else None,
        attempts=attempt_rows(submissions, counting, now, {pset.name: pset.title for pset in sets}),
    )
