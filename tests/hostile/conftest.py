"""How an attack is put together, graded for real, listened to from outside, and tried on a naive grader."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import sys
import time
import types
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from grader import GradeReport, ProblemSet, Submission, grade, instance_key, load_pset
from grader.diagnosis import KeptTraces
from grader.report import CheckResult, Verdict
from sandbox import Backend, SandboxSpec
from sandbox.backends.base import ByteChannel, SandboxProcess
from sandbox.spec import Availability, Enforcement, ExitStatus, Runtime, Usage

HERE = Path(__file__).resolve().parent
SUBMISSIONS = HERE / "submissions"
COURSE_SECRET = b"a secret of the course that no submission may see"
_LEFTOVER_BYTES = 65_536


class Tap:
    """A backend that writes down every byte that a guest sent, asked for or not, in :attr:`heard`."""

    def __init__(self, backend: Backend) -> None:
        self.heard = bytearray()
        self._backend = backend

    @property
    def name(self) -> str:
        return self._backend.name

    def availability(self, runtime: Runtime) -> Availability:
        return self._backend.availability(runtime)

    def enforcement(self) -> Enforcement:
        return self._backend.enforcement()

    def start(self, spec: SandboxSpec) -> SandboxProcess:
        return _TappedProcess(self._backend.start(spec), self.heard)


class _TappedProcess:
    def __init__(self, process: SandboxProcess, heard: bytearray) -> None:
        self._process = process
        self.channel = _TappedChannel(process.channel, heard)

    def kill(self) -> None:
        self.channel.drain()
        self._process.kill()

    def close(self) -> None:
        self.channel.drain()
        self._process.close()

    def wait(self, timeout: float) -> ExitStatus | None:
        return self._process.wait(timeout)

    def usage(self) -> Usage:
        return self._process.usage()

    def diagnostics(self) -> str:
        return self._process.diagnostics()


class _TappedChannel:
    def __init__(self, channel: ByteChannel, heard: bytearray) -> None:
        self._channel, self._heard, self._closed = channel, heard, False

    def send(self, parts: Sequence[bytes | bytearray | memoryview], deadline: float) -> None:
        self._channel.send(parts, deadline)

    def receive_into(self, target: memoryview, deadline: float) -> None:
        self._channel.receive_into(target, deadline)
        self._heard.extend(target)

    def pending(self) -> bool:
        return self._channel.pending()

    def close(self) -> None:
        self._closed = True

    def drain(self) -> None:
        """What nobody asked for, before it is lost."""
        one = bytearray(1)
        with contextlib.suppress(TimeoutError, EOFError, OSError, ValueError):
            for _ in range(0 if self._closed else _LEFTOVER_BYTES):
                self.receive_into(memoryview(one), time.monotonic())
        self._closed = True


@pytest.fixture
def tapped(backend: Backend) -> Tap:
    """The backend under test, listened to."""
    return Tap(backend)


@pytest.fixture(scope="session")
def pset1(problems_root: Path) -> ProblemSet:
    """The problem set that the attacks are on: one problem, ``linear_softmax``."""
    return load_pset(problems_root / "pset1_backprop")


@pytest.fixture(scope="session")
def tiny() -> ProblemSet:
    """Three small problems with a second for each check."""
    return load_pset(HERE.parent / "fixtures" / "problems" / "tiny")


@pytest.fixture(scope="session")
def attack() -> Callable[[str], str]:
    """``attack("frames/main_thread")``: the one file that is submitted, on top of the wrong solution."""

    def read(name: str) -> str:
        parts = ("wrong_solution", "toolbox", name)
        return "\n\n".join((SUBMISSIONS / f"{part}.py").read_text(encoding="utf-8") for part in parts if part)

    return read


@pytest.fixture(scope="session")
def submit(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., GradeReport]:
    """``submit(pset, backend, linear_softmax=source)``: grade it as production does, for staff."""
    kept = KeptTraces(tmp_path_factory.getbasetemp().parent / "traces")  # as a service keeps them

    def run(pset: ProblemSet, backend: Backend, instance: int | None = None, **sources: str) -> GradeReport:
        files = {f"{name}.py": source.encode() for name, source in sources.items()}
        submission = Submission.from_files(files, pset)
        key = instance_key(COURSE_SECRET, submission.digest)
        report = grade(pset, submission, backend, key=key, instance=instance, kept_traces=kept)
        require_sane(report)
        return report

    return run


@pytest.fixture(scope="session")
def unattacked(
    pset1: ProblemSet, submit: Callable[..., GradeReport], attack: Callable[[str], str]
) -> Callable[[Backend], float]:
    """What the wrong solution earns on a backend without any attack; looked up once for each."""
    known: dict[str, float] = {}

    def score(backend: Backend) -> float:
        if backend.name not in known:
            known[backend.name] = submit(pset1, backend, linear_softmax=attack("")).score
        return known[backend.name]

    return score


@pytest.fixture(scope="session")
def naive() -> types.ModuleType:
    """The naive grader beside this file."""
    spec = importlib.util.spec_from_file_location("hostile_naive_grader", HERE / "naive.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def check_of(report: GradeReport, name: str) -> CheckResult:
    """The result of the check called ``name``."""
    return next(c for problem in report.problems for c in problem.checks if c.name == name)


@pytest.fixture(scope="session")
def result() -> Callable[[GradeReport, str], CheckResult]:
    """``result(report, "gradient_of_bias")``."""
    return check_of


def require_sane(report: GradeReport) -> None:
    """Points add up and come from passed checks alone; each other check tells its student why, plainly."""
    for problem in report.problems:
        for check in problem.checks:
            passed = check.verdict is Verdict.PASSED
            assert check.score == (check.max_score if passed else 0.0), check
            assert bool(check.message) is not passed, check
            assert check.verdict is not Verdict.INTERNAL_ERROR, check
            if not passed:
                _require_plain(check.for_student().message)
        assert problem.score == sum(check.score for check in problem.checks)
        assert problem.score <= problem.max_score
    assert report.score == sum(problem.score for problem in report.problems)


def _require_plain(sentence: str) -> None:
    assert len(sentence) < 1000, sentence
    assert not re.search(
        r"Traceback|\bFrame\b|0x[0-9a-f]{4}|/tmp/|/runtime/|GCW1|\bwire\b|\bguest\b", sentence
    )
    assert sentence.replace("\n", "").isprintable(), sentence
