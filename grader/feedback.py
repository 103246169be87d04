"""Every sentence a student reads about a check that did not pass, in one place.

For a hidden check nothing is said that the student's code could choose freely: not what it printed,
not an exception's text, not a value. What is said comes from closed lists, from the check's author,
and from line numbers in the student's own file.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from grader.authoring import CheckFailedError
from grader.forbidden import ForbiddenUse
from grader.intake.places import NO_NOTEBOOK, Places
from grader.report import Verdict, Visibility
from sandbox.errors import (
    MemoryLimitError,
    OutputLimitError,
    ProcessDiedError,
    ProtocolViolationError,
    StudentCodeError,
    StudentExceptionError,
    StudentFrame,
    TimeLimitError,
)
from sandbox.session import clean_text
from sandbox.wire.messages import Failure

__all__ = ["Explanation", "explain", "explain_forbidden", "missing_file", "needs_others", "odd_answer"]

MAX_MESSAGE = 2_000
_NOTHING_SAID: Final[Mapping[str, str]] = MappingProxyType({})
_SHOWN_CHARACTERS = 120  # of a line of source
_SHOWN_LINES = 6  # of a traceback: endless recursion has a thousand


class Explanation(NamedTuple):
    """A verdict, the student's sentence, and what staff may read beside it."""

    verdict: Verdict
    message: str
    detail: str = ""


def explain(
    error: CheckFailedError | StudentCodeError,
    visibility: Visibility,
    file: str,
    places: Places = NO_NOTEBOOK,
) -> Explanation:
    """What to tell about ``error``, met in a check of ``visibility`` on the student's ``file``.

    ``places`` says where its lines are, if it was taken out of a notebook.
    """
    public = visibility is Visibility.PUBLIC
    match error:
        case CheckFailedError():
            if public and error.detail:  # then the message has it, and need not be followed by it
                return _made(Verdict.FAILED, f"{error.sentence} {_capital(error.detail)}.")
            return _made(Verdict.FAILED, error.sentence, error.detail)
        case StudentExceptionError():
            return _explain_exception(error, file, places, public=public)
        case TimeLimitError():
            return _made(
                Verdict.TIME_LIMIT,
                f"Your code took longer than the {error.seconds:g} s this check allows and was stopped. "
                "Look for a loop that does not end, or work that NumPy or torch could do at once.",
            )
        case MemoryLimitError():
            return _made(
                Verdict.MEMORY_LIMIT,
                f"Your code used more than the {error.limit_bytes // 2**20} MiB of memory this problem "
                "allows. Look for an array that is far larger than its inputs, or a list that only grows.",
            )
        case OutputLimitError():
            return _made(
                Verdict.OUTPUT_LIMIT,
                "Your code printed or returned far more than is accepted. Remove prints inside loops.",
                str(error),
            )
        case ProcessDiedError():
            return _made(
                Verdict.ERROR,
                "Your code ended the Python process before it returned an answer. Do not call exit, quit or "
                "os._exit, and do not start processes.",
                str(error),
            )
        case ProtocolViolationError():
            return _made(
                Verdict.ERROR,
                "What came back from your code could not be read as an answer. Return plain numbers, arrays "
                "or tensors, and leave the program that runs your code alone.",
                str(error),
            )
        case _:
            return _made(Verdict.ERROR, "Your code failed while this check ran.", str(error))


def explain_forbidden(
    uses: tuple[ForbiddenUse, ...],
    file: str,
    places: Places = NO_NOTEBOOK,
    instead: Mapping[str, str] = _NOTHING_SAID,
) -> Explanation:
    """What to tell when the file uses what the problem asks to be written by hand.

    ``instead``: what the problem's author says to write in place of some of the names.
    """
    shown = uses[:5]
    lines = "; ".join(f"{places.of(use.line)} uses {clean_text(use.name[:80])}" for use in shown)
    text = f"{file} uses what this problem asks you to write yourself: {lines}."
    advised: dict[str, list[str]] = {}
    for name in dict.fromkeys(use.name for use in shown):
        advised.setdefault(instead.get(name, ""), []).append(clean_text(name[:80]))
    for advice, names in advised.items():
        if advice:
            text += f" In place of {' or '.join(names)}, write {clean_text(advice.strip()).rstrip('.')}."
    rest = "Write it out with basic operations and submit again." if "" in advised else "Then submit again."
    return _made(Verdict.FORBIDDEN, f"{text} {rest}")


