"""The records a transcript is made of: frames of the wire, one after the other, compressed together.

::

    "GCTRANS1"                      magic and version; what follows is one zlib stream of frames
    grading                         the submission, the set's version, the sandbox
      problem                       a problem, its version, its limits, what its guests load
        section                     a load of the student's file for one check on one instance, its seeds
          guest                     a sandbox was started for it; the versions of its libraries
          request                   as on the wire; of a load, the files' hashes stand for the files
          returned | raised         as on the wire
          stopped                   a limit, a death or a violation in place of an answer
        spent                       seconds the student's code took in the section
        called                        where forbidden names were called in the sections: how often each
    end                             nothing is missing; or: too large, the rest was not kept
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from grader.report import Visibility
from sandbox.errors import (
    MemoryLimitError,
    OutputLimitError,
    ProcessDiedError,
    ProtocolViolationError,
    StudentCodeError,
    TimeLimitError,
)
from sandbox.session import MAX_PRINTED, clean_text
from sandbox.wire.frames import Buffer, FrameLimits, WireError, pack_frame, parse_header, split_body
from sandbox.wire.messages import Operation, Request, pack_message
from sandbox.wire.values import Decoder, Encoder

__all__ = [
    "LIMITS",
    "MAGIC",
    "Ended",
    "ForbiddenCalled",
    "GradingOpened",
    "GuestStarted",
    "ProblemOpened",
    "Purpose",
    "Record",
    "SectionOpened",
    "Spent",
    "Stop",
    "Stopped",
    "hashes_of",
    "kind_of",
    "pack_record",
    "pack_request",
    "unpack_record",
]

MAGIC: Final = b"GCTRANS1"
LIMITS: Final = FrameLimits()
_MAX_TEXT = 4_000
_FIELDS_BEFORE_PURPOSE = 7  # of a section, in transcripts from before there was advice
_KIND = re.compile(rb'\{"kind":"([a-z]{1,20})",')


@dataclass(frozen=True, slots=True)
class GradingOpened:
    """What was graded, and where."""

    submission_digest: str
    pset: str
    pset_digest: str
    backend: str
    not_enforced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProblemOpened:
    """A problem, and what its guests ran under.

    ``checks`` names all that it had, the skipped ones too; ``files`` are the hashes of what guests load.
    """

    name: str
    digest: str
    runtime: str
    memory_bytes: int
    checks: tuple[str, ...]
    files: Mapping[str, str]


class Purpose(StrEnum):
    """What a load of the student's file is for. Points come from checks alone."""

    CHECK = "check"
    DIAGNOSIS = "diagnosis"
    """A failed check on inputs that are the same for every submission: which mistake is it?"""
    EXAMPLE = "example"
    """A failed check on small inputs that no check uses, in a sandbox that has seen no others."""


@dataclass(frozen=True, slots=True)
class SectionOpened:
    """The student's file is loaded for a check (``""``: only to see that it loads).

    ``seed`` is that of the check's random source, ``guest_seed`` that of the guest's own.
    """

    check: str
    visibility: Visibility
    number: int
    seed: int
    guest_seed: int
    seconds: float
    fresh: bool
    purpose: Purpose = Purpose.CHECK


@dataclass(frozen=True, slots=True)
class GuestStarted:
    """A sandbox was started; the versions of its libraries."""

    versions: Mapping[str, str]


class Stop(StrEnum):
    """Why there is no answer, where the guest did not say so itself."""

    TIME = "time"
    MEMORY = "memory"
    OUTPUT = "output"
    DIED = "died"
    VIOLATION = "violation"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A request that was not answered. ``text`` is for staff; limits are the replaying problem's own."""

    stop: Stop
    text: str
    printed: str

    @classmethod
    def of(cls, error: StudentCodeError) -> Stopped:
        stop = next((stop for kind, stop in _STOPS.items() if isinstance(error, kind)), Stop.OTHER)
        return cls(stop, str(error)[:_MAX_TEXT], error.printed)

    def error(self, seconds: float, memory_bytes: int) -> StudentCodeError:
        """The error that the request ended with."""
        text, printed = clean_text(self.text), clean_text(self.printed[:MAX_PRINTED])
        match self.stop:
            case Stop.TIME:
                return TimeLimitError(seconds, printed=printed)
            case Stop.MEMORY:
                return MemoryLimitError(memory_bytes, printed=printed)
            case Stop.OUTPUT:
                return OutputLimitError(text, printed=printed)
            case Stop.DIED:
                return ProcessDiedError(text, printed=printed)
            case Stop.VIOLATION:
                return ProtocolViolationError(text, printed=printed)
            case Stop.OTHER:
                return StudentCodeError(text, printed=printed)


_STOPS: Final[dict[type[StudentCodeError], Stop]] = {
    TimeLimitError: Stop.TIME,
    MemoryLimitError: Stop.MEMORY,
    OutputLimitError: Stop.OUTPUT,
    ProcessDiedError: Stop.DIED,
    ProtocolViolationError: Stop.VIOLATION,
}


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that the student's code took in the section before."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ForbiddenCalled:
    """How often the student's code called each forbidden name, as its process told it; none: no record."""

    calls: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Ended:
    """The end. Not ``complete``: the transcript outgrew its bound, and the rest was not kept."""

    complete: bool


