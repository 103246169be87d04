"""Where a check's ``reference`` comes from: the package's own solution, or its recorded answers."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Protocol, Self

from grader.authoring import Check, Random
from grader.errors import PackageError
from grader.package import Problem
from grader.recording import Exchange, RecordedSession
from sandbox import InProcessSession, Session, load
from sandbox.errors import StudentCodeError
from sandbox.remote import RemoteModule, module_from
from sandbox.session import Answer
from sandbox.wire.messages import Operation

__all__ = [
    "LiveReference",
    "RecordedReference",
    "ReferenceRefusedError",
    "References",
    "TrustedSession",
    "loaded_reference",
]


class ReferenceRefusedError(ValueError):
    """The reference failed on what a check gave it: often an odd answer of the student's.

    Not a :class:`StudentCodeError`, whose lines are told to students: these would be the reference's.
    """


class References(Protocol):
    """Gives each check the reference it compares with."""

    def for_check(self, check: Check) -> RemoteModule:
        """The reference as a module, called like the student's."""
        ...

    def require_sound(self, check: Check, seed: int, cause: Exception) -> None:
        """The check raised an error of its own: return if the student's answer is to blame.

        Raises:
            PackageError: the reference itself does not pass, so the check is broken.
        """
        ...


class LiveReference:
    """The reference solution, run in this (trusted) process and, as the student's file is, loaded anew
    for each check: what it keeps or draws in one cannot change its answers in the next."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._stack = contextlib.ExitStack()
        self._session: InProcessSession | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def for_check(self, check: Check) -> RemoteModule:
        if self._session is None:
            self._session = self._stack.enter_context(InProcessSession())
        return loaded_reference(self._problem, self._session)

    def require_sound(self, check: Check, seed: int, cause: Exception) -> None:
        with InProcessSession() as one, InProcessSession() as other:
            student, reference = loaded_reference(self._problem, one), loaded_reference(self._problem, other)
            try:
                check.run(student, reference, Random(seed))
            except Exception as error:
                raise PackageError(
                    self._problem.folder / "checks", f"{check.name} fails on the reference itself: {error!r}"
                ) from cause


class RecordedReference:
    """Recorded answers: what a student's machine has in place of the reference.

    Args:
        exchanges: for each check, the reference's answers in order.
    """

    def __init__(self, exchanges: dict[str, tuple[Exchange, ...]]) -> None:
        self._exchanges = exchanges

    def for_check(self, check: Check) -> RemoteModule:
        return module_from(RecordedSession(self._exchanges.get(check.name, ())))

    def require_sound(self, check: Check, seed: int, cause: Exception) -> None:
        """A recorded check passed on the reference when it was exported."""


def loaded_reference(problem: Problem, session: InProcessSession) -> RemoteModule:
    """The reference solution, loaded into ``session``.

    Raises:
        PackageError: it does not load.
    """
    files = problem.files_with(problem.text("reference.py"))
    try:
        return load(TrustedSession(session), files, problem.file_name)
    except StudentCodeError as error:
        raise PackageError(problem.folder / "reference.py", f"cannot be loaded: {error}") from error


class TrustedSession:
    """A session of the reference's: its failures are never the student's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        try:
            return self._session.request(operation, *operands, time_limit=time_limit, release=release)
        except StudentCodeError as error:
            if operation is Operation.LOAD or operands[:1] == ("len",):  # list() asks, and goes on without
                raise
            raise ReferenceRefusedError(f"the reference failed: {error}") from error
