"""The grading child: the same report from a process without credentials, whatever becomes of it."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader import (
    EventKind,
    GradeEvent,
    GradingFailedError,
    OutageError,
    ProblemSet,
    Submission,
    conversation,
    grade,
    instance_key,
    load_pset,
)
from grader.child import ChildJob, grade_in_child
from grader.report import Measurement
from sandbox import Backend

MakePset = Callable[..., ProblemSet]
KEY = instance_key(b"secret", "digest")
TIMEOUT = 60.0


@pytest.fixture(autouse=True)
def bubblewrap(ready_backend: Callable[..., Backend]) -> Backend:
    """What the child grades in: it takes no backend that does not isolate."""
    return ready_backend("bubblewrap")


def job(pset: ProblemSet, content: bytes = b"", backend: str = "bubblewrap") -> ChildJob:
    return ChildJob(pset.folder, {pset.problems[0].name: content}, backend, KEY)


def checking(body: str) -> dict[str, str | bytes | None]:
    """The doubling problem with one hidden check: ``body``, run in the child."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    head = 'from grader.authoring import *\n@check("It holds", points=5)\n'
    return {"checks/hidden.py": f"{head}def holds(student, reference, rng):\n{lines}"}


def failure(pset: ProblemSet, content: bytes = b"", timeout: float = TIMEOUT) -> GradingFailedError:
    with pytest.raises(GradingFailedError) as caught:
        grade_in_child(job(pset, content), timeout=timeout)
    return caught.value


# The report --------------------------------------------------------------------------------------


def test_the_report_is_the_one_that_grading_here_gives(
    make_pset: MakePset, right: bytes, bubblewrap: Backend
) -> None:
    pset = make_pset()
    wrong = b"def double(x):\n    print(x)\n    return 2 * x\ndef shift(x, by): raise ValueError(x)\n"
    for content in (right, wrong):
        submission = Submission.from_files({"doubling.py": content}, pset)
        here = grade(pset, submission, bubblewrap, key=KEY)
        assert grade_in_child(job(pset, content), timeout=TIMEOUT) == here


def test_progress_and_measurements_are_told_as_they_happen(make_pset: MakePset, right: bytes) -> None:
    pset = make_pset()
    seen: list[object] = []
    report = grade_in_child(
        job(pset, right),
        on_event=lambda event: seen.append((event.kind, event.check and event.check.name)),
        on_measurement=lambda problem, used: seen.append((problem, type(used))),
        timeout=TIMEOUT,
    )
    assert seen == [
        (EventKind.PROBLEM_STARTED, None),
        (EventKind.CHECK_FINISHED, "example"),
        (EventKind.CHECK_FINISHED, "doubled"),
        (EventKind.CHECK_FINISHED, "shifted"),
        ("doubling", Measurement),
    ]
    assert report.score == 5.0


def test_a_job_survives_its_way_to_the_child(make_pset: MakePset) -> None:
    sent = ChildJob(make_pset().folder, {"doubling": b"\xef\xbb\xbf\x00\r\n"}, "docker", bytes(range(32)))
    assert ChildJob.from_json(sent.to_json()) == sent
    assert json.loads(sent.to_json())


def test_what_a_check_prints_does_not_disturb_the_report(make_pset: MakePset) -> None:
    body = (
        "import os, sys\n"
        "print('{\"report\": 1}')\n"
        'print("x" * 200_000, flush=True)\n'
        'os.write(1, b\'{"error": "forged"}\\n\')\n'
        "sys.__stdout__.write('{\"report\": {}}\\n'); sys.__stdout__.flush()\n"
        'print("to the other stream", file=sys.stderr)'
    )
    assert grade_in_child(job(make_pset(doubling=checking(body))), timeout=TIMEOUT).score == 5.0


# What the child is given -------------------------------------------------------------------------


def test_the_child_has_no_credentials(
    make_pset: MakePset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "GRADECLI_SECRET",
        "GRADECLI_DATABASE_URL",
        "GRADECLI_DATA",
        "AWS_SECRET_ACCESS_KEY",
        "HOME",
    ):
        monkeypatch.setenv(name, "s3cr3t")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    seen = tmp_path / "seen"
    body = f"import os\nopen({str(seen)!r}, 'w').write(repr(dict(os.environ)))"
    grade_in_child(job(make_pset(doubling=checking(body))), timeout=TIMEOUT)
    found = eval(seen.read_text())
    assert "s3cr3t" not in repr(found)
    assert set(found) <= {"PATH", "LANG", "DOCKER_HOST", "GRADECLI_CGROUP", "OMP_NUM_THREADS", "LC_CTYPE"}
    assert found["DOCKER_HOST"] == "unix:///nowhere.sock"
    assert found["OMP_NUM_THREADS"] == "1"


