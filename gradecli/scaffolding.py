"""Makes the folder of a new problem: a small one that is whole, to be changed into the author's own."""

from __future__ import annotations

import json
import keyword
import re
import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from gradecli.errors import BadInputError
from gradecli.terminal import Styled, note, say
from grader import PackageError, discover

__all__ = ["make_problem"]

_ENDING: Final = ".txt"
"""What the files of the scaffold have more than their copies: nothing takes them for Python."""
_MEMORY: Final = {"numpy": 512, "torch": 2048}
_SET: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


def make_problem(pset: str, problem: str, *, title: str | None, runtime: str, problems: Path) -> None:
    """Make a problem in a set, and the set where there is none of that name.

    Raises:
        BadInputError: a name cannot be used, or there is such a problem already.
    """
    if not problem.isidentifier() or keyword.iskeyword(problem) or problem == "support":
        raise BadInputError(
            f"A problem's name is one that Python can import, such as batch_norm, and not {problem!r}: "
            "the student's file is named after it."
        )
    if runtime not in _MEMORY:
        raise BadInputError(f"--runtime is one of {', '.join(_MEMORY)}, not {runtime!r}.")
    folder = _set_folder(pset, problems)
    if (folder / problem).exists():
        raise BadInputError(f"{folder / problem} exists already. Choose another name, or change that one.")
    listed = _with_problem(folder, pset, problem)
    title = title or problem.replace("_", " ").capitalize()
    words = {"title": title, "name": problem, "runtime": runtime, "memory": str(_MEMORY[runtime])}
    _copy(files("gradecli") / "scaffold", folder / problem, words)
    (folder / "pset.toml").write_text(listed, encoding="utf-8")
    say(Styled("Made ", "bold"), str(folder / problem), ", a small problem that is whole. Now:")
    say(f"  gradecli verify {pset} --problems {problems}    proves it as it is")
    say("  Then make it yours, file by file: the handout, the reference, the checks, the wrong answers.")
    note("docs/authoring.md goes through all of them.")


def _set_folder(pset: str, problems: Path) -> Path:
    """Where the set is, or will be."""
    if not _SET.fullmatch(pset):
        raise BadInputError(f"A set's name is up to 40 of a-z, 0-9, '.', '_' and '-', not {pset!r}.")
    try:
        listings = discover(problems) if problems.is_dir() else ()
    except PackageError as error:
        raise BadInputError(str(error)) from error
    return next((one.folder for one in listings if one.name == pset), problems / pset)


def _with_problem(folder: Path, pset: str, problem: str) -> str:
    """``pset.toml`` with the problem at the end of its list."""
    path = folder / "pset.toml"
    if not path.is_file():
        quoted = json.dumps(pset)
        return f'name = {quoted}\ntitle = {quoted}\ndescription = ""\nproblems = [{json.dumps(problem)}]\n'
    text = path.read_text(encoding="utf-8")
    names = [*tomllib.loads(text)["problems"], problem]
    listed = f"problems = [{', '.join(map(json.dumps, names))}]"
    changed, count = re.subn(r"^problems\s*=\s*\[[^\]]*\]", lambda _: listed, text, flags=re.MULTILINE)
    if count != 1:
        raise BadInputError(f"{path} has no plain list `problems = [...]`. Add {problem!r} to it by hand.")
    return changed


def _copy(source: Traversable, target: Path, words: dict[str, str]) -> None:
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.is_dir():
            _copy(entry, target / entry.name, words)
        elif entry.name.endswith(_ENDING):
            text = entry.read_text(encoding="utf-8")
            for word, value in words.items():
                text = text.replace(f"{{{word}}}", value)
            (target / entry.name.removesuffix(_ENDING)).write_text(text, encoding="utf-8")
