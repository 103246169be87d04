"""The mistakes of a class in one set, as staff read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.courses.schemas import PsetOut
from api.gradebook.schemas import MistakeCount, MistakesOut, UnnamedError
from api.web import addresses, words

__all__ = ["Example", "MistakeRow", "MistakesView", "ProblemMistakes", "mistakes_view"]


@dataclass(frozen=True, slots=True)
class Example:
    """A link to the submission of one who makes the mistake."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class MistakeRow:
    """One mistake, or one unnamed error (``sentence`` is then what its students read).

    ``percent`` is its share of those who have a grade, rounded.
    """

    sentence: str
    name: str
    title: str
    check: str
    students: str
    percent: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class ProblemMistakes:
    """One problem with what goes wrong in it."""

    name: str
    title: str
    known: tuple[MistakeRow, ...]
    unnamed: tuple[MistakeRow, ...]


@dataclass(frozen=True, slots=True)
class MistakesView:
    """A set's mistakes, problem by problem; problems in which nothing goes wrong are left out."""

    course: str
    course_title: str
    gradebook_href: str
    pset: str
    pset_title: str
    headline: str
    problems: tuple[ProblemMistakes, ...]


def mistakes_view(
    found: MistakesOut, pset: PsetOut, *, course: str, course_title: str, section: str = ""
) -> MistakesView:
    """The view of what was counted in ``pset``, in the order of its problems."""
    titles = {problem.name: problem.title for problem in pset.problems}
    told = [*(row.problem for row in found.mistakes), *(row.problem for row in found.unnamed)]
    titles |= {name: name for name in told if name not in titles}  # of an earlier version of the set
    problems = [_problem(name, title, found) for name, title in titles.items()]
    return MistakesView(
        course=course,
        course_title=course_title,
        gradebook_href=addresses.gradebook(course, section=section),
        pset=pset.name,
        pset_title=pset.title,
        headline=_headline(found, section),
        problems=tuple(problem for problem in problems if problem.known or problem.unnamed),
    )


def _headline(found: MistakesOut, section: str) -> str:
    where = f" of section {section}" if section else ""
    counted = f"{words.plural(found.students, 'student')}{where} with a grade, by the attempt that counts."
    if not found.unnamed_alone:
        return counted
    alone = words.plural(found.unnamed_alone, "check")
    return f"{counted} {alone} failed by an unnamed error that nobody else makes."


def _problem(name: str, title: str, found: MistakesOut) -> ProblemMistakes:
    known = [
        _row(row, row.sentence, row.mistake, found.students) for row in found.mistakes if row.problem == name
    ]
    unnamed = [_row(row, row.message, "", found.students) for row in found.unnamed if row.problem == name]
    return ProblemMistakes(name, title, tuple(known), tuple(unnamed))


def _row(row: MistakeCount | UnnamedError, sentence: str, name: str, students: int) -> MistakeRow:
    return MistakeRow(
        sentence=words.visible(sentence),
        name=words.visible(name),
        title=words.visible(row.title),
        check=words.visible(row.check),
        students=words.plural(row.students, "student"),
        percent=round(100 * row.students / students) if students else 0,
        examples=_examples(row.examples),
    )


def _examples(submissions: Sequence[str]) -> tuple[Example, ...]:
    return tuple(
        Example(f"Example {number}", addresses.submission(each))
        for number, each in enumerate(submissions, start=1)
    )
