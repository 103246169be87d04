"""What can go wrong in a sandbox, on one page.

::

    SandboxError
    ├── InfrastructureError          the platform broke: retried, never costs a student anything
    │   ├── BackendUnavailableError      no Docker engine, no bubblewrap, no user namespaces
    │   ├── ImageMissingError            the runtime's image was never built
    │   ├── GpuUnavailableError          a GPU was asked for and cannot be given
    │   └── SandboxStartError            the sandbox died before any student code was loaded
    └── StudentCodeError             the submission failed: a verdict, not an incident
        ├── StudentExceptionError        it raised
        ├── TimeLimitError               it ran longer than the check allows
        ├── MemoryLimitError             it used more memory than the runtime allows
        ├── OutputLimitError             it printed or returned more than is accepted
        ├── ProcessDiedError             its process ended without answering
        └── ProtocolViolationError       what came back is not an answer to what was asked

The two branches never mix: code that grades catches ``StudentCodeError`` and lets
``InfrastructureError`` travel up to whoever can retry.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BackendUnavailableError",
    "GpuUnavailableError",
    "ImageMissingError",
    "InfrastructureError",
    "MemoryLimitError",
    "OutputLimitError",
    "ProcessDiedError",
    "ProtocolViolationError",
    "SandboxError",
    "SandboxStartError",
    "StudentCodeError",
    "StudentExceptionError",
    "StudentFrame",
    "TimeLimitError",
]


class SandboxError(Exception):
    """The root of everything this package raises on purpose."""


class InfrastructureError(SandboxError):
    """The platform failed, not the student. The message says what an operator should do next."""


class BackendUnavailableError(InfrastructureError):
    """The backend cannot run here at all (no engine, no binary, no namespaces)."""


class ImageMissingError(InfrastructureError):
    """The container image of a runtime has not been built on this engine."""


class GpuUnavailableError(InfrastructureError):
    """The machine or the engine cannot give the GPU that the runtime asks for."""


class SandboxStartError(InfrastructureError):
    """The sandbox ended, or stayed silent, before it had loaded any student code."""


class StudentCodeError(SandboxError):
    """The submission failed while answering a call.

    ``str(error)`` is a sentence for staff; what a student may read is decided by the grader.
    ``printed`` is what the student's code wrote before it failed, bounded. ``called`` is the name
    that the host asked for, as the host knows it ("" when the file was being loaded).
    ``maybe_ours``: the guest ended in a way that somebody outside the sandbox may have caused (an
    operator, the kernel, an engine that restarted) as well as the submission itself.
    """

    maybe_ours = False

    def __init__(self, message: str, *, printed: str = "") -> None:
        super().__init__(message)
        self.printed = printed
        self.called = ""


@dataclass(frozen=True, slots=True)
class StudentFrame:
    """One line of a traceback that lies in the student's own file."""

    file: str
    line: int
    function: str
    source: str


class StudentExceptionError(StudentCodeError):
    """The student's code raised.

    ``kind`` is the exception's class name when that is one of Python's own, else ``"Exception"``:
    a submission cannot carry anything out through a class it names itself. ``text`` is the
    exception's message, bounded and cleaned of control characters.
    """

    def __init__(
        self,
        kind: str,
        text: str,
        frames: tuple[StudentFrame, ...] = (),
        *,
        reason: str = "raised",
        printed: str = "",
    ) -> None:
        super().__init__(f"{kind}: {text}" if text else kind, printed=printed)
        self.kind = kind
        self.text = text
        self.frames = frames
        self.reason = reason

    @property
    def is_unfinished(self) -> bool:
        """Whether the code says that it is still to be written, as a starter does."""
        return self.kind == "NotImplementedError"


class TimeLimitError(StudentCodeError):
    """No answer within the time the check allows; ``seconds`` is that limit."""

    def __init__(self, seconds: float, *, printed: str = "") -> None:
        super().__init__(f"no answer within {seconds:g} s", printed=printed)
        self.seconds = seconds


class MemoryLimitError(StudentCodeError):
    """The process tree used more memory than it may; ``limit_bytes`` is that limit."""

    def __init__(self, limit_bytes: int, *, printed: str = "") -> None:
        super().__init__(f"used more than {limit_bytes // 2**20} MiB of memory", printed=printed)
        self.limit_bytes = limit_bytes


class OutputLimitError(StudentCodeError):
    """More was printed or returned than is accepted."""


class ProcessDiedError(StudentCodeError):
    """The sandbox's process ended while a call was under way."""


class ProtocolViolationError(StudentCodeError):
    """The bytes that came back are not a well-formed answer to the call that was made."""
