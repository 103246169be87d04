"""What is right: the reference, run in this trusted process, with the other accepted answers for witnesses.

A check may leave open what the reference decides. Where an accepted answer gives something else than the
reference, no difference from it is shown to anybody.
"""

from __future__ import annotations

import math
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import numpy as np

from grader.authoring import Check
from grader.counterexamples.differences import Precision, difference
from grader.counterexamples.draws import SmallRandom
from grader.counterexamples.programs import Loaded, Outcome, Player, Program, key_of, leaves, program_of
from grader.counterexamples.values import is_array
from grader.package import Problem
from grader.tracing import Step, Tracing
from sandbox import InProcessSession, Session, load
from sandbox.errors import StudentCodeError
from sandbox.remote import RemoteModule
from sandbox.session import Answer
from sandbox.wire.messages import Operation
from sandbox.wire.values import HandleRef

__all__ = ["Draw", "Ear", "Witnesses"]

_MOST_STEPS: Final = 400
_MOST_NUMBERS: Final = 100_000
"""For one draw, sent and received; what is asked in programs does not count."""
_MOST_KEPT: Final = 20_000
_CLOSER: Final = 0.01
"""How near accepted answers must be to the reference, in terms of what counts as different."""


class TooManyStepsError(Exception):
    """A check asks so much that there is no small example in it."""


class Draw(NamedTuple):
    """Small inputs on which a check makes sense: what it asks on them, and what is right."""

    steps: tuple[Step, ...]
    program: Program


class Ear:
    """Listens to a module that is about to be loaded, and keeps the way to it.

    Its requests raise :class:`TooManyStepsError` where there are too many, or too large ones, for so many
    draws.
    """

    def __init__(self, draws: int = 1) -> None:
        self._draws, self._numbers = draws, 0
        self.tracing: Tracing
        self.player: Player
        self._session: Session
        self._asked = 0

    def __call__(self, session: Session) -> Session:
        self._session, self.tracing, self._asked = session, Tracing(session), 0
        return self

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        """See :meth:`sandbox.session.Session.request`."""
        self._asked += 1
        if self._asked > self._draws * _MOST_STEPS:
            raise TooManyStepsError
        answer = self.tracing.request(operation, *operands, time_limit=time_limit, release=release)
        if operation is not Operation.LOAD:
            self._numbers += sum(_size(leaf) for _, leaf in leaves((operands, answer.value)))
            if self._numbers > self._draws * _MOST_NUMBERS:
                raise TooManyStepsError
        else:
            handles = answer.value if isinstance(answer.value, tuple) else ()
            if len(handles) == 2 and isinstance(handles[0], HandleRef):
                support = handles[1] if isinstance(handles[1], HandleRef) else None
                self.loaded = Loaded(handles[0], support)
                self.player = Player(self._session, self.loaded)
        return answer


def _size(leaf: Any) -> int:
    return math.prod(leaf.shape) if is_array(leaf) else 1


class Witnesses:
    """The reference and the accepted answers of one problem. A context manager: leaving it ends what runs.

    What it calculates is kept: many submissions make the same mistake, and lead to the same programs.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._stack = ExitStack()
        self._players: list[Player] = []
        self._compared: InProcessSession | None = None
        self._draws: dict[tuple[str, int, int], Draw | None] = {}
        self._endless: set[str] = set()
        self._right: dict[bytes, list[Outcome] | None] = {}
        self._agreed: dict[tuple[bytes, Precision], bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._players.clear()
        self._compared = None

    def draw(self, check: Check, seed: int, room: int) -> Draw | None:
        """What ``check`` asks on the small inputs of ``seed``; None where the reference itself fails it."""
        key = (check.name, seed, room)
        if check.name in self._endless:
            return None
        if key not in self._draws:
            self._draws[key] = self._drawn(check, seed, room)
        return self._draws[key]

    def reference(self) -> RemoteModule:
        """The reference for a check to compare with, loaded anew."""
        if self._compared is None:
            self._compared = self._stack.enter_context(InProcessSession())
        source = self._problem.text("reference.py")
        return load(self._compared, self._problem.files_with(source), self._problem.file_name)

    def right(self, program: Program) -> list[Outcome] | None:
        """What the reference gives for ``program``."""
        key = key_of(program)
        if key not in self._right and len(self._right) < _MOST_KEPT:
            self._right[key] = self._played(self._loaded()[0], program)
        return self._right[key] if key in self._right else self._played(self._loaded()[0], program)

    def agreed(self, program: Program, right: list[Outcome], precision: Precision) -> bool:
        """Whether every accepted answer gives ``right``, and the reference gives it again."""
        key = (key_of(program), precision)
        if key not in self._agreed and len(self._agreed) < _MOST_KEPT:
            self._agreed[key] = self._agree(program, right, precision)
        return self._agreed[key] if key in self._agreed else self._agree(program, right, precision)

    def _agree(self, program: Program, right: list[Outcome], precision: Precision) -> bool:
        closer = Precision(precision.rtol * _CLOSER, precision.atol * _CLOSER, precision.dtype)
        for player in self._loaded():
            found = self._played(player, program)
            if found is None or len(found) != len(right):
                return False
            for line, mine, wanted in zip(program, found, right, strict=True):
                if difference(line, mine, wanted, closer) is not None:
                    return False
        return True

    def _drawn(self, check: Check, seed: int, room: int) -> Draw | None:
        source = self._problem.text("reference.py")
        # Whatever goes wrong there, the check makes no sense on these inputs.
        with suppress(Exception), np.errstate(all="ignore"), ExitStack() as stack:
            student, ear = self._load(source, stack)
            try:
                check.run(student, self._load(source, stack)[0], SmallRandom(seed, room))
            except TooManyStepsError:
                self._endless.add(check.name)
                raise
            return Draw(tuple(ear.tracing.steps), program_of(ear.tracing.steps, ear.loaded))
        return None

    def _played(self, player: Player, program: Program) -> list[Outcome] | None:
        with suppress(StudentCodeError), np.errstate(all="ignore"):
            return player.play(program)
        return None

    def _loaded(self) -> list[Player]:
        if not self._players:
            paths = sorted((self._problem.folder / "submissions" / "accepted").glob("*.py"))
            sources = [path.read_text(encoding="utf-8") for path in paths]
            for source in (self._problem.text("reference.py"), *sources):
                with suppress(StudentCodeError):
                    self._players.append(self._load(source, self._stack)[1].player)
        return self._players

    def _load(self, source: str, stack: ExitStack) -> tuple[RemoteModule, Ear]:
        ear = Ear()
        session = ear(stack.enter_context(InProcessSession()))
        return load(session, self._problem.files_with(source), self._problem.file_name), ear
