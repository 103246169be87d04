"""What one run does: how many of which kind, in which order, all of it from one seed."""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["KINDS", "Kind", "Plan"]


class Kind(StrEnum):
    """What can be killed."""

    WEB = "web"
    WORKER = "worker"
    CHILD = "grading child"
    SANDBOX = "sandbox"
    ENGINE = "Docker engine"
    DATABASE = "PostgreSQL"
    SUPERVISOR = "supervisor"


KINDS = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. ``each`` kills of every kind that applies, in an order that ``seed`` decides.

    The supervisor is killed a fifth as often: everything else starts anew with it.
    """

    seed: int
    each: int
    submissions: int
    students: int
    workers: int
    from_command_line: int
    postgresql: bool
    docker: bool

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Plan:
        seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(2**32)
        return cls(
            seed=seed,
            each=arguments.each,
            submissions=arguments.submissions,
            students=arguments.students,
            workers=arguments.workers,
            from_command_line=arguments.from_command_line,
            postgresql=arguments.database == "postgresql",
            docker=arguments.sandbox == "docker",
        )

    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that can be killed in this run."""
        absent = {Kind.ENGINE: not self.docker, Kind.DATABASE: not self.postgresql}
        return tuple(kind for kind in KINDS if not absent.get(kind, False))

    def kills(self) -> list[Kind]:
        """Every kill, in order."""
        fewer = {Kind.SUPERVISOR: -(-self.each // 5)}
        listed = [kind for kind in self.kinds() for _ in range(fewer.get(kind, self.each))]
        random.Random(self.seed).shuffle(listed)
        return listed
