"""Pastes counterexamples as a student would, in a clean process; only for the package's own answers.

The child's own entry point reads cases and writes what came out, as JSON.
"""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from grader.counterexamples.telling import raised
from grader.counterexamples.values import shown_apart
from grader.package import Problem
from grader.report import Counterexample

__all__ = ["Pasted", "paste"]

_SECONDS = 300.0


class Pasted(NamedTuple):
    """What came out of a counterexample's code with the wrong answer's file, and with the reference's."""

    got: str
    right: str

    def agrees(self, example: Counterexample) -> bool:
        """Whether that is what the example says."""
        return _same(self.got, example.got) and _same(self.right, example.right)


def paste(problem: Problem, cases: Sequence[tuple[str, Counterexample]]) -> list[Pasted]:
    """Run each counterexample beside the text of the file that it was found for, and beside the reference.

    Raises:
        subprocess.CalledProcessError: the process ended otherwise than it should.
    """
    job = {
        "name": problem.name,
        "support": problem.support(),
        "reference": problem.text("reference.py"),
        "cases": [[source, example.code] for source, example in cases],
    }
    command = [sys.executable, "-m", "grader.counterexamples.pasting"]
    done = subprocess.run(
        command, input=json.dumps(job), capture_output=True, text=True, check=True, timeout=_SECONDS
    )
    return [Pasted(*found) for found in json.loads(done.stdout.splitlines()[-1])]


def _same(found: str, said: str) -> bool:
    """An exception counts as the same where its kind is, if no more is said about it."""
    return found == said or (
        said.startswith("raises ") and ": " not in said and found.startswith(f"{said}: ")
    )


def main() -> None:
    """The child's own entry point."""
    warnings.simplefilter("ignore")
    job = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        sys.dont_write_bytecode = True
        if job["support"] is not None:
            (Path(folder) / "support.py").write_text(job["support"], encoding="utf-8")
        found = []
        for source, code in job["cases"]:
            values = []
            for text in (source, job["reference"]):
                (Path(folder) / f"{job['name']}.py").write_text(text, encoding="utf-8")
                values.append(_run(job["name"], code))
            found.append(_told(*values))
    sys.stdout.write(f"\n{json.dumps(found)}\n")


class _Raised(NamedTuple):
    text: str


def _run(module: str, code: str) -> Any:
    """The value of the code's last line, or what it raised."""
    sys.modules.pop(module, None)
    importlib.invalidate_caches()
    names: dict[str, Any] = {}
    tree = ast.parse(code)
    last = tree.body.pop()
    try:
        exec(compile(tree, "<pasted>", "exec"), names)  # noqa: S102 - running it is this module's purpose
        if isinstance(last, ast.Expr):
            return eval(compile(ast.Expression(last.value), "<pasted>", "eval"), names)  # noqa: S307 - as above
        exec(compile(ast.Module([last], []), "<pasted>", "exec"), names)  # noqa: S102 - as above
    except Exception as error:
        return _Raised(raised(error))
    return None


def _told(got: Any, right: Any) -> tuple[str, str]:
    texts = shown_apart(
        None if isinstance(got, _Raised) else got, None if isinstance(right, _Raised) else right
    )
    return (
        got.text if isinstance(got, _Raised) else texts[0],
        right.text if isinstance(right, _Raised) else texts[1],
    )


if __name__ == "__main__":
    main()
