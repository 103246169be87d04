"""A submission that takes everything it can find, while it is graded, finds nothing of the checks, the
grader or the API.

It answers one of the last hidden checks with every file, environment, descriptor and byte of memory that
it can reach. Here, outside, that loot is searched for what must not be in it; the needles themselves
never enter the sandbox.
"""

from __future__ import annotations

import ast
import json
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import GradeReport, Problem, ProblemSet, Submission, instance_key
from grader.authoring import Check, Random
from grader.instances import choose_instance, instance_seed
from grader.loading import load_checks
from grader.recording import Exchange, RecordingSession
from grader.report import Visibility
from sandbox import InProcessSession, load

ROOT = Path(__file__).resolve().parent.parent.parent
THIEF = Path(__file__).resolve().parent / "submissions" / "theft" / "takes_everything.py"
COURSE_SECRET = b"a secret of the course that no submission may see"
HOST_SECRET = "a secret in the environment of the machine that grades"
LOOTED = "classes_without_examples"  # the check that is answered with the loot
BY_VALUE = {  # checks whose right answers the thief is never sent, and does not compute
    "linear_forward",
    "softmax",
    "cross_entropy",
    "gradient_of_logits",
    "gradient_of_input",
    "gradient_of_weights",
    "gradient_of_bias",
}


@pytest.fixture
def problem(pset1: ProblemSet) -> Problem:
    return pset1.problem("linear_softmax")


@pytest.fixture
def key(pset1: ProblemSet) -> bytes:
    submission = Submission.from_files({"linear_softmax.py": THIEF.read_bytes()}, pset1)
    return instance_key(COURSE_SECRET, submission.digest)


@pytest.fixture
def loot(
    tapped: Any, pset1: ProblemSet, submit: Callable[..., GradeReport], monkeypatch: pytest.MonkeyPatch
) -> bytes:
    monkeypatch.setenv("GRADECLI_SECRET_OF_THE_HOST", HOST_SECRET)
    report = submit(pset1, tapped, linear_softmax=THIEF.read_text(encoding="utf-8"))
    assert report.score == 0
    return bytes(tapped.heard)


def test_thief_finds_nothing_of_ours(loot: bytes, problem: Problem, key: bytes) -> None:
    # The search works: it finds what the thief planted, and what it was sent.
    assert b"a needle in the student's own file" in loot
    assert np.array([0.1234567890123456, 9.876543210987654e7]).tobytes() in loot
    sent = [
        operand
        for exchange in _answered_rightly(problem, key, LOOTED)
        for operand in _arrays(exchange.request)
    ]
    assert any(needle in loot for array in sent for needle in _values(array, 4))
    for evidence in (
        b"\nprocess self maps: ",
        b"\nprocess 1 cmdline: ",
        b"'OMP_NUM_THREADS': '1'",
        b"[heap]",
    ):
        assert evidence in loot
    assert re.search(rb"^file /tmp/submission\d+/linear_softmax\.py$", loot, re.MULTILINE)
    assert re.search(rb"^file /\S*/sandbox/guest/servant\.py$", loot, re.MULTILINE)
    # And there is nothing else to find.
    found = {name: needle for name, needle in _needles(problem, key) if needle in loot}
    assert not found


def test_right_answers_are_recognised_where_they_are_given(
    tapped: Any, pset1: ProblemSet, problem: Problem, submit: Callable[..., GradeReport]
) -> None:
    source = problem.text("reference.py")
    submission = Submission.from_files({"linear_softmax.py": source.encode()}, pset1)
    own_key = instance_key(COURSE_SECRET, submission.digest)
    assert submit(pset1, tapped, linear_softmax=source).score == problem.points
    answers = [(name, needle) for name, needle in _needles(problem, own_key) if "right answer" in name]
    assert len(answers) >= len(BY_VALUE)
    for name, needle in answers:
        as_text = json.dumps(struct.unpack("<d", needle)[0]).encode()
        assert needle in tapped.heard or as_text in tapped.heard, name


def test_needles_are_what_the_grader_uses(problem: Problem, key: bytes) -> None:
    names = [name for name, _ in _needles(problem, key)]
    for check in BY_VALUE:
        assert f"the right answer of {check}" in names
    assert sum(name.startswith("the title of") for name in names) == 11
    assert {
        "the course secret",
        "the instance key",
        "reference.py",
        "a text of grader",
        "a text of api",
    } <= set(names)


def _needles(problem: Problem, key: bytes) -> Iterator[tuple[str, bytes]]:
    """What must not be found, with a name for each."""
    yield "the course secret", COURSE_SECRET
    yield "the environment", HOST_SECRET.encode()
    for name, secret in (("the instance key", key), ("the problem's seed", problem.instance_seed)):
        yield name, secret
        yield f"{name} in hexadecimal", secret.hex().encode()
    for path in (
        "problems/pset1",
        "hidden.py",
        "reference.py",
        "expectations.toml",
        "grader/grading",
        "api/app.py",
    ):
        yield path, path.encode()
    for line in problem.text("reference.py").splitlines():
        if line.strip().startswith("#"):
            yield "reference.py", line.strip(" #").encode()
    for check, visibility in load_checks(problem):
        if visibility is Visibility.HIDDEN:
            seed = _seed(problem, check, key)
            yield f"the title of {check.name}", check.title.encode()
            yield f"the seed of {check.name}", str(seed).encode()
            yield f"the seed of {check.name} as bytes", seed.to_bytes(16, "little")
    for package in ("grader", "api"):
        for file in sorted((ROOT / package).glob("*.py")):
            yield from ((f"a text of {package}", text) for text in _longest_text(file))
    for name in sorted(BY_VALUE):
        for exchange in _answered_rightly(problem, key, name)[:1]:
            for array in _arrays(exchange.answer.value)[-1:]:
                for needle in _values(array, 2):
                    yield f"the right answer of {name}", needle
                    yield f"the digits of the answer of {name}", repr(struct.unpack("<d", needle)[0]).encode()


def _longest_text(file: Path) -> list[bytes]:
    """The longest text constant of a source file, up to its first character that is not plain ASCII."""
    texts = [
        re.split(r"[^ -~]", node.value)[0]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    longest = max(texts, key=len, default="")
    return [longest.encode()] if len(longest) >= 30 else []


def _seed(problem: Problem, check: Check, key: bytes) -> int:
    return instance_seed(problem, check.name, choose_instance(key, problem.name, check.name, check.instances))


def _answered_rightly(problem: Problem, key: bytes, name: str) -> list[Exchange]:
    """What the check asks on this submission's instance, with the right answers."""
    check = next(check for check, _ in load_checks(problem) if check.name == name)
    files = problem.files_with(problem.text("reference.py"))
    with InProcessSession() as one, InProcessSession() as other:
        recorder = RecordingSession(one)
        student, reference = (load(session, files, problem.file_name) for session in (recorder, other))
        check.run(student, reference, Random(_seed(problem, check, key)))
    return recorder.exchanges


def _arrays(value: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(value, float):
        return [np.array([value])]
    if isinstance(value, np.ndarray):
        return [value] if value.dtype == np.float64 else []
    if hasattr(value, "operands"):
        value = value.operands
    return [array for item in value for array in _arrays(item)] if isinstance(value, tuple | list) else []


def _values(array: np.ndarray[Any, Any], count: int) -> list[bytes]:
    """The bytes of a few of an array's numbers."""
    return [np.float64(number).tobytes() for number in array.ravel()[:count] if abs(number) > 1e-6]
