"""The session: whatever the guest's end of the channel does, the outcome is one typed error."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from sandbox.errors import (
    MemoryLimitError,
    OutputLimitError,
    ProcessDiedError,
    ProtocolViolationError,
    SandboxStartError,
    StudentCodeError,
    StudentExceptionError,
    TimeLimitError,
)
from sandbox.session import MAX_PRINTED, Sandbox, clean_text
from sandbox.spec import (
    Availability,
    Enforcement,
    ExitReason,
    ExitStatus,
    Limits,
    Runtime,
    SandboxSpec,
    Usage,
)
from sandbox.wire import (
    FrameLimits,
    HandleRef,
    Hello,
    Raised,
    Request,
    Returned,
    UnsupportedValueError,
    pack_message,
    unpack_message,
)
from sandbox.wire.frames import PREFIX_BYTES, read_prefix
from sandbox.wire.messages import Failure, Frame, Operation

LIMITS = Limits(memory_bytes=64 * 2**20, start_seconds=5.0, reply_bytes=1024)
SPEC = SandboxSpec(Runtime.NUMPY, LIMITS)
FILES = {"a.py": "import numpy as np\n\ndef f(x):\n    return 1 / x\n"}

Guest = Callable[[Request], bytes]
"""The bytes that a scripted guest sends when it has read a request."""


def frame(message: object) -> bytes:
    return b"".join(pack_message(message))  # type: ignore[arg-type]


_WIDE = FrameLimits()


class Hangs(Exception):  # noqa: N818 - a scripted event
    """The guest says nothing more and keeps its end open."""


@dataclass
class FakeProcess:
    """A process whose guest is a function; ``status`` is what ``wait`` finds once its stream has ended."""

    guest: Guest
    hello: bytes
    status: ExitStatus | None
    waiting: bytearray = field(default_factory=bytearray)
    received: list[Request] = field(default_factory=list)
    refuses_to_read: bool = False
    hanging: bool = False
    kills: int = 0
    closes: int = 0

    def __post_init__(self) -> None:
        self.waiting += self.hello

    @property
    def channel(self) -> FakeProcess:
        return self

    def send(self, parts: Sequence[bytes | bytearray | memoryview], deadline: float) -> None:
        if self.refuses_to_read:
            raise TimeoutError
        data = bytearray().join(parts)
        sizes = read_prefix(data[:PREFIX_BYTES], _WIDE)
        middle = PREFIX_BYTES + sizes.header_bytes
        request = unpack_message(data[PREFIX_BYTES:middle], data[middle:], _WIDE, lambda reference: reference)
        assert isinstance(request, Request)
        self.received.append(request)
        try:
            self.waiting += self.guest(request)
        except Hangs:
            self.hanging = True

    def receive_into(self, target: memoryview, deadline: float) -> None:
        if len(self.waiting) < target.nbytes:
            raise TimeoutError if self.hanging else EOFError
        target[:] = self.waiting[: target.nbytes]
        del self.waiting[: target.nbytes]

    def pending(self) -> bool:
        return bool(self.waiting)

    def kill(self) -> None:
        self.kills += 1

    def wait(self, timeout: float) -> ExitStatus | None:
        return self.status

    def usage(self) -> Usage:
        return Usage(wall_seconds=1.5, peak_memory_bytes=7)

    def diagnostics(self) -> str:
        return "bwrap: no such file\n"

    def close(self) -> None:
        self.closes += 1


class FakeBackend:
    """Starts one :class:`FakeProcess`, kept in ``process``."""

    name = "fake"

    def __init__(
        self,
        guest: Guest = lambda request: frame(Returned(request.number, None)),
        *,
        hello: bytes = frame(Hello({"python": "3.11"})),
        status: ExitStatus | None = None,
    ) -> None:
        self.process = FakeProcess(guest, hello, status)

    def availability(self, runtime: Runtime) -> Availability:
        return Availability(ok=True, detail="")

    def enforcement(self) -> Enforcement:
        return Enforcement({})

    def start(self, spec: SandboxSpec) -> FakeProcess:
        return self.process


def answering(*messages: object) -> Guest:
    """A guest that answers with ``messages``; a callable is given the request's number."""

    def guest(request: Request) -> bytes:
        made = [m(request.number) if callable(m) else m for m in messages]
        return b"".join(m if isinstance(m, bytes) else frame(m) for m in made)

    return guest


def hangs(request: Request) -> bytes:
    raise Hangs


