"""The whole story on one machine: a real service, real sandboxes, and the real command as a process."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SOLUTIONS = REPOSITORY / "problems" / "pset1_backprop" / "linear_softmax" / "submissions"
RIGHT = (SOLUTIONS / "accepted" / "loops.py").read_text()
WRONG = (SOLUTIONS / "wrong_answer" / "softmax_twice.py").read_text()
SLOW = f"import time\ntime.sleep(0.4)\n{RIGHT}"  # each check loads the file anew

pytestmark = pytest.mark.slow


def clean_environment(**more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GRADECLI_")}
    return ours | {"PYTHONUNBUFFERED": "1", "COLUMNS": "100", **more}


@dataclass
class Person:
    """Somebody with a home and a folder of their own, who types commands."""

    folder: Path

    def types(self, *arguments: str, exits: int = 0, given: str = "", within: float = 90) -> tuple[str, str]:
        """Standard output and error of ``gradecli arguments``, which must exit with ``exits``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "gradecli", *arguments],
            cwd=self.folder,
            env=clean_environment(GRADECLI_HOME=str(self.folder / "home")),
            input=given,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        assert done.returncode == exits, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout, done.stderr

    def starts_watching(self) -> subprocess.Popen[str]:
        """``gradecli submit pset1``, started and left when grading has begun."""
        watching = subprocess.Popen(
            [sys.executable, "-m", "gradecli", "submit", "pset1"],
            cwd=self.folder,
            env=clean_environment(GRADECLI_HOME=str(self.folder / "home")),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A test run in the background ignores Ctrl-C, and what it starts would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one thread
        )
        assert watching.stderr is not None
        for line in watching.stderr:
            if "grading" in line:
                return watching
        raise AssertionError("submitting ended before grading had begun")

    def writes(self, solution: str) -> None:
        (self.folder / "pset1" / "linear_softmax.py").write_text(solution)

    def attempts(self) -> int:
        (score,) = json.loads(self.types("scores", "--json")[0])
        assert isinstance(score["attempts"], int)
        return score["attempts"]


