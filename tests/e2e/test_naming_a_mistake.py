"""From an error that several students share to a sentence that tells them all, with no score changed."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.test_cli_against_server import RIGHT, Course, Person, Service

pytestmark = pytest.mark.slow

SENTENCE = "You take the bias off: it is added to every row of x W."
LINE = "    return out + b\n"
VARIANTS = (
    "    return out - b\n",
    "    return out + (-1.0) * b\n",
    "    less = np.zeros_like(out)\n    less += b\n    return out - less\n",
)


def _wrong(variant: int) -> str:
    """The right answer, but for a linear layer that takes the bias off, each time written otherwise."""
    head, _, rest = RIGHT.partition("def linear_forward")
    _, _, others = rest.partition("\ndef ")
    layer = f"def linear_forward(x, W, b):\n    out = x @ W\n{VARIANTS[variant]}\n"
    return f"{head}{layer}\ndef {others}"


@pytest.fixture
def author(tmp_path: Path, problems_root: Path) -> Path:
    """A folder of problems that may be written to."""
    shutil.copytree(problems_root, tmp_path / "problems")
    return tmp_path / "problems"


@pytest.fixture
def course(tmp_path: Path, author: Path, ready_backend: Callable[[str], object]) -> Iterator[Course]:
    ready_backend("bubblewrap")
    service = Service(tmp_path / "service", author)
    service.start()
    try:
        made = Course(service, tmp_path)
        made.create()
        yield made
    finally:
        if service.process.poll() is None:
            service.stop()


def _third_student(course: Course) -> None:
    admin = Person(course.folder / "admin")
    (admin.folder / "more.csv").write_text("name,email,role\nCyd,cyd@x.edu,student")
    admin.types("roster", "import", "more.csv", "--course", "dl", "--tokens", "more-tokens.csv")
    added = csv.DictReader(io.StringIO((admin.folder / "more-tokens.csv").read_text()))
    course.tokens |= {person["email"].split("@")[0]: person["token"] for person in added}


def test_one_sentence_tells_everybody_who_shares_an_unnamed_error(course: Course, author: Path) -> None:
    _third_student(course)
    students = {name: course.student(name) for name in ("ada", "bob", "cyd")}
    for variant, student in enumerate(students.values()):
        student.writes(_wrong(variant))
        assert SENTENCE not in student.types("submit", "pset1")[0]
    before = {name: student.types("scores", "--json")[0] for name, student in students.items()}

    ida = course.person("ida")
    found = json.loads(ida.types("mistakes", "pset1", "--json")[0])
    (shared,) = found["unnamed"]
    assert (shared["problem"], shared["students"], found["mistakes"]) == ("linear_softmax", 3, [])

    folder = ("--problems", str(author))
    named = ("--name", "bias_taken_off", "--sentence", SENTENCE)
    admitted = ida.types("admit", "pset1", "linear_softmax", "--from", shared["examples"][0], *named, *folder)
    assert "It fails " in admitted[0]
    ida.types("publish", "pset1")
    (preview,) = json.loads(
        ida.types("replay", "pset1", "--reason", "the error has a name", "--apply", "--json")[0]
    )
    counts = preview["regrade"]["counts"]
    assert (counts["submissions"], counts["scored"], counts["rerun"], counts["failed"]) == (3, 3, 0, 0)
    assert (counts["higher"], counts["lower"]) == (0, 0)

    for name, student in students.items():
        assert student.types("feedback", "pset1")[0].count(SENTENCE) == 1
        assert student.types("scores", "--json")[0] == before[name]
    found = json.loads(ida.types("mistakes", "pset1", "--json")[0])
    assert [(row["mistake"], row["students"]) for row in found["mistakes"]] == [("bias_taken_off", 3)]
    assert found["unnamed"] == []