def ask(guest: Guest, status: ExitStatus | None = None, time_limit: float = 2.0) -> StudentCodeError:
    """The error that one call to ``guest`` ends in; the guest's process must be over afterwards."""
    backend = FakeBackend(guest, status=status)
    with Sandbox(backend, SPEC) as sandbox:
        with pytest.raises(StudentCodeError) as caught:
            sandbox.request(Operation.CALL, "f", time_limit=time_limit)
        assert not sandbox.alive
        assert backend.process.kills or status is not None
        with pytest.raises(ProcessDiedError):
            sandbox.request(Operation.CALL, "f")
        assert len(backend.process.received) <= 1
    return caught.value


# Answers -----------------------------------------------------------------------------------------


def test_an_answer_comes_back_with_its_value_and_what_was_printed() -> None:
    backend = FakeBackend(answering(lambda number: Returned(number, (1, [2.0]), "said")))
    with Sandbox(backend, SPEC) as sandbox:
        answer = sandbox.request(Operation.CALL, "f", 3, release=(8, 9))
        assert answer == ((1, [2.0]), "said")
        assert sandbox.alive
        assert sandbox.versions == {"python": "3.11"}
        assert sandbox.usage().peak_memory_bytes == 7
    (request,) = backend.process.received
    assert (request.operation, request.operands, request.release) == (Operation.CALL, ("f", 3), (8, 9))


def test_each_request_has_a_number_that_nobody_can_guess() -> None:
    backend = FakeBackend()
    with Sandbox(backend, SPEC) as sandbox:
        for _ in range(20):
            sandbox.request(Operation.CALL)
    numbers = [request.number for request in backend.process.received]
    assert len(set(numbers)) == 20
    assert max(numbers) > 2**50
    assert numbers != sorted(numbers)


def test_leaving_the_sandbox_closes_its_process_whatever_happened() -> None:
    backend = FakeBackend()
    with pytest.raises(KeyError), Sandbox(backend, SPEC) as sandbox:
        raise KeyError
    assert backend.process.closes == 1
    assert not sandbox.alive


def test_a_value_that_cannot_be_sent_leaves_the_guest_as_it_was() -> None:
    backend = FakeBackend()
    with Sandbox(backend, SPEC) as sandbox:
        with pytest.raises(UnsupportedValueError):
            sandbox.request(Operation.CALL, object())
        assert sandbox.alive
        assert backend.process.received == []
        sandbox.request(Operation.CALL, 1)


def test_a_handles_class_name_is_cleaned() -> None:
    backend = FakeBackend(answering(lambda number: Returned(number, HandleRef(4, "\x1b[2Jevil"))))
    with Sandbox(backend, SPEC) as sandbox:
        assert sandbox.request(Operation.CALL).value == HandleRef(4, "\ufffd[2Jevil")


# Time and ends -----------------------------------------------------------------------------------


def test_silence_is_a_time_limit_with_the_seconds_that_were_given() -> None:
    error = ask(hangs, time_limit=2.5)
    assert isinstance(error, TimeLimitError)
    assert error.seconds == 2.5


def test_half_an_answer_and_silence_is_a_time_limit() -> None:
    process = FakeBackend()

    def half(request: Request) -> bytes:
        process.process.hanging = True
        return frame(Returned(request.number, 1))[:-3]

    process.process.guest = half
    with Sandbox(process, SPEC) as sandbox, pytest.raises(TimeLimitError):
        sandbox.request(Operation.CALL)
    assert process.process.kills


def test_a_guest_that_does_not_read_its_question_is_a_time_limit() -> None:
    backend = FakeBackend()
    with Sandbox(backend, SPEC) as sandbox:
        backend.process.refuses_to_read = True
        with pytest.raises(TimeLimitError):
            sandbox.request(Operation.CALL)
        assert not sandbox.alive
    assert backend.process.kills


def test_without_a_limit_of_its_own_a_request_has_the_start_seconds() -> None:
    seen: list[float] = []
    backend = FakeBackend()
    with Sandbox(backend, SPEC) as sandbox:
        original = FakeProcess.send

        def send(parts: Sequence[bytes | bytearray | memoryview], deadline: float) -> None:
            seen.append(deadline - time.monotonic())
            original(backend.process, parts, deadline)

        backend.process.send = send  # type: ignore[method-assign]
        sandbox.request(Operation.CALL)
        sandbox.request(Operation.CALL, time_limit=1.0)
    assert 4.0 < seen[0] <= 5.0
    assert 0.5 < seen[1] <= 1.0


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (ExitStatus(ExitReason.EXITED, 0), ProcessDiedError, "exit status 0"),
        (ExitStatus(ExitReason.EXITED, 3), ProcessDiedError, "exit status 3"),
        (ExitStatus(ExitReason.SIGNALLED, 11), ProcessDiedError, "signal 11"),
        (ExitStatus(ExitReason.KILLED_BY_HOST), ProcessDiedError, "killed by the host"),
        (ExitStatus(ExitReason.OUT_OF_MEMORY), MemoryLimitError, "64 MiB"),
        (None, ProtocolViolationError, "closed its channel"),
    ],
)
def test_the_end_of_the_stream_is_explained_by_how_the_process_ended(
    status: ExitStatus | None, kind: type[StudentCodeError], words: str
) -> None:
    for said in (b"", b"GC", frame(Returned(1, 2))[:20]):
        error = ask(lambda _, said=said: said, status)  # type: ignore[misc]
        assert type(error) is kind
        assert words in str(error)


