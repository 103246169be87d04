"""Reads a transcript back. It holds values that students chose: nothing in it is believed unseen."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from grader.errors import TranscriptError
from grader.transcripts.records import (
    LIMITS,
    MAGIC,
    Ended,
    ForbiddenCalled,
    GradingOpened,
    GuestStarted,
    ProblemOpened,
    Record,
    SectionOpened,
    Spent,
    Stop,
    Stopped,
    kind_of,
    unpack_record,
)
from grader.transcripts.writing import MAX_BYTES
from sandbox.session import Answer, clean_text, raise_failure
from sandbox.wire.frames import PREFIX_BYTES, WireError, read_prefix
from sandbox.wire.messages import Raised, Returned, unpack_message
from sandbox.wire.values import HandleRef

__all__ = ["Exchange", "RecordedProblem", "Section", "Transcript", "read_transcript"]

_SLACK: Final = 2**16  # the last record, which says that a transcript is too large
_ANSWERS: Final = ("returned", "raised", "stopped")


class Exchange(NamedTuple):
    """A recorded request and what came of it, both as their frames' bytes."""

    asked: bytes
    answered: _RawFrame

    def answer(self, files: Mapping[str, str], seconds: float, memory_bytes: int) -> Answer:
        """What the student's code answered; read anew each time, since a check may change it in place.

        Args:
            files: what the guest loaded; a traceback is believed only where it names a line of these.

        Raises:
            StudentCodeError: the request failed, as it did then.
            TranscriptError: the bytes are no answer.
        """
        reply = self._reply()
        if isinstance(reply, Stopped):
            raise reply.error(seconds, memory_bytes)
        if isinstance(reply, Raised):
            raise_failure(reply, memory_bytes, files)
        return Answer(reply.value, clean_text(reply.printed))

    @property
    def timed_out(self) -> bool:
        """Whether the code was stopped at its time limit."""
        if self.answered.kind != "stopped":
            return False
        reply = self._reply()
        return isinstance(reply, Stopped) and reply.stop is Stop.TIME

    def _reply(self) -> Returned | Raised | Stopped:
        header, body = self.answered.header, bytearray(self.answered.body)
        try:
            if self.answered.kind == "stopped":
                reply: object = unpack_record(header, body)
            else:
                reply = unpack_message(header, body, LIMITS, _keep_reference)
        except WireError as error:
            raise TranscriptError(f"the transcript is damaged: {error}. Run the submission again.") from error
        if not isinstance(reply, Returned | Raised | Stopped):
            raise TranscriptError("the transcript is damaged: not an answer. Run the submission again.")
        return reply


@dataclass(frozen=True, slots=True)
class Section:
    """All requests to one load of the student's file."""

    opened: SectionOpened
    exchanges: tuple[Exchange, ...]
    spent: float


@dataclass(frozen=True, slots=True)
class RecordedProblem:
    """What was asked and answered for one problem. ``sections`` are in the order they were run in.

    ``called``: how often the student's code called what was forbidden, as its process told it.
    """

    opened: ProblemOpened
    versions: Mapping[str, str]
    sections: tuple[Section, ...]
    called: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Transcript:
    """A complete transcript, in memory. Answers are decoded when they are asked for."""

    opened: GradingOpened
    problems: Mapping[str, RecordedProblem]


class _RawFrame(NamedTuple):
    kind: str
    whole: bytes
    header: bytes
    body: bytes


def read_transcript(content: bytes, *, max_bytes: int = MAX_BYTES) -> Transcript:
    """Read what a :class:`TranscriptWriter` has written.

    Raises:
        TranscriptError: it is damaged, or says that it was too large to be kept.
    """
    try:
        return _read(_frames(_unpacked(content, max_bytes + _SLACK)))
    except WireError as error:
        raise TranscriptError(f"the transcript is damaged: {error}. Run the submission again.") from error


