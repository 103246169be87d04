"""What one submission leaves behind is gone when it has been graded, and the next one cannot find it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader import GradeEvent, ProblemSet, Submission, grade
from sandbox import Backend

FILE = Path(__file__).resolve().parent / "submissions" / "leftovers" / "leaves_and_looks.py"


@pytest.fixture
def graded(tapped: Any, tiny: ProblemSet) -> Callable[..., set[str]]:
    """Grade the submission that calls itself ``own``: what it found, by its own words."""

    def run(own: str, on_event: Callable[[GradeEvent], None] | None = None) -> set[str]:
        tapped.heard.clear()
        source = FILE.read_text(encoding="utf-8").replace(
            "import contextlib\n", f"OWN = {own!r}\n\nimport contextlib\n", 1
        )
        submission = Submission.from_files({"add.py": source.encode()}, tiny)
        report = grade(tiny, submission, tapped, key=b"k" * 32, problem="add", on_event=on_event)
        assert report.score == 0
        assert b"nothing was found" in tapped.heard  # by the first call: it starts with a clean sandbox
        return set(re.findall(r"found by [^\"]+", tapped.heard.decode("latin-1")))

    return run


def test_next_submission_finds_nothing(graded: Callable[..., set[str]], backend: Backend) -> None:
    own = graded("left-first")
    # Within one sandbox the leftovers are there, and the search finds them.
    assert {
        "found by left-first: file /tmp/left-by-left-first",
        "found by left-first: daemon left-first",
    } <= own
    assert "found by left-first: process left-first" in own
    later = graded("left-second")
    assert later
    assert not [line for line in later if "left-first" in line]
    # Neither shared memory nor anything else outside the file system and the daemon can be had at all.
    assert {line.split(": ")[1].split()[0] for line in own | later} == {"file", "daemon", "process"}


def test_nothing_outlives_the_grading(graded: Callable[..., set[str]], backend: Backend) -> None:
    seen: list[bool] = []
    graded("left-daemon", on_event=lambda event: seen.append(_is_running("left-daemon")))
    assert any(seen), "the daemon was seen from outside while the submission was graded"
    deadline = time.monotonic() + 5
    while _is_running("left-daemon") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_running("left-daemon")
    assert not list(Path("/tmp").glob("left-by-*"))
    assert not list(Path("/dev/shm").glob("left-by-*"))


def _is_running(name: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text().strip() == name:
                return True
        except OSError:
            continue
    return False
