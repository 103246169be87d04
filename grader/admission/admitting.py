"""Admits a student's file as a wrong answer of its problem, with the sentence that tells others of it."""

from __future__ import annotations

import ast
import re
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.admission.plainness import names_in, require_plain
from grader.advising import Budget
from grader.answers import Answers
from grader.authoring import Check
from grader.diagnosis import Diagnostician, KnownMistake, known_mistakes
from grader.diagnosis.mistakes import EXPECTATIONS
from grader.errors import GraderError, PackageError
from grader.grading import grade_problem
from grader.loading import load_checks
from grader.package import Problem, load_pset
from grader.references import LiveReference
from grader.report import CheckResult, Verdict, Visibility
from grader.verification import InProcessAnswers

__all__ = ["Admission", "AdmissionRefusedError", "OpenInstances", "admit", "names_of_the_package"]

OpenInstances = Callable[[Problem, str, int], Answers]
"""Answers of a text in a sandbox, on the instance of that number."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{2,59}")
_SENTENCE: Final = re.compile(r"(You|Your|No|The|A) [^\n]*[^.\n]\.")
_LONGEST: Final = 300
_HEADER: Final = re.compile(r"^\[wrong_answer\][ \t]*(#.*)?$", re.MULTILINE)
_NEXT_TABLE: Final = re.compile(r"^\[", re.MULTILINE)
_PATIENCE: Final = 600.0


class AdmissionRefusedError(GraderError):
    """A file was not admitted, and nothing was written. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What was written: the wrong answer's file, and the hidden checks that it fails."""

    path: Path
    checks: tuple[str, ...]


def admit(problem: Problem, source: str, name: str, sentence: str, open_answers: OpenInstances) -> Admission:
    """Write ``source`` into the package as a wrong answer called ``name``, with what it fails.

    It is run on every instance of every hidden check, in a sandbox. Its comments, docstrings and
    annotations are left out: they may say whose it is.

    Raises:
        AdmissionRefusedError: the name or the sentence cannot be used; the file is right, or right now and
            then; or its mistake could be confused with another.
        NotPlainError: the file uses what is not known to be harmless.
        InfrastructureError: a sandbox could not be had.
        PackageError: the package is broken.
    """
    known = known_mistakes(problem)
    _require_new(problem, known, name, sentence)
    text = _written_anew(problem, source, sentence)
    failed = _failed(problem, text, open_answers)
    expectations = _with_line(problem, name, failed)
    with _copied(problem) as copy:
        _write(copy, name, text, expectations)
        _require_told_apart(problem, copy, name, failed)
    _write(problem, name, text, expectations)
    return Admission(problem.folder / "submissions" / "wrong_answer" / f"{name}.py", failed)


def _require_new(problem: Problem, known: tuple[KnownMistake, ...], name: str, sentence: str) -> None:
    if not _NAME.fullmatch(name):
        raise AdmissionRefusedError(
            f"{name!r} is no name for a mistake: take 3 to 60 of a-z, 0-9 and _, such as no_scale."
        )
    if any(one.name == name for one in known):
        raise AdmissionRefusedError(f"{problem.name} has a wrong answer {name} already. Choose another name.")
    if len(sentence) > _LONGEST or not _SENTENCE.fullmatch(sentence):
        raise AdmissionRefusedError(
            "Write one sentence to the student, on one line, that begins with You or Your, ends with a full "
            f'stop, and has at most {_LONGEST} characters: "You divide by N twice: the loss has done so."'
        )
    if twin := next((one for one in known if one.sentence == sentence), None):
        raise AdmissionRefusedError(
            f"{twin.name} is told by that sentence already. Say how this one differs."
        )


def _written_anew(problem: Problem, source: str, sentence: str) -> str:
    """The file with the sentence as its docstring, and without any other word of its author's."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise AdmissionRefusedError(f"The file is not valid Python: {error}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            _drop_docstring(node)
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    require_plain(tree, problem.runtime, names_of_the_package(problem))
    ast.fix_missing_locations(tree)
    quoted = f'"""{sentence}"""' if '"' not in sentence and "\\" not in sentence else repr(sentence)
    return f"{quoted}\n\n{ast.unparse(tree)}\n"


def _drop_docstring(node: ast.Module | ast.FunctionDef | ast.ClassDef) -> None:
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:] or ([] if isinstance(node, ast.Module) else [ast.Pass()])


def names_of_the_package(problem: Problem) -> frozenset[str]:
    """The attributes that the package's own answers use."""
    patterns = ("reference.py", "starter.py", "submissions/accepted/*.py", "submissions/wrong_answer/*.py")
    paths = [path for pattern in patterns for path in problem.folder.glob(pattern)]
    return frozenset().union(*(names_in(ast.parse(path.read_text(encoding="utf-8"))) for path in paths))