def _unpacked(content: bytes, most: int) -> bytes:
    if not content.startswith(MAGIC):
        raise WireError("it does not start as a transcript does")
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(content[len(MAGIC) :], most)
    except zlib.error as error:
        raise WireError("it cannot be unpacked") from error
    if not unpacker.eof or unpacker.unused_data:
        raise WireError("it is cut, too long, or followed by something else")
    return data


def _frames(data: bytes) -> Iterator[_RawFrame]:
    offset = 0
    while offset < len(data):
        middle = offset + PREFIX_BYTES
        sizes = read_prefix(data[offset:middle], LIMITS)
        header_end = middle + sizes.header_bytes
        end = header_end + sizes.body_bytes
        if end > len(data):
            raise WireError("its last record is cut")
        header = data[middle:header_end]
        yield _RawFrame(kind_of(header), data[offset:end], header, data[header_end:end])
        offset = end


class _Reader:
    """Puts the records of one transcript together, in the only order they may have."""

    def __init__(self, opened: GradingOpened) -> None:
        self.opened = opened
        self.problems: dict[str, RecordedProblem] = {}
        self._problem: ProblemOpened | None = None
        self._versions: dict[str, str] = {}
        self._sections: list[Section] = []
        self._called: Mapping[str, int] = {}
        self._section: SectionOpened | None = None
        self._exchanges: list[Exchange] = []
        self._asked: bytes | None = None

    def take(self, frame: _RawFrame) -> Ended | None:
        if frame.kind == "request":
            if self._section is None or self._asked is not None:
                raise WireError("a request out of its place")
            self._asked = frame.whole
            return None
        if frame.kind in _ANSWERS:
            if self._asked is None:
                raise WireError("an answer to nothing")
            self._exchanges.append(Exchange(self._asked, frame))
            self._asked = None
            return None
        if self._asked is not None:
            raise WireError("a request without an answer")
        return self._take_record(unpack_record(frame.header, bytearray(frame.body)))

    def _take_record(self, record: Record) -> Ended | None:
        match record:
            case ProblemOpened() as problem if self._section is None:
                self._close_problem()
                self._problem = problem
            case SectionOpened() as section if self._problem is not None and self._section is None:
                self._section = section
            case GuestStarted() as guest if self._section is not None:
                self._versions |= guest.versions
            case Spent() as spent if self._section is not None:
                self._sections.append(Section(self._section, tuple(self._exchanges), spent.seconds))
                self._section, self._exchanges = None, []
            case ForbiddenCalled() as told if self._problem is not None and self._section is None:
                self._called = told.calls
            case Ended() as ended:
                if ended.complete and self._section is not None:
                    raise WireError("its end is missing")
                self._close_problem()
                return ended
            case _:
                raise WireError("a record out of its place")
        return None

    def _close_problem(self) -> None:
        if self._problem is None:
            return
        if self._problem.name in self.problems:
            raise WireError("a problem is there twice")
        self.problems[self._problem.name] = RecordedProblem(
            self._problem, self._versions, tuple(self._sections), self._called
        )
        self._problem, self._versions, self._sections, self._called = None, {}, [], {}


def _read(frames: Iterator[_RawFrame]) -> Transcript:
    first = next(frames, None)
    opened = None if first is None else unpack_record(first.header, bytearray(first.body))
    if isinstance(opened, Ended) and not opened.complete:
        raise _too_large()
    if not isinstance(opened, GradingOpened):
        raise WireError("it does not begin with what was graded")
    reader = _Reader(opened)
    for frame in frames:
        ended = reader.take(frame)
        if ended is None:
            continue
        if not ended.complete:
            raise _too_large()
        if next(frames, None) is not None:
            raise WireError("something follows its end")
        return Transcript(opened, reader.problems)
    raise WireError("its end is missing")


def _too_large() -> TranscriptError:
    return TranscriptError("The transcript grew too large to be kept whole. Run the submission again.")


def _keep_reference(reference: HandleRef) -> HandleRef:
    return HandleRef(reference.id, clean_text(reference.class_name))
