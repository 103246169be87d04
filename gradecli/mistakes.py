"""What goes wrong in a set, for its staff: known mistakes, and errors without a name."""

from __future__ import annotations

from gradecli.mistake_payloads import MistakeCount, Mistakes
from gradecli.session import open_session
from gradecli.terminal import Styled, note, one_line, say, say_indented

__all__ = ["find_mistakes", "show_mistakes"]

_SENTENCE_COLUMN = 6


def find_mistakes(pset: str, course: str | None, section: str | None) -> Mistakes:
    """What the server counted."""
    with open_session() as session:
        return session.service.mistakes(session.course(course), pset, section)


def show_mistakes(found: Mistakes) -> None:
    """Each mistake with how many make it, then the errors without a name."""
    if not found.mistakes and not found.unnamed and not found.unnamed_alone:
        note(f"No mistakes to tell in {found.pset}, of {_students(found.students)} with a grade.")
        return
    if found.mistakes:
        say(
            Styled(
                f"Mistakes in {one_line(found.pset)}, of {_students(found.students)} with a grade:", "bold"
            )
        )
    for row in found.mistakes:
        say(f"{row.students:>4}  ", Styled(f"{one_line(row.problem)}/{one_line(row.mistake)}", "bold"))
        say_indented(row.sentence, _SENTENCE_COLUMN)
        _where(row)
    if found.unnamed:
        say()
        say(Styled("Errors without a name that several share:", "bold"))
    for row in found.unnamed:
        say(f"{row.students:>4}  ", Styled(f"{one_line(row.problem)}/{one_line(row.check)}", "bold"))
        say_indented(row.message, _SENTENCE_COLUMN)
        _where(row)
    if found.unnamed:
        first = found.unnamed[0]
        example = next(iter(first.examples), "SUBMISSION")
        say("\nRead one of them, name its mistake, publish the set again, and tell them all:")
        say_indented(
            f'gradecli admit {found.pset} {first.problem} --from {example} --name NAME --sentence "You ..."\n'
            f'gradecli publish {found.pset}\ngradecli replay {found.pset} --reason "a mistake has a name"',
            2,
        )
    if found.unnamed_alone:
        checks = f"{found.unnamed_alone} check{'s' if found.unnamed_alone != 1 else ''}"
        say(f"\n{checks} failed by an error without a name that nobody else makes.")


def _where(row: MistakeCount) -> None:
    say_indented(f"{row.title}: {', '.join(row.examples)}", _SENTENCE_COLUMN, "dim")


def _students(count: int) -> str:
    return f"{count} student{'s' if count != 1 else ''}"
