"""Loads a problem's checks, and how it recognises mistakes: trusted code, executed under a private name in
this process."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import NamedTuple

from grader.authoring import Check, Recognition
from grader.errors import PackageError
from grader.package import Problem
from grader.report import Visibility

__all__ = ["LoadedCheck", "load_checks", "load_recognitions", "read_checks"]


class LoadedCheck(NamedTuple):
    """A check with who may see it."""

    check: Check
    visibility: Visibility


def load_checks(problem: Problem) -> tuple[LoadedCheck, ...]:
    """The problem's checks, the public ones first, each group in the order it is written in.

    Raises:
        PackageError: a file cannot be executed, or the checks contradict the package.
    """
    public = read_checks(problem.folder / "checks" / "public.py")
    hidden = read_checks(problem.folder / "checks" / "hidden.py")
    found = [LoadedCheck(check, Visibility.PUBLIC) for check in public]
    found += [LoadedCheck(check, Visibility.HIDDEN) for check in hidden]
    _validate(problem, public, hidden)
    return tuple(found)


def read_checks(path: Path) -> list[Check]:
    """Execute one file of checks and collect them.

    Raises:
        PackageError: it does not execute, or has no checks.
    """
    checks = [value for value in vars(_executed(path)).values() if isinstance(value, Check)]
    if not checks:
        raise PackageError(path, "has no checks; decorate functions with @check(...)")
    return checks


def load_recognitions(problem: Problem) -> tuple[Recognition, ...]:
    """How the problem recognises mistakes that outputs do not tell: nothing, where it has no such file.

    It lies with the wrong answers, not with the checks: a new one changes neither a check's inputs nor what
    they ask.

    Raises:
        PackageError: the file cannot be executed.
    """
    path = problem.folder / "submissions" / "mistakes.py"
    if not path.exists():
        return ()
    return tuple(value for value in vars(_executed(path)).values() if isinstance(value, Recognition))


def _executed(path: Path) -> types.ModuleType:
    name = f"_checks_of_{path.parent.parent.name}_{path.stem}"
    module = types.ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - an author's file is trusted code
    except Exception as error:
        raise PackageError(path, f"cannot be executed: {type(error).__name__}: {error}") from error
    finally:
        del sys.modules[name]
    return module


def _validate(problem: Problem, public: list[Check], hidden: list[Check]) -> None:
    names = [check.name for check in (*public, *hidden)]
    folder = problem.folder / "checks"
    if twice := {name for name in names if names.count(name) > 1}:
        raise PackageError(folder, f"two checks are called {twice.pop()}; reports tell checks by name")
    if any(check.points for check in public):
        raise PackageError(folder / "public.py", "a public check earns no points: its answers are published")
    total = sum(check.points for check in hidden)
    if abs(total - problem.points) > 1e-9:
        raise PackageError(
            folder / "hidden.py", f"the checks give {total:g} points, problem.toml says {problem.points:g}"
        )
    for position, check in enumerate((*public, *hidden)):
        for needed in check.needs:
            if needed not in names[:position]:
                raise PackageError(folder, f"{check.name} needs {needed!r}, which is no check before it")
