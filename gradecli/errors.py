"""What can go wrong at the command line, on one page, and the exit code each ends with.

::

    CommandError                     1   the command did its work, and the answer is no
    ├── BadInputError                2   what was typed, or a file that was named, cannot be used
    ├── PlatformError                3   the service, the network or this machine failed: nothing is lost
    │   ├── UnreachableError             no answer from the server, or one that makes no sense
    │   ├── IncidentError                the server could not grade a submission; its fault, not the student's
    │   └── ServiceDataError         6   this version cannot use a service's data: an operator must look
    ├── NotGradedError               1   a submission stays ungraded, for a reason that is nobody's mistake
    ├── NotLoggedInError             4   no token, or one that the server does not accept
    └── RefusedError                 5   the server understood and said no: past due, unknown, not allowed

Exit code 0 means done, whatever the score; 130 means interrupted by Ctrl-C. Every message says
what to do next, because it is all that the person at the keyboard sees: no traceback is shown
for any of these.
"""

from __future__ import annotations

__all__ = [
    "BadInputError",
    "CommandError",
    "IncidentError",
    "NotGradedError",
    "NotLoggedInError",
    "PlatformError",
    "RefusedError",
    "ServiceDataError",
    "UnreachableError",
]


class CommandError(Exception):
    """The root: ``str(error)`` is shown to the person as it is, and the command ends."""

    exit_code = 1


class BadInputError(CommandError):
    """What was typed, or a file that was named, cannot be used."""

    exit_code = 2


class PlatformError(CommandError):
    """The service, the network or this machine failed. Nothing that was handed in is lost."""

    exit_code = 3


class UnreachableError(PlatformError):
    """The server did not answer, or what answered is not a course server.

    ``may_have_arrived`` is false when no connection was ever made: then nothing was asked.
    """

    def __init__(self, message: str, *, may_have_arrived: bool = True) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived


class IncidentError(PlatformError):
    """The platform could not grade a submission. It cost no points and no attempt."""


class ServiceDataError(PlatformError):
    """The data folder or the database of a service on this machine cannot be used as it is.

    Starting again would not help, so it has an exit code of its own.
    """

    exit_code = 6


class NotGradedError(CommandError):
    """A submission stays ungraded, for a reason that is nobody's mistake."""


class NotLoggedInError(CommandError):
    """There is no token here, or the server does not accept it."""

    exit_code = 4


class RefusedError(CommandError):
    """The server said no. ``code`` is its reason for programs, the message its reason for people."""

    exit_code = 5

    def __init__(self, message: str, *, code: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