Record = (
    GradingOpened | ProblemOpened | SectionOpened | GuestStarted | Stopped | Spent | ForbiddenCalled | Ended
)


def hashes_of(files: Mapping[str, str]) -> dict[str, str]:
    """The SHA-256 of each file's text by its name."""
    return {name: hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() for name, text in files.items()}


def pack_request(operation: Operation, operands: tuple[object, ...], files: Mapping[str, str]) -> bytes:
    """A request as it is recorded and compared: its frame, equal for equal requests and no others.

    Args:
        files: the hashes that stand for the files of a load.

    Raises:
        UnsupportedValueError: an operand cannot cross the wire.
    """
    if operation is Operation.LOAD:
        operands = (dict(files), *operands[1:])
    return b"".join(pack_message(Request(0, operation, operands)))


def pack_record(record: Record) -> bytes:
    """A record's frame."""
    match record:
        case GradingOpened():
            kind = "grading"
            fields: tuple[object, ...] = (
                record.submission_digest,
                record.pset,
                record.pset_digest,
                record.backend,
                record.not_enforced,
            )
        case ProblemOpened():
            kind = "problem"
            ran_under = (record.runtime, record.memory_bytes)
            fields = (record.name, record.digest, *ran_under, record.checks, dict(record.files))
        case SectionOpened():
            kind = "section"
            seeds = (record.seed, record.guest_seed)
            fields = (
                record.check,
                str(record.visibility),
                record.number,
                *seeds,
                record.seconds,
                record.fresh,
                str(record.purpose),
            )
        case GuestStarted():
            kind, fields = "guest", (dict(record.versions),)
        case Stopped():
            kind, fields = "stopped", (str(record.stop), record.text, record.printed)
        case Spent():
            kind, fields = "spent", (record.seconds,)
        case ForbiddenCalled():
            kind, fields = "called", (dict(record.calls),)
        case Ended():
            kind, fields = "end", (record.complete,)
    encoder = Encoder()
    header: dict[str, object] = {"kind": kind, "fields": [encoder.encode(field) for field in fields]}
    return b"".join(pack_frame(header, encoder.buffers))


def kind_of(header: Buffer) -> str:
    """What kind of record a frame's header says it begins, at a glance: whoever needs more parses it.

    Raises:
        WireError: it is no record's.
    """
    found = _KIND.match(header)
    if found is None:
        raise WireError("a record of no kind")
    return found[1].decode()


def unpack_record(header: Buffer, body: bytearray) -> Record:
    """The record in a frame's header and body.

    Raises:
        WireError: the bytes are no record.
    """
    parsed = parse_header(header)
    if set(parsed) != {"kind", "fields", "buffers"} or not isinstance(parsed["fields"], list):
        raise WireError("the header does not have a record's parts")
    decoder = Decoder(split_body(parsed, body, LIMITS), LIMITS)
    fields = [decoder.decode(field) for field in parsed["fields"]]
    decoder.finish()
    kind = parsed["kind"]
    if not isinstance(kind, str) or kind not in _FORMS:
        raise WireError("a record of no known kind")
    record, form = _FORMS[kind]
    if kind == "section" and len(fields) == _FIELDS_BEFORE_PURPOSE:
        fields.append(str(Purpose.CHECK))
    if len(fields) != len(form):
        raise WireError(f"a {kind!r} record has the wrong number of parts")
    made: Record = record(*(read(field) for read, field in zip(form, fields, strict=True)))
    return made


def _text(value: object) -> str:
    if type(value) is not str or len(value) > max(_MAX_TEXT, MAX_PRINTED):
        raise WireError("not a text of the expected size")
    return value


def _natural(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**128:
        raise WireError("not a number of the expected size")
    return value


def _seconds(value: object) -> float:
    if type(value) is not float or not 0 <= value < 1e9:
        raise WireError("not a number of seconds")
    return value


def _truth(value: object) -> bool:
    if type(value) is not bool:
        raise WireError("neither true nor false")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if type(value) is not tuple:
        raise WireError("not a tuple of texts")
    return tuple(map(_text, value))


def _table(value: object) -> dict[str, str]:
    if type(value) is not dict:
        raise WireError("not a table of texts")
    return {_text(key): _text(item) for key, item in value.items()}


def _counts(value: object) -> dict[str, int]:
    if type(value) is not dict:
        raise WireError("not a table of counts")
    return {_text(key): _natural(item) for key, item in value.items()}


def _member(kind: type[StrEnum]) -> Any:
    def read(value: object) -> StrEnum:
        if type(value) is not str or value not in set(kind):
            raise WireError(f"no {kind.__name__.lower()} of that name")
        return kind(value)

    return read


_FORMS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "grading": (GradingOpened, (_text, _text, _text, _text, _texts)),
    "problem": (ProblemOpened, (_text, _text, _text, _natural, _texts, _table)),
    "section": (
        SectionOpened,
        (_text, _member(Visibility), _natural, _natural, _natural, _seconds, _truth, _member(Purpose)),
    ),
    "guest": (GuestStarted, (_table,)),
    "stopped": (Stopped, (_member(Stop), _text, _text)),
    "spent": (Spent, (_seconds,)),
    "called": (ForbiddenCalled, (_counts,)),
    "end": (Ended, (_truth,)),
}
