"""The nursery: a forked grading child is as good as one that was started, and its end costs nothing."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader import GradingFailedError, ProblemSet, instance_key, nursery
from grader.child import ChildJob, grade_in_child
from grader.conversation import child_environment
from grader.nursery import Nursery
from sandbox import Backend

MakePset = Callable[..., ProblemSet]
KEY = instance_key(b"secret", "digest")
TIMEOUT = 60.0


@pytest.fixture(autouse=True)
def bubblewrap(ready_backend: Callable[..., Backend]) -> Backend:
    return ready_backend("bubblewrap")


@pytest.fixture(scope="module")
def kept() -> Iterator[Nursery]:
    with Nursery(child_environment(), ["numpy"]) as one:
        until(lambda: one.is_ready)
        yield one


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def job(pset: ProblemSet, content: bytes = b"") -> ChildJob:
    return ChildJob(pset.folder, {pset.problems[0].name: content}, "bubblewrap", KEY)


def checking(body: str) -> dict[str, str | bytes | None]:
    """The doubling problem with one hidden check: ``body``, run in the child."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    head = 'import json, os, signal, time\nfrom grader.authoring import *\n@check("It holds", points=5)\n'
    return {"checks/hidden.py": f"{head}def holds(student, reference, rng):\n{lines}"}


def test_the_report_is_the_same_as_from_a_child_that_was_started(
    make_pset: MakePset, kept: Nursery, right: bytes
) -> None:
    pset = make_pset()
    for content in (right, b"def double(x):\n    return x\n", b"import nothing_of_that_name\n"):
        forked = grade_in_child(job(pset, content), timeout=TIMEOUT, nursery=kept)
        started = grade_in_child(job(pset, content), timeout=TIMEOUT)
        assert forked.model_dump_json() == started.model_dump_json()


def test_children_are_forked_and_know_no_secret(
    make_pset: MakePset, kept: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_WORKER", "x")
    seen = tmp_path / "seen"
    told = "json.dumps([os.getppid(), dict(os.environ)])"
    pset = make_pset(doubling=checking(f"open({str(seen)!r}, 'w').write({told})"))
    grade_in_child(job(pset), timeout=TIMEOUT, nursery=kept)
    assert kept._present is not None
    parent, environment = json.loads(seen.read_text())
    assert parent == kept._present._process.pid
    assert "SECRET_OF_THE_WORKER" not in environment


def test_what_one_grading_does_to_its_process_is_not_there_for_the_next(
    make_pset: MakePset, kept: Nursery, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    body = f"open({str(seen)!r}, 'a').write(str(hasattr(os, 'spoilt'))[0]); os.spoilt = True"
    pset = make_pset(doubling=checking(body))
    firsts = []
    for _ in range(2):
        seen.write_text("")
        grade_in_child(job(pset), timeout=TIMEOUT, nursery=kept)
        firsts.append(seen.read_text())
    assert firsts == ["F", "F"]


def test_a_child_that_ends_or_hangs_is_told_of(make_pset: MakePset, kept: Nursery) -> None:
    with pytest.raises(GradingFailedError, match="status 7"):
        grade_in_child(
            job(make_pset("ends", doubling=checking("os._exit(7)"))), timeout=TIMEOUT, nursery=kept
        )
    with pytest.raises(GradingFailedError, match="after 3 s"):
        grade_in_child(job(make_pset("hangs", doubling=checking("time.sleep(600)"))), timeout=3, nursery=kept)


def test_a_child_ends_with_its_nursery_and_the_next_is_started_anew(
    make_pset: MakePset, right: bytes
) -> None:
    kills = make_pset("kills", doubling=checking("os.kill(os.getppid(), signal.SIGKILL); time.sleep(600)"))
    pset = make_pset()
    with Nursery(child_environment(), ["numpy"]) as one:
        until(lambda: one.is_ready)
        with pytest.raises(GradingFailedError, match=f"status -{signal.SIGKILL:d}"):
            grade_in_child(job(kills), timeout=TIMEOUT, nursery=one)
        assert one.bear("grader.child") is None
        assert grade_in_child(job(pset, right), timeout=TIMEOUT, nursery=one).score == 5
        until(lambda: one.is_ready)  # another one has come


def test_a_nursery_is_replaced_after_its_last_child(
    make_pset: MakePset, right: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nursery, "_MOST_CHILDREN", 1)
    pset = make_pset()
    with Nursery(child_environment(), ["numpy"]) as one:
        until(lambda: one.is_ready)
        first = one._present
        assert grade_in_child(job(pset, right), timeout=TIMEOUT, nursery=one).score == 5
        until(lambda: one.is_ready and one._present is not first)
        assert first is not None
        assert first.has_ended()


def test_a_nursery_that_does_not_start_is_tried_again_ever_more_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nursery.sys, "executable", "/bin/false")
    with Nursery(child_environment(), ["numpy"]) as one:
        until(lambda: one._coming is None or one.bear("grader.child") is not None)
        assert one.bear("grader.child") is None
        assert one._not_before > time.monotonic()


def test_a_nursery_ends_with_its_worker() -> None:
    with Nursery(child_environment(), ["numpy"]) as one:
        until(lambda: one.is_ready)
        assert one._present is not None
        process = one._present._process
        one._present._connection.close()  # as the kernel does when the worker is killed
        assert process.wait(TIMEOUT) == 0