@dataclass
class Service:
    """``gradecli serve`` on a folder of its own, which can be stopped, killed and started again."""

    folder: Path
    problems: Path
    port: int = 0
    admin_token: str = ""
    process: subprocess.Popen[str] = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        command = ["serve", "--port", str(self.port), "--data", str(self.folder / "data")]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gradecli", *command, "--problems", str(self.problems)],
                cwd=REPOSITORY,
                env=clean_environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"shown this once\): (\S+)", line):
                self.admin_token = found[1]
            if found := re.search(r"served at http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                return
        raise AssertionError((self.folder / "log").read_text())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(40) == 0
        self._close()

    def kill_whole(self) -> None:
        """SIGKILL the supervisor; what it started notices that, and ends too."""
        children = self.processes("api.")
        self.process.kill()
        self.process.wait(10)
        self._close()
        give_up_at = time.monotonic() + 60
        while any(Path(f"/proc/{pid}/cmdline").exists() for pid in children):
            assert time.monotonic() < give_up_at, "the service's processes outlive their supervisor"
            time.sleep(0.1)

    def _close(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()

    def processes(self, module: str) -> list[int]:
        """The service's own processes that run ``module``."""
        listed = subprocess.run(
            ["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
        ).stdout
        rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
        return [int(pid) for pid, parent, args in rows if int(parent) == self.process.pid and module in args]

    def kill(self, module: str) -> None:
        for pid in self.processes(module):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def service(tmp_path: Path, ready_backend: Callable[[str], object], problems_root: Path) -> Iterator[Service]:
    ready_backend("bubblewrap")
    made = Service(tmp_path / "service", problems_root)
    made.start()
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.stop()


@dataclass
class Course:
    """A course with a published set, an instructor, a TA and two students."""

    service: Service
    folder: Path
    tokens: dict[str, str] = field(default_factory=dict)

    def create(self) -> None:
        admin = Person(self.folder / "admin")
        admin.types("login", self.service.url, "--token", self.service.admin_token)
        admin.types("course", "create", "dl", "--title", "Deep Learning")
        people = [
            "Ida,ida@x.edu,instructor",
            "Terry,terry@x.edu,grader",
            "=Ada,ada@x.edu,student",
            "Bob,bob@x.edu,student",
        ]
        (admin.folder / "roster.csv").write_text("\n".join(["name,email,role", *people]))
        admin.types("roster", "import", "roster.csv", "--course", "dl", "--tokens", "tokens.csv")
        added = csv.DictReader(io.StringIO((admin.folder / "tokens.csv").read_text()))
        self.tokens = {person["email"].split("@")[0]: person["token"] for person in added}
        admin.types("publish", "pset1", "--course", "dl", "--due", "2099-01-01")

    def person(self, name: str) -> Person:
        """Somebody of the course, logged in."""
        made = Person(self.folder / name)
        out, _ = made.types("login", self.service.url, given=f"{self.tokens[name]}\n")
        assert self.tokens[name] not in out
        return made

    def student(self, name: str) -> Person:
        """Somebody who has started the set too."""
        made = self.person(name)
        made.types("start", "pset1")
        return made


@pytest.fixture
def course(service: Service, tmp_path: Path) -> Course:
    made = Course(service, tmp_path)
    made.create()
    return made


def test_a_course_from_its_creation_to_its_gradebook(service: Service, course: Course) -> None:
    ada, bob, terry, ida = (
        course.student("ada"),
        course.student("bob"),
        course.person("terry"),
        course.person("ida"),
    )

    (listed,) = json.loads(ada.types("psets", "--json")[0])
    assert (listed["name"], listed["max_score"], listed["accepting"]) == ("pset1", 10.0, True)

    out, _ = ada.types("check", "pset1", exits=1)
    assert "is not implemented yet" in out
    ada.writes(RIGHT)
    assert "public checks pass" in ada.types("check", "pset1")[0]

    ada.writes(WRONG)
    out, progress = ada.types("submit", "pset1")
    assert "Received: pset1, attempt 1" in progress
    assert re.search(r"failed +0/1\.5 +The gradient with respect to the logits is right", out)
    wrong_total = re.search(r"Total: (\S+)/10 points", out)
    assert wrong_total is not None
    assert 0 < float(wrong_total[1]) < 10
    hidden = [check for problem in json.loads(ada.types("feedback", "--json")[0])["problems"]
              for check in problem["checks"] if check["visibility"] == "hidden"]  # fmt: skip
    assert not any(check["detail"] or check["printed"] or check["instance"] is not None for check in hidden)

    ada.writes(RIGHT)
    assert "Total: 10/10 points" in ada.types("submit", "pset1")[0]
    ada.writes(WRONG)
    ada.types("submit", "pset1")
    assert "Total: 10/10 points" in ada.types("scores")[0]  # the best attempt counts
    assert ada.attempts() == 3

    (receipt, *others) = sorted((ada.folder / "home" / "receipts").rglob("*.json"))
    assert len(others) == 2
    assert json.loads(receipt.read_text())["receipt"]

    book, _ = terry.types("gradebook")
    assert re.search(r"=Ada +ada@x\.edu +10 +10", book)
    assert re.search(r"Bob +bob@x\.edu +- +0", book)
    terry.types("gradebook", "--csv", "grades.csv")
    table = (terry.folder / "grades.csv").read_text()
    assert "ada@x.edu" in table
    assert not re.search(r"(^|,)\"?[=+@-]", table, flags=re.MULTILINE)

    adas = json.loads(terry.types("gradebook", "--json")[0])["rows"][0]["scores"]["pset1"]["submission_id"]
    assert "Total: 10/10" in terry.types("feedback", adas)[0]
    _, refused = bob.types("feedback", adas, exits=5)
    assert refused == bob.types("feedback", "no-such-submission", exits=5)[1]
    bob.types("gradebook", exits=5)
    terry.types("publish", "pset1", exits=5)
    bob.types("course", "create", "mine", exits=5)

    ida.types("publish", "pset1", "--due", "2001-01-01")
    _, refused = bob.types("submit", "pset1", exits=5)
    assert "due" in refused


def test_a_server_that_is_away_costs_nothing(service: Service, course: Course) -> None:
    ada = course.student("ada")
    ada.writes(RIGHT)
    service.stop()
    for _ in range(2):
        out, told = ada.types("submit", "pset1", exits=3)
        assert out == ""
        assert "kept on this machine, and nothing is lost" in told
    service.start()
    out, told = ada.types("submit", "pset1")
    assert "Sending again what could not be sent" in told
    assert "Total: 10/10 points" in out
    assert ada.attempts() == 1


def test_a_web_process_that_is_killed_while_grading_is_bridged(service: Service, course: Course) -> None:
    ada = course.student("ada")
    ada.writes(SLOW)
    watching = ada.starts_watching()
    service.kill("api.processes.web")
    out, told = watching.communicate(timeout=120)
    assert watching.returncode == 0, told
    assert "the connection broke; trying again" in told
    assert "Total: 10/10 points" in out
    assert ada.attempts() == 1


def test_ctrl_c_and_a_service_killed_whole_still_make_one_submission(
    service: Service, course: Course
) -> None:
    ada = course.student("ada")
    ada.writes(SLOW)
    watching = ada.starts_watching()
    watching.send_signal(signal.SIGINT)
    _, told = watching.communicate(timeout=30)
    assert watching.returncode == 130
    assert "the server goes on grading" in told

    service.kill_whole()
    _, told = ada.types("submit", "pset1", exits=3)
    assert "The server has this submission already" in told
    service.start()
    out, told = ada.types("submit", "pset1", within=120)
    assert "is already on the server" in told
    assert "Total: 10/10 points" in out
    assert ada.attempts() == 1
    assert list((ada.folder / "home" / "outbox").iterdir()) == []


def test_an_operator_can_give_a_new_token(service: Service, course: Course, tmp_path: Path) -> None:
    operator, ada = Person(tmp_path / "operator"), Person(tmp_path / "ada on another machine")
    token = operator.types("token", "ada@x.edu", "--data", str(service.folder / "data"))[0].strip()
    assert "as =Ada (ada@x.edu)" in ada.types("login", service.url, "--token", token)[0]
    operator.types("token", "nobody@x.edu", "--data", str(service.folder / "data"), exits=2)


def test_a_port_that_is_taken_is_a_sentence(service: Service, tmp_path: Path) -> None:
    other = Person(tmp_path / "other")
    arguments = [
        "serve",
        "--port",
        str(service.port),
        "--data",
        "data",
        "--problems",
        str(service.problems),
    ]
    _, told = other.types(*arguments, exits=3)
    assert f"cannot listen on 127.0.0.1, port {service.port}" in told
    _, told = other.types("serve", "--port", "99999", exits=2)
    assert "GRADECLI_PORT" in told
