"""Sends SIGKILL, in the order that the seed decides, and writes down each one."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from tests.chaos.kills.plan import Kind, Plan
from tests.chaos.kills.processes import Member, Role
from tests.chaos.kills.service import World
from tests.chaos.kills.students import Classroom

__all__ = ["Kill", "Killer"]

_VICTIM_SECONDS = 120.0
_MOST_BEHIND = 24
_BEHIND_SECONDS = 20.0
_ROLES = {Kind.WEB: Role.WEB, Kind.WORKER: Role.WORKER, Kind.CHILD: Role.CHILD}


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill: which, when (seconds from the first), of what, and whose grading it hit, if known."""

    number: int
    kind: Kind
    at: float
    victim: str
    submission: str | None = None


class Killer:
    """Works through the plan's kills while the classroom hands in."""

    def __init__(self, world: World, plan: Plan, classroom: Classroom) -> None:
        self.kills: list[Kill] = []
        self._world, self._plan, self._classroom = world, plan, classroom
        self._rng = random.Random(plan.seed + 2)
        self._began = time.monotonic()
        self._sandboxes_killed: set[str] = set()
        self._database = create_engine(world.service.settings.database_address, poolclass=NullPool)

    def run(self) -> None:
        listed = self._plan.kills()
        for number, kind in enumerate(listed, start=1):
            self._classroom.release(-(-number * self._plan.submissions // len(listed)))
            # Submissions arrive during all of it, not after it.
            self._classroom.catch_up(behind=_MOST_BEHIND, seconds=_BEHIND_SECONDS)
            time.sleep(self._rng.uniform(0.2, 1.5))
            self._kill(number, kind)
        self._classroom.release(self._plan.submissions)

    def _kill(self, number: int, kind: Kind) -> None:
        give_up_at = time.monotonic() + _VICTIM_SECONDS
        while True:
            assert time.monotonic() < give_up_at, f"there was no {kind} to kill for {_VICTIM_SECONDS:g} s"
            if done := self._try(kind):
                break
            if kind in (Kind.CHILD, Kind.SANDBOX):
                # Nothing is graded now: let somebody hand in.
                self._classroom.release(len(self._classroom.receipts) + 1)
            time.sleep(0.02)
        victim, submission = done
        kill = Kill(number, kind, round(time.monotonic() - self._began, 2), victim, submission)
        self.kills.append(kill)
        print(f"{kill.at:8.2f} s  kill {number}: {kind}: {victim} {submission or ''}", file=sys.stderr)
        self._bring_back(kind)

    def _try(self, kind: Kind) -> tuple[str, str | None] | None:
        """Kill one of that kind: what it was and whose grading it hit; None when there is none now."""
        match kind:
            case Kind.ENGINE:
                assert self._world.engine is not None
                return self._world.engine.kill(self._rng), None
            case Kind.DATABASE:
                assert self._world.postgres is not None
                return self._world.postgres.kill(self._rng), None
            case Kind.SUPERVISOR:
                process = self._world.service.process
                assert process is not None
                if self._near_the_end():  # every worker ends with it
                    return None
                process.kill()
                process.wait()
                return f"process {process.pid}", None
            case Kind.SANDBOX:
                return self._container() if self._world.engine else self._sandbox_process()
            case _:
                return self._process(_ROLES[kind])

    def _process(self, role: Role) -> tuple[str, str | None] | None:
        victims = self._world.family.of(role)
        if role is Role.WEB and not self._world.service.answers():
            return None
        if not victims:
            return None
        victim = self._rng.choice(victims)
        submission = self._graded_by(victim.pid)
        if role is not Role.WEB and submission in self._near_the_end():
            return None
        with suppress(ProcessLookupError):
            os.kill(victim.pid, signal.SIGKILL)
            return f"process {victim.pid}", submission
        return None

    def _sandbox_process(self) -> tuple[str, str | None] | None:
        """One process of a sandbox: bubblewrap's own, or the student's."""
        victims = self._world.family.of(Role.SANDBOX)
        self._rng.shuffle(victims)
        for victim in victims:
            submission = self._graded_by(victim.pid)
            if submission is None or submission in self._sandboxes_killed:
                continue
            with suppress(ProcessLookupError):
                os.kill(victim.pid, signal.SIGKILL)
                self._sandboxes_killed.add(submission)
                return f"process {victim.pid}, {victim.command[0].rpartition('/')[2]}", submission
        return None

    def _container(self) -> tuple[str, str | None] | None:
        assert self._world.engine is not None
        victims = sorted(self._world.engine.running().items())
        self._rng.shuffle(victims)
        for container, owner in victims:
            submission = self._graded_by(owner)
            if submission is None or submission in self._sandboxes_killed:
                continue
            if self._world.engine.kill_sandbox(container):
                self._sandboxes_killed.add(submission)
                return f"container {container[:12]}", submission
        return None

    def _graded_by(self, pid: int) -> str | None:
        """The submission that the worker above process ``pid`` holds."""
        members: dict[int, Member] = {member.pid: member for member in self._world.family.members()}
        while pid in members and members[pid].role is not Role.WORKER:
            pid = members[pid].parent
        if pid not in members:
            return None
        held = text(
            "SELECT submission_id FROM grading_jobs WHERE state = 'running' AND lease_owner LIKE :worker"
        )
        try:
            with self._database.connect() as connection:
                found: str | None = connection.scalar(held, {"worker": f"%-{pid}-%"})
        except SQLAlchemyError:
            return None
        return found

    def _near_the_end(self) -> set[str]:
        """The submissions whose next failed try would be their last. What kills its worker each time is
        rightly taken for poison, so nobody is killed so often over the same one."""
        tried = text("SELECT submission_id FROM grading_jobs WHERE state = 'running' AND failures >= :most")
        most = self._world.service.settings.grading_tries - 1
        try:
            with self._database.connect() as connection:
                return set(connection.scalars(tried, {"most": most}))
        except SQLAlchemyError:
            return set()

    def _bring_back(self, kind: Kind) -> None:
        """What nobody but an operator's init system starts again, after a moment without it."""
        if kind is Kind.ENGINE and self._world.engine is not None:
            time.sleep(self._rng.uniform(0.0, 2.0))
            self._world.engine.start()
        if kind is Kind.DATABASE and self._world.postgres is not None:
            time.sleep(self._rng.uniform(0.0, 2.0))
            self._world.postgres.start()
        if kind is Kind.SUPERVISOR:
            time.sleep(self._rng.uniform(0.0, 1.5))
            self._world.service.start()
