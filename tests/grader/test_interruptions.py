"""A sandbox that somebody else killed costs the student nothing; one that kills itself gains nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader import GradeReport, ProblemSet, Submission, Verdict, grade, instance_key
from sandbox import Backend
from sandbox.backends.base import SandboxProcess
from sandbox.errors import InfrastructureError
from sandbox.spec import SandboxSpec

KEY = instance_key(b"secret", "digest")
MakePset = Callable[..., ProblemSet]

SUICIDE = b"""
import os, signal
def double(x):
    os.kill(os.getpid(), signal.SIGKILL)
def shift(x, by):
    return x + by
"""


def _kill_from_outside(process: Any) -> None:
    """As an operator would: whoever holds the sandbox is not told."""
    if hasattr(process, "_engine"):
        process._engine.api.kill(process.id)
    else:
        process._kill_tree()


class Saboteur:
    """A backend whose first ``kills`` sandboxes somebody kills, each at its ``request``-th request."""

    def __init__(self, inner: Backend, *, request: int, kills: int) -> None:
        self._inner, self._request, self._kills = inner, request, kills
        self.started = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def start(self, spec: SandboxSpec) -> SandboxProcess:
        process: Any = self._inner.start(spec)
        self.started += 1
        if self.started > self._kills:
            return process  # type: ignore[no-any-return]
        send, asked = process.channel.send, 0

        def send_or_kill(parts: Any, deadline: float) -> None:
            nonlocal asked
            asked += 1
            send(parts, deadline)
            if asked == self._request:
                _kill_from_outside(process)

        process.channel.send = send_or_kill
        return process  # type: ignore[no-any-return]


@pytest.fixture
def bubblewrap(ready_backend: Callable[..., Backend]) -> Backend:
    return ready_backend("bubblewrap")


def report(pset: ProblemSet, content: bytes, backend: Any) -> GradeReport:
    return grade(pset, Submission.from_files({"doubling.py": content}, pset), backend, key=KEY)


@pytest.mark.parametrize("request_number", [1, 2, 3, 5], ids="at request {}".format)
def test_a_sandbox_killed_from_outside_changes_nothing_in_the_report(
    make_pset: MakePset, right: bytes, bubblewrap: Backend, request_number: int
) -> None:
    pset = make_pset()
    sabotaged = Saboteur(bubblewrap, request=request_number, kills=1)
    assert report(pset, right, sabotaged) == report(pset, right, bubblewrap)
    assert sabotaged.started == 2


@pytest.mark.docker
def test_a_killed_container_changes_nothing_in_the_report(
    make_pset: MakePset, right: bytes, docker_engine: Backend
) -> None:
    pset = make_pset()
    sabotaged = Saboteur(docker_engine, request=2, kills=1)
    assert report(pset, right, sabotaged) == report(pset, right, docker_engine)
    assert sabotaged.started == 2


@pytest.mark.docker
def test_an_engine_that_dies_while_grading_is_nobodys_verdict(
    make_pset: MakePset, right: bytes, docker_engine: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise ConnectionResetError

    class EngineDies(Saboteur):
        def start(self, spec: SandboxSpec) -> SandboxProcess:
            process: Any = self._inner.start(spec)
            send = process.channel.send

            def last(parts: Any, deadline: float) -> None:
                send(parts, deadline)
                process.channel.hang_up()
                monkeypatch.setattr(process._engine.api, "inspect_container", gone)

            process.channel.send = last
            return process  # type: ignore[no-any-return]

    with pytest.raises(InfrastructureError, match="no Docker engine answers"):
        report(make_pset(), right, EngineDies(docker_engine, request=0, kills=0))


def test_a_submission_that_kills_itself_does_so_twice_and_has_its_verdict(
    make_pset: MakePset, bubblewrap: Backend
) -> None:
    watched = Saboteur(bubblewrap, request=0, kills=0)
    graded = report(make_pset(), SUICIDE, watched)
    example, doubled, shifted = graded.problems[0].checks
    assert (example.verdict, doubled.verdict, shifted.verdict) == (
        Verdict.ERROR,
        Verdict.ERROR,
        Verdict.SKIPPED,
    )
    assert graded.score == 0
    # One for the first load, which the first run of the example ends; then one for each further run.
    assert watched.started == 4


def test_the_second_run_has_the_same_inputs_and_there_is_no_third(
    make_pset: MakePset, bubblewrap: Backend, tmp_path: Path
) -> None:
    seen = tmp_path / "inputs"
    hidden = f"""
from grader.authoring import check, expect

@check("Doubled", points=5)
def doubled(student, reference, rng):
    x = rng.normal(3)
    with open({str(seen)!r}, "a") as file:
        file.write(repr(x.tolist()) + "\\n")
    expect.close(student.double(x), reference.double(x), what="the result")
"""
    pset = make_pset(doubling={"checks/hidden.py": hidden})
    graded = report(pset, SUICIDE, bubblewrap)
    first, second = seen.read_text().splitlines()
    assert first == second
    assert graded.problems[0].checks[-1].verdict is Verdict.ERROR


def test_a_plain_exit_is_the_students_own_and_runs_once(make_pset: MakePset, bubblewrap: Backend) -> None:
    watched = Saboteur(bubblewrap, request=0, kills=0)
    leaving = SUICIDE.replace(b"os.kill(os.getpid(), signal.SIGKILL)", b"os._exit(3)")
    graded = report(make_pset(), leaving, watched)
    assert graded.problems[0].checks[0].verdict is Verdict.ERROR
    assert watched.started == 2
