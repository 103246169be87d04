"""Writes a transcript while a submission is graded: beside the answers, never in their way."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from types import TracebackType
from typing import IO, Final, Self

from grader.package import Problem
from grader.transcripts.records import (
    MAGIC,
    Ended,
    ForbiddenCalled,
    GradingOpened,
    GuestStarted,
    ProblemOpened,
    Record,
    SectionOpened,
    Spent,
    Stopped,
    hashes_of,
    pack_record,
    pack_request,
)
from sandbox import Session
from sandbox.errors import StudentCodeError, StudentExceptionError
from sandbox.session import Answer
from sandbox.wire.messages import Failure, Frame, Operation, Raised, Returned, pack_message
from sandbox.wire.values import UnsupportedValueError

__all__ = ["MAX_BYTES", "TranscriptWriter"]

MAX_BYTES: Final = 64 * 2**20
"""What one transcript may hold, before it is compressed. A larger one is cut, and says so."""
_FASTEST = 1  # arrays of floats hardly shrink at any level; names and structure do at this one


class TranscriptWriter:
    """Writes one transcript to ``file``, which is complete after the ``with`` block.

    Args:
        max_bytes: where a transcript that grows beyond this ends; it then says that it must be run again.
    """

    def __init__(self, file: IO[bytes], *, max_bytes: int = MAX_BYTES) -> None:
        self._file = file
        self._packer = zlib.compressobj(_FASTEST)
        self._room = max_bytes
        self._files: dict[str, str] = {}
        self._spent: float | None = None
        file.write(MAGIC)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._end_section()
            self._put(pack_record(Ended(complete=self._room >= 0)))
            self._file.write(self._packer.flush())

    def open_grading(self, opened: GradingOpened) -> None:
        self._record(opened)

    def open_problem(self, problem: Problem, checks: tuple[str, ...], files: Mapping[str, str]) -> None:
        """The problem whose sections follow, the names of its checks, and the files its guests load."""
        self._end_section()
        self._files = hashes_of(files)
        runtime, memory = str(problem.runtime), problem.limits.memory_bytes
        self._record(ProblemOpened(problem.name, problem.digest, runtime, memory, checks, self._files))

    def open_section(self, opened: SectionOpened) -> None:
        self._end_section()
        self._record(opened)
        self._spent = 0.0

    def guest_started(self, versions: Mapping[str, str]) -> None:
        self._record(GuestStarted(versions))

    def forbidden_called(self, calls: Mapping[str, int]) -> None:
        """How often the problem's checks saw what is forbidden called; after its last section."""
        self._end_section()
        self._record(ForbiddenCalled(calls))

    def listen(self, session: Session) -> Session:
        """``session``, with everything that passes through it written down."""
        return _Listening(session, self)

    def request(self, operation: Operation, operands: tuple[object, ...]) -> bytes | None:
        """The request's frame, or None when it cannot cross the wire or nothing more is kept."""
        if self._room < 0:
            return None
        try:
            return pack_request(operation, operands, self._files)
        except UnsupportedValueError:
            return None

    def keep(self, asked: bytes | None, answered: Returned | Raised | Stopped, seconds: float) -> None:
        """Write down one request with what came of it."""
        if self._room < 0:
            return
        try:
            answer = pack_record(answered) if isinstance(answered, Stopped) else _joined(answered)
        except UnsupportedValueError:  # the wire reads a little more than it writes
            asked = None
        if asked is None:
            self._room = -1
            return
        self._spent = (self._spent or 0.0) + seconds
        self._add(asked + answer)

    def _end_section(self) -> None:
        if self._spent is not None:
            spent, self._spent = self._spent, None
            self._record(Spent(spent))

    def _record(self, record: Record) -> None:
        self._add(pack_record(record))

    def _add(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room >= 0:
            self._put(data)

    def _put(self, data: bytes) -> None:
        self._file.write(self._packer.compress(data))


class _Listening:
    """A session that writes down what passes. Values are written at that moment: a check may change its
    arrays in place later."""

    def __init__(self, session: Session, writer: TranscriptWriter) -> None:
        self._session, self._writer = session, writer

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        asked = self._writer.request(operation, operands)
        started = time.monotonic()
        try:
            answer = self._session.request(operation, *operands, time_limit=time_limit, release=release)
        except StudentCodeError as error:
            self._writer.keep(asked, _failure(error), time.monotonic() - started)
            raise
        returned = Returned(0, answer.value, answer.printed)
        self._writer.keep(asked, returned, time.monotonic() - started)
        return answer


def _failure(error: StudentCodeError) -> Raised | Stopped:
    if not isinstance(error, StudentExceptionError):
        return Stopped.of(error)
    frames = tuple(Frame(f.file, f.line, f.function, f.source) for f in error.frames)
    return Raised(0, Failure(error.reason), error.kind, error.text, frames, error.printed)


def _joined(message: Returned | Raised) -> bytes:
    return b"".join(pack_message(message))
