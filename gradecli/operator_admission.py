"""Admits a student's file as a wrong answer of a package on this machine."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from gradecli.errors import BadInputError
from gradecli.operator_grading import find_pset
from gradecli.operator_sandbox import choose_backend, sandbox_failures
from gradecli.session import open_session
from gradecli.terminal import live_line, note, say, say_indented
from grader import PackageError, Problem, instance_key
from grader.admission import Admission, AdmissionRefusedError, NotPlainError, admit
from grader.answers import Answers, SandboxAnswers
from sandbox import Backend

__all__ = ["admit_here", "show_admission"]

_MOST_LINES: Final = 12
_LOCAL_KEY: Final = instance_key(b"gradecli admit", "")


def admit_here(
    pset: str, problem: str, *, source: str, name: str, sentence: str, problems: Path, sandbox: str | None
) -> Admission:
    """Admit what ``source`` names: a file, or a submission on the server.

    Raises:
        BadInputError: the package or the file cannot be used, or was refused.
        PlatformError: no sandbox works here, or it failed.
    """
    try:
        package = find_pset(pset, problems)
        chosen = package.problem(problem)
        text = _text(source, chosen)
        backend = choose_backend(sandbox, {chosen.runtime})
        opened = partial(_opened, backend=backend)
        with live_line() as line, sandbox_failures("The sandbox failed, not the file"):
            line.show_in_passing(f"running it on every instance of the hidden checks of {chosen.name}")
            return admit(chosen, text, name, sentence, opened)
    except NotPlainError as error:
        raise BadInputError(_not_plain(error)) from error
    except (AdmissionRefusedError, PackageError) as error:
        raise BadInputError(str(error)) from error


def show_admission(admission: Admission, pset: str) -> None:
    """What was written, and what to do next."""
    say(f"{admission.path} is a wrong answer now. It fails {', '.join(admission.checks)}.")
    note("It runs where grades are made: read it before you publish.")
    say_indented(
        f'gradecli publish {pset}\ngradecli replay {pset} --reason "{admission.path.stem} has a name"', 2
    )


def _text(source: str, problem: Problem) -> str:
    path = Path(source)
    if path.suffix == ".py" or path.exists():
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BadInputError(f"{path} cannot be read: {error.strerror}.") from error
    else:
        with open_session() as session:
            content = session.service.submitted_file(source, problem.file_name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{source} is not text in UTF-8.") from error


def _opened(problem: Problem, source: str, instance: int, *, backend: Backend) -> Answers:
    return SandboxAnswers(problem, source, backend, key=_LOCAL_KEY, instance=instance)


def _not_plain(error: NotPlainError) -> str:
    told = list(error.lines[:_MOST_LINES])
    if len(error.lines) > _MOST_LINES:
        told.append(f"and {len(error.lines) - _MOST_LINES} more")
    lines = "\n".join(f"  {line}" for line in told)
    return (
        "A wrong answer runs where grades are made, so only a file that can do nothing but calculate is "
        f"admitted. This one uses what no answer of the package does:\n{lines}\n"
        "Write the mistake in plain words into a file of your own, and admit that: --from FILE.py"
    )
