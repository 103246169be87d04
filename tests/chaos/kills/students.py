"""Many students who hand in through the real doors, and do not give up until they hold a receipt."""

from __future__ import annotations

import json
import os
import queue
import random
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx2

from gradecli.client import CourseService
from gradecli.errors import RefusedError, UnreachableError
from tests.chaos.kills.homework import PSET, homework
from tests.chaos.kills.plan import Plan
from tests.chaos.kills.service import World

__all__ = ["COURSE", "Classroom", "Receipt"]

COURSE = "dl"
_SENDERS = 8
_PATIENCE_SECONDS = 600.0
_TOO_MANY = 429
_MADE_IT, _PLATFORM_FAILED, _REFUSED = 0, 3, 5


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a student holds: the server said it has this submission. ``key`` is None from the CLI's
    own outbox, which forgets it."""

    student: str
    submission: str
    digest: str
    key: str | None


class Classroom:
    """A course with its students. :meth:`release` lets them hand in so many more submissions."""

    def __init__(self, world: World, plan: Plan) -> None:
        self.receipts: list[Receipt] = []
        self.statuses: Counter[str] = Counter()
        self._world, self._plan = world, plan
        self._files: dict[int, dict[str, bytes]] = {}
        # The command line waits for its report, so who uses it does not hold up the others.
        self._waiting: dict[bool, queue.Queue[int]] = {True: queue.Queue(), False: queue.Queue()}
        self._given = 0
        self._failures: list[BaseException] = []
        self._lock = threading.Lock()
        self._tokens = self._found_course()
        rng = random.Random(plan.seed + 1)
        different = max(1, plan.submissions // 3)
        for number in range(plan.submissions):
            # Some hand in the very same files as others, as classes do.
            same = self._files.get(number % different)
            self._files[number] = same or homework(rng, number)
        for by_hand, count in ((False, _SENDERS), (True, plan.from_command_line)):
            for number in range(count):
                name = f"sender {number}{' by hand' if by_hand else ''}"
                threading.Thread(target=self._send, args=(by_hand,), name=name, daemon=True).start()

    def release(self, total: int) -> None:
        """Let the students have handed in ``total`` submissions as soon as they can."""
        while self._given < min(total, self._plan.submissions):
            self._waiting[self._uses_command_line(self._given)].put(self._given)
            self._given += 1

    def catch_up(self, behind: int, seconds: float) -> None:
        """Wait a little while more than ``behind`` of those released have no receipt yet."""
        give_up_at = time.monotonic() + seconds
        while self._given - len(self.receipts) > behind and time.monotonic() < give_up_at:
            time.sleep(0.1)

    def wait(self, seconds: float) -> None:
        """Until each one released so far has its receipt."""
        give_up_at = time.monotonic() + seconds
        while len(self.receipts) < self._given:
            if self._failures:
                raise self._failures[0]
            if time.monotonic() > give_up_at:
                msg = f"{self._given - len(self.receipts)} submissions were not accepted in {seconds:g} s"
                raise AssertionError(msg)
            time.sleep(0.1)

    def _found_course(self) -> dict[str, str]:
        """Course, roster and problem set; the students' tokens by e-mail address."""
        headers = {"Authorization": f"Bearer {self._world.service.admin_token()}"}
        people = [f"Student {number},s{number}@example.org,student" for number in range(self._plan.students)]
        roster = "\n".join(["name,email,role", *people]).encode()
        with httpx2.Client(
            base_url=f"{self._world.service.url}/api/v1", headers=headers, timeout=120
        ) as http:
            http.post("/courses", json={"name": COURSE, "title": "Deep learning"}).raise_for_status()
            added = http.post(
                f"/courses/{COURSE}/roster", content=roster, headers={"Content-Type": "text/csv"}
            ).raise_for_status()
            http.put(f"/courses/{COURSE}/psets/{PSET}", json={}).raise_for_status()
        return {person["email"]: person["token"] for person in added.json()["added"]}

    def _uses_command_line(self, number: int) -> bool:
        """Whether the student of that submission is one of the last of the roster, who do."""
        return number % self._plan.students >= self._plan.students - self._plan.from_command_line

    def _send(self, by_hand: bool) -> None:
        while True:
            number = self._waiting[by_hand].get()
            student = f"s{number % self._plan.students}@example.org"
            try:
                if by_hand:
                    receipt = self._by_command_line(student, number)
                else:
                    receipt = self._by_client(student, number)
            except BaseException as error:  # told to whoever waits
                self._failures.append(error)
                raise
            with self._lock:
                self.receipts.append(receipt)

    def _by_client(self, student: str, number: int) -> Receipt:
        """As the command line sends it: one key, sent again until the server has said something."""
        key = str(uuid.uuid4())
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        transport = _Counting(self.statuses)
        with CourseService(self._world.service.url, self._tokens[student], transport=transport) as service:
            while True:
                try:
                    received = service.submit(COURSE, PSET, self._files[number], key=key)
                except UnreachableError:
                    assert time.monotonic() < give_up_at, f"submission {number} was never accepted"
                except RefusedError as refusal:
                    if refusal.status != _TOO_MANY:
                        raise
                    assert time.monotonic() < give_up_at, f"submission {number} was never accepted"
                else:
                    return Receipt(student, received.id, received.digest, key)
                time.sleep(0.5)

    def _by_command_line(self, student: str, number: int) -> Receipt:
        """``gradecli submit``, run again as often as it says that the platform failed."""
        home = self._world.folder / "homes" / f"{student}-{number}"
        work = home / "work"
        (work / PSET).mkdir(parents=True)
        for name, content in self._files[number].items():
            (work / PSET / name).write_bytes(content)
        self._gradecli(home, "login", self._world.service.url, "--token", self._tokens[student])
        self._gradecli(home, "submit", PSET, "--course", COURSE)
        (kept,) = (home / "receipts").rglob("*.json")
        said = json.loads(kept.read_text())
        return Receipt(student, said["id"], said["digest"], None)

    def _gradecli(self, home: Path, *arguments: str) -> None:
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        ours = {name: text for name, text in os.environ.items() if not name.startswith("GRADECLI_")}
        while True:
            status, said = self._world.family.run(
                [sys.executable, "-m", "gradecli", *arguments],
                cwd=home / "work",
                env=ours | {"GRADECLI_HOME": str(home)},
                stderr=subprocess.STDOUT,
            )
            self.statuses[f"gradecli {arguments[0]} exited with {status}"] += 1
            if status == _MADE_IT:
                return
            assert status in (_PLATFORM_FAILED, _REFUSED), said.decode()
            assert time.monotonic() < give_up_at, said.decode()
            time.sleep(0.5)


class _Counting(httpx2.BaseTransport):
    """The network, with a tally of what came back."""

    def __init__(self, statuses: Counter[str]) -> None:
        self._network = httpx2.HTTPTransport()
        self._statuses = statuses

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = self._network.handle_request(request)
        except httpx2.TransportError as error:
            self._statuses[type(error).__name__] += 1
            raise
        self._statuses[str(response.status_code)] += 1
        return response

    def close(self) -> None:
        self._network.close()