# Lies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "guest",
    [
        pytest.param(answering(Returned(1, 42)), id="another number"),
        pytest.param(answering(lambda n: Returned(n ^ 1, 42)), id="a number beside it"),
        pytest.param(answering(lambda n: Raised(n + 1, Failure.RAISED, "E", "")), id="another's failure"),
        pytest.param(answering(lambda _: Hello({})), id="a second hello"),
        pytest.param(answering(lambda n: Request(n, Operation.CALL, ())), id="a question back"),
        pytest.param(answering(b"x" * 100), id="no frame"),
        pytest.param(answering(b"GCW1" + bytes(12)), id="an empty frame"),
        pytest.param(answering(b"GCW1" + bytes(11) + b"\x10" + bytes(16)), id="a body without a header"),
    ],
)
def test_an_answer_to_something_else_is_a_violation(guest: Guest) -> None:
    assert type(ask(guest)) is ProtocolViolationError


@pytest.mark.parametrize(
    "guest",
    [
        pytest.param(answering(b"GCW1" + b"\xff" * 12), id="a frame of exabytes"),
        pytest.param(answering(lambda n: Returned(n, bytes(2048))), id="more than the reply may hold"),
        pytest.param(answering(b"GCW1" + (9 * 2**20).to_bytes(4, "big") + bytes(8)), id="an endless header"),
    ],
)
def test_an_answer_that_is_too_large_is_an_output_limit(guest: Guest) -> None:
    assert type(ask(guest)) is OutputLimitError


def test_an_answer_before_its_question_is_a_violation() -> None:
    backend = FakeBackend()
    with Sandbox(backend, SPEC) as sandbox:
        backend.process.waiting += frame(Returned(1, 42))
        with pytest.raises(ProtocolViolationError):
            sandbox.request(Operation.CALL)
        assert backend.process.received == []
        assert not sandbox.alive


def test_a_second_answer_is_a_violation_at_the_next_question() -> None:
    backend = FakeBackend(answering(lambda n: Returned(n, 1), lambda n: Returned(n, 2)))
    with Sandbox(backend, SPEC) as sandbox:
        assert sandbox.request(Operation.CALL).value == 1
        with pytest.raises(ProtocolViolationError):
            sandbox.request(Operation.CALL)
        assert len(backend.process.received) == 1


# Failures ----------------------------------------------------------------------------------------


def failing(**changes: object) -> StudentCodeError:
    """The error made of a ``Raised`` with some parts changed; the guest goes on living."""
    parts = {"failure": Failure.RAISED, "kind": "ValueError", "text": "no", "frames": (), "printed": ""}
    parts |= changes
    backend = FakeBackend(
        lambda request: frame(
            Returned(request.number, None)
            if request.operation is Operation.LOAD
            else Raised(request.number, **parts)  # type: ignore[arg-type]
        )
    )
    with Sandbox(backend, SPEC) as sandbox:
        sandbox.request(Operation.LOAD, FILES, "a.py", 0)
        with pytest.raises(StudentCodeError) as caught:
            sandbox.request(Operation.CALL, "f")
        assert sandbox.alive
        sandbox.request(Operation.LOAD, FILES, "a.py", 0)
    return caught.value


def test_an_exception_comes_with_its_kind_text_lines_and_prints() -> None:
    error = failing(frames=(Frame("a.py", 4, "f", "return 1 / x"),), printed="said")
    assert isinstance(error, StudentExceptionError)
    assert (error.kind, error.text, error.reason, error.printed) == ("ValueError", "no", "raised", "said")
    assert [(f.file, f.line, f.function, f.source) for f in error.frames] == [
        ("a.py", 4, "f", "return 1 / x")
    ]
    assert str(error) == "ValueError: no"


@pytest.mark.parametrize("failure", [f for f in Failure if f is not Failure.OUTPUT_LIMIT])
def test_the_reason_of_a_failure_is_kept(failure: Failure) -> None:
    error = failing(failure=failure)
    assert isinstance(error, StudentExceptionError)
    assert error.reason == failure