def missing_file(file: str) -> str:
    """What to tell when a problem was not attempted."""
    return f"{file} is not in your submission, so this problem was not graded."


def needs_others(titles: list[str]) -> str:
    """What to tell when a check was skipped because one it builds on did not pass."""
    return f"Skipped until this passes: {'; '.join(titles)}."


def odd_answer(error: Exception) -> Explanation:
    """What to tell when an answer had a form that the check could not even take apart."""
    return _made(
        Verdict.FAILED,
        "Your code returned something of an unexpected form. Compare what it returns with the handout.",
        clean_text(f"{type(error).__name__}: {error}"),
    )


def _explain_exception(
    error: StudentExceptionError, file: str, places: Places, *, public: bool
) -> Explanation:
    where = _where(error.frames, file, places)
    source = _source(error.frames, file, places)
    detail = f"{error}{source}"
    if not error.called:
        return _made(Verdict.ERROR, _not_loaded(error, file, places, where, public=public), detail)
    called = error.called
    match error.reason:
        case Failure.MISSING:
            text = f"{called} is not defined in {file}. Keep the names of the starter."
        case Failure.SIGNATURE:
            text = (
                f"{called} could not be called as the handout says. Compare its arguments with the starter's."
            )
            text += f" Python says: {error.text}" if public else ""
        case Failure.UNSUPPORTED_VALUE:
            text = (
                f"{called} returned something that cannot be graded. Return plain numbers, arrays or tensors."
            )
            text += f" {_capital(error.text)}." if public else ""
        case Failure.NO_GRADIENT:
            text = (
                f"No gradient flows through {called}: its result is cut off from its inputs. Do not use "
                ".detach(), .item(), .data, NumPy or torch.no_grad() on the way."
            )
        case _ if error.is_unfinished:
            text = f"{called} is not implemented yet{where}."
        case _:
            text = f"{called} raised {_article(error.kind)}{where}."
            text += f" It says: {error.text}{source}" if public and error.text else ""
    return _made(Verdict.ERROR, text, "" if public else detail)


def _not_loaded(error: StudentExceptionError, file: str, places: Places, where: str, *, public: bool) -> str:
    """The file is loaded anew for each check: a later load can carry out what an earlier check brought in."""
    match error.reason:
        case Failure.SYNTAX:
            line = error.frames[-1] if error.frames else None
            at = f" {_at(line.line, places)}: {line.source[:_SHOWN_CHARACTERS]}" if line else ""
            said = f" ({error.text})" if public else ""
            return f"{file} is not valid Python{at}{said}. Nothing in it could be run."
        case Failure.IMPORT:
            said = f": {error.text}" if public else ""
            return (
                f"{file} could not be loaded{where}{said}. Use only the libraries that the handout names, "
                "and keep your code in this one file."
            )
        case _:
            said = f": {error.text}" if public and error.text else "."
            return f"{file} could not be loaded: it raised {_article(error.kind)}{where}{said}"


def _where(frames: tuple[StudentFrame, ...], file: str, places: Places) -> str:
    own = [frame.line for frame in frames if frame.file == file]
    return f" {_at(own[-1], places)} of {places.whole or file}" if own else ""


def _at(line: int, places: Places) -> str:
    return f"{'in' if places.whole else 'on'} {places.of(line)}"


def _source(frames: tuple[StudentFrame, ...], file: str, places: Places) -> str:
    lines = [
        f"\n  {(places if f.file == file else NO_NOTEBOOK).of(f.line)}, in {f.function}: {f.source}"
        for f in frames[-_SHOWN_LINES:]
    ]
    return "".join(lines)


def _article(kind: str) -> str:
    return f"{'an' if kind[:1] in 'AEIOU' else 'a'} {kind}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _made(verdict: Verdict, message: str, detail: str = "") -> Explanation:
    return Explanation(verdict, message[:MAX_MESSAGE], detail[: 2 * MAX_MESSAGE])
