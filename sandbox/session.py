"""One conversation with one guest: requests out, bounded replies in, every failure a typed error."""

from __future__ import annotations

import contextlib
import io
import secrets
import signal
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Final, NamedTuple, NoReturn, Protocol, Self, cast

from sandbox.backends.base import Backend, SandboxProcess
from sandbox.errors import (
    MemoryLimitError,
    OutputLimitError,
    ProcessDiedError,
    ProtocolViolationError,
    SandboxStartError,
    StudentCodeError,
    StudentExceptionError,
    StudentFrame,
    TimeLimitError,
)
from sandbox.spec import ExitReason, ExitStatus, SandboxSpec, Usage
from sandbox.wire.frames import PREFIX_BYTES, FrameLimits, WireError, WireOverflowError, read_prefix
from sandbox.wire.messages import (
    MAX_TEXT,
    Failure,
    Frame,
    Hello,
    Message,
    Operation,
    Raised,
    Request,
    Returned,
    pack_message,
    unpack_message,
)
from sandbox.wire.values import HandleRef

__all__ = ["MAX_PRINTED", "Answer", "Sandbox", "Session", "clean_text", "raise_failure"]

_BUILTIN_EXCEPTIONS = frozenset(
    name
    for name, value in vars(__import__("builtins")).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)
_GRACE_SECONDS = 5.0
_ENDS_WITHOUT_A_CAUSE = (
    ExitStatus(ExitReason.SIGNALLED, signal.SIGKILL),
    ExitStatus(ExitReason.EXITED, 255),  # what a restarted Docker engine says of what it lost sight of
)

MAX_PRINTED: Final = 32_768
"""Characters of printed text that are kept, of one call and of one loaded module."""


class Answer(NamedTuple):
    """What a request came to: its value, and what the student's code printed."""

    value: object
    printed: str


class Session(Protocol):
    """Something that answers requests: a sandboxed guest, or the same code in-process."""

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        """Ask, and wait for the answer.

        Raises:
            StudentCodeError: the submission failed; which subclass says how.
            InfrastructureError: the platform failed.
        """
        ...