@pytest.mark.parametrize(
    "kind", ["The answer is 42", "LinAlgError", "value_error", "print", "", "__import__"]
)
def test_a_class_that_is_not_pythons_own_is_just_an_exception(kind: str) -> None:
    error = failing(kind=kind)
    assert isinstance(error, StudentExceptionError)
    assert error.kind == "Exception"


def test_an_exhausted_memory_and_too_much_output_have_their_own_errors() -> None:
    assert isinstance(failing(kind="MemoryError"), MemoryLimitError)
    assert isinstance(failing(failure=Failure.OUTPUT_LIMIT, printed="x"), OutputLimitError)
    assert failing(failure=Failure.OUTPUT_LIMIT, printed="x").printed == "x"


def test_lines_that_are_not_in_the_loaded_files_are_not_believed() -> None:
    told = (
        Frame("a.py", 3, "f", "a source of the guest's choosing"),
        Frame("a.py", 2**40, "f", ""),
        Frame("a.py", 0, "f", ""),
        Frame("secret 42", 1, "f", ""),
        Frame("a.py", 6, "f", ""),
    )
    error = failing(frames=told)
    assert isinstance(error, StudentExceptionError)
    assert [(f.line, f.source) for f in error.frames] == [(3, "def f(x):")]


def test_every_text_of_a_failure_is_cleaned() -> None:
    error = failing(text="\x1b[31mred", printed="a\x07b", frames=(Frame("a.py", 1, "f\u202e", ""),))
    assert isinstance(error, StudentExceptionError)
    assert error.text == "\ufffd[31mred"
    assert error.printed == "a\ufffdb"
    assert error.frames[0].function == "f\ufffd"


def test_what_a_guest_says_was_printed_is_bounded() -> None:
    backend = FakeBackend(answering(lambda n: Returned(n, 1, "x" * 500_000)))
    with Sandbox(backend, SPEC) as sandbox:
        assert sandbox.request(Operation.CALL).printed == "x" * MAX_PRINTED
    assert failing(printed="x" * 500_000).printed == "x" * MAX_PRINTED


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain ASCII, 100 %", "plain ASCII, 100 %"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("für × 学生 🎓 é", "für × 学生 🎓 é"),
        ("\x1b]0;title\x07", "\ufffd]0;title\ufffd"),
        ("back\x08 \r\x0b\x0c\x7f\x9b", "back\ufffd \ufffd\ufffd\ufffd\ufffd\ufffd"),
        ("a\u202eb\u2066c\u200fd\u061c", "a\ufffdb\ufffdc\ufffdd\ufffd"),
        ("zero\u200bwidth\ufeff\xad", "zero\ufffdwidth\ufffd\ufffd"),
        ("\ue000\U000e0041\U00100000\u0378", "\ufffd\ufffd\ufffd\ufffd"),
        ("\x00", "\ufffd"),
    ],
)
def test_text_is_cleaned_of_what_a_terminal_or_a_reader_would_obey(text: str, clean: str) -> None:
    assert clean_text(text) == clean
    assert clean_text(clean) == clean


# Starting ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hello", "status", "words"),
    [
        (b"", ExitStatus(ExitReason.EXITED, 1), "exit status 1"),
        (b"GCW1", ExitStatus(ExitReason.SIGNALLED, 9), "signal 9"),
        (b"", None, "still running"),
        (b"Traceback (most recent call last)", ExitStatus(ExitReason.EXITED, 1), "exit status 1"),
        (frame(Hello({}))[:-1] + b"!", ExitStatus(ExitReason.OUT_OF_MEMORY), "out of memory"),
    ],
)
def test_a_sandbox_that_does_not_say_hello_is_a_broken_platform(
    hello: bytes, status: ExitStatus | None, words: str
) -> None:
    backend = FakeBackend(hello=hello, status=status)
    with pytest.raises(SandboxStartError) as caught:
        Sandbox(backend, SPEC)
    assert words in str(caught.value)
    assert "bwrap: no such file" in str(caught.value)
    assert "gradecli doctor" in str(caught.value)
    assert backend.process.closes == 1


def test_a_sandbox_that_stays_silent_is_a_broken_platform() -> None:
    backend = FakeBackend(hello=b"")
    backend.process.hanging = True
    with pytest.raises(SandboxStartError, match="still running"):
        Sandbox(backend, SPEC)
    assert backend.process.kills == 1
    assert backend.process.closes == 1


def test_a_first_word_that_is_not_hello_is_a_broken_platform() -> None:
    backend = FakeBackend(hello=frame(Returned(1, 2)))
    with pytest.raises(SandboxStartError, match="gradecli sandbox build"):
        Sandbox(backend, SPEC)
    assert backend.process.closes == 1