def _failed(problem: Problem, text: str, open_answers: OpenInstances) -> tuple[str, ...]:
    """The hidden checks that the file fails on every instance.

    Raises:
        AdmissionRefusedError: it fails none, or one on some instances only, or is stopped at a limit.
    """
    checks = load_checks(problem)
    alone = tuple(type(loaded)(_without_needs(loaded.check), loaded.visibility) for loaded in checks)
    most = max(check.instances for check, seen_by in checks if seen_by is Visibility.HIDDEN)
    seen: dict[str, set[bool]] = {}
    with LiveReference(problem) as references:
        for instance in range(most):

            def opened(problem: Problem, source: str, instance: int = instance) -> Answers:
                return open_answers(problem, source, instance)

            graded = grade_problem(problem, alone, references, text.encode(), opened, lambda event: None)
            for result in graded.report.checks:
                if result.visibility is Visibility.HIDDEN:
                    _require_usable(result)
                    seen.setdefault(result.name, set()).add(result.verdict is Verdict.PASSED)
    if unsteady := [name for name, passed in seen.items() if len(passed) > 1]:
        raise AdmissionRefusedError(
            f"The file fails {unsteady[0]} on some instances and passes it on others. A wrong answer fails "
            "on all of them: take a file with this mistake alone, or write one."
        )
    failed = tuple(name for name, passed in seen.items() if passed == {False})
    if not failed:
        raise AdmissionRefusedError("The file passes every hidden check, so it is a right answer.")
    return failed


def _without_needs(check: Check) -> Check:
    """The check on its own: what it needs is judged beside it."""
    return Check(
        name=check.name,
        title=check.title,
        points=check.points,
        function=check.function,
        time_limit=check.time_limit,
        instances=check.instances,
        fresh_sandbox=check.fresh_sandbox,
    )


def _require_usable(result: CheckResult) -> None:
    if result.verdict not in (Verdict.PASSED, Verdict.FAILED, Verdict.ERROR):
        raise AdmissionRefusedError(
            f"On {result.name} the file ends with {result.verdict}, and a diagnosis compares answers. "
            f"{result.message}"
        )


def _with_line(problem: Problem, name: str, failed: tuple[str, ...]) -> str:
    """The text of the expectations with one more line, and every other line as it was.

    Raises:
        PackageError: there are none, or the line cannot be put in.
    """
    path = problem.folder / EXPECTATIONS
    if not path.exists():
        raise PackageError(path, "is missing; list what each wrong answer fails under [wrong_answer] first")
    text = problem.text(EXPECTATIONS)
    header = _HEADER.search(text)
    if header is None:
        raise PackageError(path, "has no line [wrong_answer] to put a wrong answer under")
    following = _NEXT_TABLE.search(text, header.end())
    end = len(text) if following is None else following.start()
    table, rest = text[:end].rstrip("\n"), text[end:]
    listed = ", ".join(f'"{check}"' for check in failed)
    made = f"{table}\n{name} = [{listed}]\n" + (f"\n{rest}" if rest else "")
    before, after = tomllib.loads(text)["wrong_answer"], tomllib.loads(made)["wrong_answer"]
    if after != before | {name: list(failed)}:
        raise PackageError(path, f"could not take the line for {name}; put it in by hand")
    return made


@contextmanager
def _copied(problem: Problem) -> Iterator[Problem]:
    """A copy of the problem to try things with."""
    with tempfile.TemporaryDirectory(prefix="gradecli-admit-") as folder:
        copy = Path(folder) / problem.folder.parent.name
        shutil.copytree(problem.folder, copy / problem.name, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / "pset.toml").write_text(f'name = "copy"\ntitle = "Copy"\nproblems = ["{problem.name}"]\n')
        yield load_pset(copy).problems[0]


def _write(problem: Problem, name: str, text: str, expectations: str) -> None:
    submissions = problem.folder / "submissions"
    (submissions / "wrong_answer" / f"{name}.py").write_text(text, encoding="utf-8")
    (problem.folder / EXPECTATIONS).write_text(expectations, encoding="utf-8")


def _require_told_apart(before: Problem, after: Problem, name: str, failed: tuple[str, ...]) -> None:
    """Each mistake that the new one could be confused with is still told where it was told before.

    Raises:
        AdmissionRefusedError: the new one is told nowhere, or takes another's sentence away.
    """
    with LiveReference(before) as old, LiveReference(after) as new:
        then, now = Diagnostician(before, old), Diagnostician(after, new)
        checks = [check for check, _ in load_checks(after) if check.name in failed]
        mistakes = {one.name: one for one in known_mistakes(after)}
        told = {check.name: _told(then, before, mistakes[name], check) for check in checks}
        if already := next((one for one in told.values() if one is not None), None):
            raise AdmissionRefusedError(
                f"This mistake is known as {already}, and is told to students already. If its sentence does "
                f"not fit, mend it in submissions/wrong_answer/{already}.py."
            )
        if not any(_told(now, after, mistakes[name], check) == name for check in checks):
            raise AdmissionRefusedError(
                "By what it answers, this mistake cannot be told from others: it ends in an exception, or "
                "gives a few small numbers. Write a recognition for it in submissions/mistakes.py."
            )
        for other in mistakes.values():
            for check in checks:
                if other.name == name or not other.fails(check.name):
                    continue
                if _told(then, before, other, check) != _told(now, after, other, check):
                    raise AdmissionRefusedError(
                        f"On {check.name} this mistake cannot be told from {other.name}: both give the same "
                        "answers there. Make the check's inputs tell them apart first."
                    )


def _told(diagnostician: Diagnostician, problem: Problem, mistake: KnownMistake, check: Check) -> str | None:
    with InProcessAnswers(problem, mistake.source) as answers:
        found = diagnostician.examine(check, answers, Budget(_PATIENCE))
    return None if found.diagnosis is None else found.diagnosis.mistake