def test_the_child_has_bounds_of_its_own_and_a_session_of_its_own(
    make_pset: MakePset, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    body = (
        "import os, resource\n"
        f"open({str(seen)!r}, 'w').write(repr((resource.getrlimit(resource.RLIMIT_DATA)[0], "
        "resource.getrlimit(resource.RLIMIT_CORE), os.getsid(0), os.getpid(), os.getppid())))"
    )
    grade_in_child(job(make_pset(doubling=checking(body))), timeout=TIMEOUT)
    memory, core, session, pid, parent = eval(seen.read_text())
    assert 0 < memory <= 8 * 2**30
    assert core == (0, 0)
    assert session == pid
    assert parent == os.getpid()


@pytest.mark.parametrize("name", ["subprocess", "nothing", ""])
def test_a_backend_that_does_not_isolate_is_refused(make_pset: MakePset, right: bytes, name: str) -> None:
    with pytest.raises(GradingFailedError, match=f"a server does not grade in the '{name}' sandbox"):
        grade_in_child(job(make_pset(), right, backend=name), timeout=TIMEOUT)


# What can become of it ---------------------------------------------------------------------------


def test_a_child_that_is_killed_is_a_failure_that_can_be_tried_again(make_pset: MakePset) -> None:
    error = failure(make_pset(doubling=checking("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")))
    assert "status -9" in str(error)
    assert error.retriable
    assert not isinstance(error, OutageError), "it may be the submission's own doing"


def test_an_engine_that_does_not_answer_is_an_outage(
    make_pset: MakePset, right: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("docker")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(OutageError, match=r"nobody\.sock"):
        grade_in_child(job(make_pset(), right, backend="docker"), timeout=TIMEOUT)


def test_a_disk_without_room_for_the_transcript_is_an_outage(make_pset: MakePset, right: bytes) -> None:
    full = replace(job(make_pset(), right), transcript=Path("/dev/full"))
    with pytest.raises(OutageError, match="No space left"):
        grade_in_child(full, timeout=TIMEOUT)


def test_a_file_that_a_check_does_not_find_is_no_outage(make_pset: MakePset, right: bytes) -> None:
    error = failure(make_pset(doubling=checking("open('/nowhere/numbers.txt')")), right)
    assert "numbers.txt" in str(error)
    assert not isinstance(error, OutageError)


def test_a_child_that_ends_early_is_a_failure_with_its_last_words(make_pset: MakePset) -> None:
    body = "import os, sys\nsys.stderr.write('the disk is full\\n'); sys.stderr.flush()\nos._exit(7)"
    error = failure(make_pset(doubling=checking(body)))
    assert "status 7" in str(error)
    assert "the disk is full" in str(error)


def test_a_child_that_takes_too_long_is_killed_and_its_sandbox_with_it(make_pset: MakePset) -> None:
    name = f"gc{uuid.uuid4().hex[:10]}"
    source = (
        f"import ctypes\ndef double(x):\n    ctypes.CDLL(None).prctl(15, {name.encode()!r}, 0, 0, 0)\n"
        "    while True: pass\n"
    )
    started = time.monotonic()
    error = failure(make_pset(), source.encode(), timeout=4.0)
    assert "after 4 s" in str(error)
    assert error.retriable
    assert time.monotonic() - started < 20
    deadline = time.monotonic() + 5
    while running(name) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not running(name)


def running(name: str) -> bool:
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "comm").read_text().strip() == name:
                return True
        except OSError:
            continue
    return False


def test_a_broken_package_is_a_failure_that_no_second_try_can_mend(make_pset: MakePset) -> None:
    error = failure(make_pset(doubling=checking("undefined_name")))
    assert "holds fails on the reference itself" in str(error)
    assert not error.retriable


def test_a_file_that_cannot_be_taken_is_a_failure_that_no_second_try_can_mend(make_pset: MakePset) -> None:
    error = failure(make_pset(), b"\xff\xfe")
    assert "UTF-8" in str(error)
    assert not error.retriable


def test_a_package_that_is_gone_is_a_failure(make_pset: MakePset) -> None:
    pset = make_pset()
    (pset.folder / "pset.toml").unlink()
    assert "is missing" in str(failure(pset))


def test_an_error_of_the_platform_is_told_with_its_last_lines(make_pset: MakePset) -> None:
    error = failure(make_pset(doubling=checking("open('/nowhere/at/all')")))
    assert "FileNotFoundError" in str(error)
    assert error.retriable


def test_a_report_longer_than_is_read_is_a_failure(
    make_pset: MakePset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "MAX_LINE_BYTES", 60)
    started = time.monotonic()
    assert "status -9" in str(failure(make_pset()))
    assert time.monotonic() - started < 20


def test_a_caller_that_fails_while_listening_ends_the_child(make_pset: MakePset, tmp_path: Path) -> None:
    late = tmp_path / "late"
    body = f"import time\ntime.sleep(2)\nopen({str(late)!r}, 'w').close()"

    def listen(event: GradeEvent) -> None:
        raise KeyError(event.problem)

    with pytest.raises(KeyError):
        grade_in_child(job(make_pset(doubling=checking(body))), on_event=listen, timeout=TIMEOUT)
    assert not late.exists()
    time.sleep(2.5)
    assert not late.exists()


def test_the_set_is_read_from_its_folder_by_the_child(make_pset: MakePset, right: bytes) -> None:
    pset = make_pset()
    hidden = pset.problems[0].folder / "checks/hidden.py"
    hidden.write_text(hidden.read_text().replace("Arrays are doubled", "Another title"))
    report = grade_in_child(job(pset, right), timeout=TIMEOUT)
    assert report.problems[0].checks[1].title == "Another title"
    assert report.problems[0].digest == load_pset(pset.folder).problems[0].digest
