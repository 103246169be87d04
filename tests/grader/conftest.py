"""Small problem sets in a test's own folder: one problem that doubles, and what a test changes in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader import ProblemSet, load_pset

WritePset = Callable[..., Path]
MakePset = Callable[..., ProblemSet]

STARTER = """
def double(x):
    raise NotImplementedError


def shift(x, by):
    raise NotImplementedError
"""
REFERENCE = """
# HIDDEN SOLUTION
def double(x):
    return 2 * x


def shift(x, by):
    return x + by
"""
PUBLIC = """
from grader.authoring import check, expect

@check("Doubling works on an example")
def example(student, reference, rng):
    x = rng.normal(3)
    expect.close(student.double(x), reference.double(x), what="the result")
"""
HIDDEN = """
from grader.authoring import check, expect

@check("Arrays are doubled", points=2)
def doubled(student, reference, rng):
    x = rng.normal(*rng.sizes(2, 2, 6))
    expect.close(student.double(x), reference.double(x), what="the result")

@check("Arrays are shifted", points=3, needs=("doubled",))
def shifted(student, reference, rng):
    x, by = rng.normal(4), float(rng.normal())
    expect.close(student.shift(x, by), reference.shift(x, by), what="the shifted array")
"""
DOUBLING: dict[str, str | bytes | None] = {
    "problem.toml": 'title = "Doubling"\npoints = 5\nruntime = "numpy"\n',
    "handout.md": "# Doubling\n\nReturn twice the array.\n",
    "starter.py": STARTER,
    "reference.py": REFERENCE,
    "checks/public.py": PUBLIC,
    "checks/hidden.py": HIDDEN,
}
RIGHT = b"def double(x):\n    return x + x\n\n\ndef shift(x, by):\n    return by + x\n"


@pytest.fixture
def right() -> bytes:
    """A file that solves the doubling problem, written otherwise than the reference."""
    return RIGHT


@pytest.fixture
def write_pset(tmp_path: Path) -> WritePset:
    """``write_pset("pset1", alpha={"problem.toml": ...}, beta={})``: the set's folder.

    Each problem is the doubling one with the given files in place of its own; None leaves a file out.
    """

    def write(
        name: str = "pset1", toml: str | None = None, **problems: dict[str, str | bytes | None]
    ) -> Path:
        folder = tmp_path / "problems" / name
        folder.mkdir(parents=True)
        problems = problems or {"doubling": {}}
        told = f'name = "{name}"\ntitle = "Set {name}"\ndescription = "For tests."\n'
        (folder / "pset.toml").write_text(toml or f"{told}problems = {list(problems)}\n")
        for problem, changes in problems.items():
            for file, content in (DOUBLING | changes).items():
                if content is not None:
                    path = folder / problem / file
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write


@pytest.fixture
def make_pset(write_pset: WritePset) -> MakePset:
    """As ``write_pset``, read back."""

    def make(
        name: str = "pset1", toml: str | None = None, **problems: dict[str, str | bytes | None]
    ) -> ProblemSet:
        return load_pset(write_pset(name, toml, **problems))

    return make