class Sandbox:
    """A started, single-use guest. A context manager: leaving it removes every trace.

    After a time-out, a crash or a protocol violation the guest is gone and :attr:`alive` is false.

    Raises:
        InfrastructureError: it could not be started.
    """

    def __init__(self, backend: Backend, spec: SandboxSpec) -> None:
        self.spec = spec
        self.alive = True
        self._limits = FrameLimits(body_bytes=spec.limits.reply_bytes)
        self._files: Mapping[str, str] = {}
        self._process: SandboxProcess = backend.start(spec)
        try:
            self.versions: Mapping[str, str] = self._greet()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the guest and remove what it left."""
        self.alive = False
        self._process.close()

    def usage(self) -> Usage:
        """Time and memory used so far, measured from outside."""
        return self._process.usage()

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        """See :meth:`Session.request`. ``time_limit`` is wall-clock seconds for this one request."""
        if not self.alive:
            raise ProcessDiedError("the guest has already ended")
        seconds = self.spec.limits.start_seconds if time_limit is None else time_limit
        deadline = time.monotonic() + seconds
        number = secrets.randbits(62)
        if operation is Operation.LOAD:
            self._files = cast("Mapping[str, str]", operands[0])
        parts = pack_message(Request(number, operation, operands, release))
        try:
            if self._process.channel.pending():
                raise WireError("the guest spoke before it was asked")
            self._process.channel.send(parts, deadline)
            reply = self._receive(deadline)
            if not isinstance(reply, Returned | Raised) or reply.number != number:
                raise WireError("the guest answered something that was not asked")
        except TimeoutError:
            self._end()
            raise TimeLimitError(seconds) from None
        except EOFError:
            raise self._death() from None
        except WireOverflowError as error:
            self._end()
            raise OutputLimitError(f"the answer is too large: {error}") from error
        except WireError as error:
            self._end()
            raise ProtocolViolationError(str(error)) from error
        if isinstance(reply, Raised):
            raise_failure(reply, self.spec.limits.memory_bytes, self._files)
        return Answer(reply.value, clean_text(reply.printed[:MAX_PRINTED]))

    def _greet(self) -> Mapping[str, str]:
        deadline = time.monotonic() + self.spec.limits.start_seconds
        try:
            hello = self._receive(deadline)
        except (TimeoutError, EOFError, WireError) as error:
            status = self._process.wait(0 if isinstance(error, TimeoutError) else _GRACE_SECONDS)
            self._process.kill()
            said = self._process.diagnostics().strip() or "it said nothing"
            raise SandboxStartError(
                f"the sandbox for the {self.spec.runtime} runtime did not start ({_describe_exit(status)}): "
                f"{said}. Run `gradecli doctor` on this machine."
            ) from error
        if not isinstance(hello, Hello):
            raise SandboxStartError("the guest did not say hello; rebuild it with `gradecli sandbox build`")
        return hello.versions

    def _receive(self, deadline: float) -> Message:
        channel = self._process.channel
        prefix = bytearray(PREFIX_BYTES)
        channel.receive_into(memoryview(prefix), deadline)
        sizes = read_prefix(prefix, self._limits)
        header, body = bytearray(sizes.header_bytes), bytearray(sizes.body_bytes)
        channel.receive_into(memoryview(header), deadline)
        channel.receive_into(memoryview(body), deadline)
        return unpack_message(header, body, self._limits, _keep_reference)

    def _death(self) -> StudentCodeError:
        self.alive = False
        status = self._process.wait(_GRACE_SECONDS)
        if status is None:  # it closed its end of the channel and lives on, or its engine let go of it
            self._process.kill()
            error: StudentCodeError = ProtocolViolationError("the guest closed its channel without answering")
            error.maybe_ours = True
            return error
        if status.reason is ExitReason.OUT_OF_MEMORY:
            return MemoryLimitError(self.spec.limits.memory_bytes)
        error = ProcessDiedError(f"the process ended without answering ({_describe_exit(status)})")
        error.maybe_ours = status in _ENDS_WITHOUT_A_CAUSE
        return error

    def _end(self) -> None:
        self.alive = False
        self._process.kill()


def raise_failure(reply: Raised, memory_bytes: int, files: Mapping[str, str]) -> NoReturn:
    """Raise the typed error of a guest's :class:`Raised`, with its texts bounded and cleaned.

    Args:
        files: what the guest loaded. Its traceback is believed only where it names a line of these.
    """
    printed = clean_text(reply.printed[:MAX_PRINTED])
    if reply.failure is Failure.OUTPUT_LIMIT:
        raise OutputLimitError("more was printed than is accepted", printed=printed)
    if reply.kind == "MemoryError":
        raise MemoryLimitError(memory_bytes, printed=printed)
    kind = reply.kind if reply.kind in _BUILTIN_EXCEPTIONS else "Exception"
    frames = tuple(_existing_lines(reply.frames, files))
    raise StudentExceptionError(
        kind, clean_text(reply.text), frames, reason=str(reply.failure), printed=printed
    )


def _existing_lines(told: Iterable[Frame], files: Mapping[str, str]) -> Iterator[StudentFrame]:
    """The lines that exist, with their source from our copy: a line number carries nothing else out."""
    for frame in told:
        text = files.get(frame.file)
        lines = [] if text is None else io.StringIO(text, newline=None).read().split("\n")
        if 1 <= frame.line <= len(lines):
            source = clean_text(lines[frame.line - 1].strip()[:MAX_TEXT])
            yield StudentFrame(frame.file, frame.line, clean_text(frame.function), source)


def clean_text(text: str) -> str:
    """``text`` without control, format and private-use characters, so that it can be printed anywhere.

    Terminal escapes, bidirectional overrides and the like become U+FFFD; newline and tab stay.
    """
    with contextlib.suppress(UnicodeEncodeError):
        text.encode("ascii")
        if text.isprintable():
            return text
    return "".join(
        c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def _keep_reference(reference: HandleRef) -> HandleRef:
    return HandleRef(reference.id, clean_text(reference.class_name))


def _describe_exit(status: ExitStatus | None) -> str:
    match status:
        case None:
            return "still running"
        case ExitStatus(ExitReason.EXITED, code):
            return f"exit status {code}"
        case ExitStatus(ExitReason.SIGNALLED, code):
            return f"signal {code}"
        case _:
            return str(status.reason)
