"""What the course service refuses, on one page.

::

    ApiError                          every refusal: an HTTP status, a code, a plain sentence
    ├── DevicePendingError       400  a program waits for its person to approve it in a browser
    ├── DeviceSlowDownError      400  it asks too often whether they have
    ├── DeviceDeniedError        400  they have not
    ├── DeviceExpiredError       400  its code is unknown, used or too old
    ├── NotAuthenticatedError    401  no token, or one we do not know
    ├── NotAllowedError          403  this person's role does not include that
    │   └── PastDueError         403  the problem set no longer takes submissions
    ├── NotFoundError            404  it does not exist, or is not yours: nobody can tell which
    │   └── NotGradedError       404  the submission is yours, its report does not exist yet
    ├── TooSlowError             408  the request's body did not arrive in time
    ├── RemovedError             410  it was there, and was removed under the retention rule
    ├── ConflictError            409  it clashes with what is already there
    ├── TooLargeError            413  more bytes than are accepted
    ├── InvalidRequestError      422  it does not say what we need
    │   ├── BadFileError         422  a submitted file cannot be taken
    │   └── BadPackageError      422  the problem package on the server is wrong
    ├── TooManyError             429  more often than is allowed
    ├── UnexpectedError          500  a mistake of ours: the log says which
    └── UnavailableError         503  the service cannot do that right now
        ├── DatabaseAwayError    503  its database is gone, full, or too busy
        └── NoRoomError          503  its disk is full

    LeaseLostError                    a worker's job is no longer its own: its verdict is refused
    StoreError                        a stored file is missing or is not what was stored

The message is read by the person who made the request: it says what to do next, and never
repeats a secret.
"""

from __future__ import annotations

import math
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar

__all__ = [
    "ApiError",
    "BadFileError",
    "BadPackageError",
    "ConflictError",
    "DatabaseAwayError",
    "DeviceDeniedError",
    "DeviceExpiredError",
    "DevicePendingError",
    "DeviceSlowDownError",
    "InvalidRequestError",
    "LeaseLostError",
    "NoRoomError",
    "NotAllowedError",
    "NotAuthenticatedError",
    "NotFoundError",
    "NotGradedError",
    "PastDueError",
    "RemovedError",
    "StoreError",
    "TooLargeError",
    "TooManyError",
    "TooSlowError",
    "UnavailableError",
    "UnexpectedError",
]


class ApiError(Exception):
    """A request is refused. ``str(error)`` is the sentence for the person who made it.

    ``retry_after`` is how many seconds to wait before asking again, where that can help.
    """

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    code: ClassVar[str] = "bad_request"
    retry_after: int | None = None


class DevicePendingError(ApiError):
    """Its person has not answered yet."""

    code = "authorization_pending"

    def __init__(self) -> None:
        super().__init__("Nobody has approved this log-in yet. Ask again after the interval.")


class DeviceSlowDownError(ApiError):
    """It asks too often."""

    code = "slow_down"

    def __init__(self) -> None:
        super().__init__("You ask too often. Wait five seconds longer between two questions.")


class DeviceDeniedError(ApiError):
    """Its person said no."""

    code = "access_denied"

    def __init__(self) -> None:
        super().__init__("This log-in was denied on the page. If that was a mistake, begin again.")


class DeviceExpiredError(ApiError):
    """The device code is unknown, was used, or is too old: nobody can tell which."""

    code = "expired_token"

    def __init__(self) -> None:
        super().__init__("This log-in is over: its code is too old, or was used. Begin again.")


class NotAuthenticatedError(ApiError):
    """Nobody is logged in."""

    status = HTTPStatus.UNAUTHORIZED
    code = "not_authenticated"

    def __init__(self, message: str = "Log in first: run `gradecli login` with your token.") -> None:
        super().__init__(message)


class NotAllowedError(ApiError):
    """The person belongs here, but their role does not include this action."""

    status = HTTPStatus.FORBIDDEN
    code = "not_allowed"


class PastDueError(NotAllowedError):
    """The due date is over."""

    code = "past_due"


class NotFoundError(ApiError):
    """Nothing by that name that this person may know of."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class NotGradedError(NotFoundError):
    """There is no report yet."""

    code = "not_graded"


class TooSlowError(ApiError):
    """The body trickled in."""

    status = HTTPStatus.REQUEST_TIMEOUT
    code = "too_slow"


class RemovedError(ApiError):
    """It was removed under the course's retention rule; the grade and the report stay."""

    status = HTTPStatus.GONE
    code = "removed"

    def __init__(self, what: str, on: datetime, *, then: str = "") -> None:
        removed = f"{what} removed under the course's retention rule on {on:%Y-%m-%d}."
        super().__init__(f"{removed} {then}".rstrip())


class ConflictError(ApiError):
    """It clashes with what exists."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class TooLargeError(ApiError):
    """More bytes than are accepted."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_large"


class InvalidRequestError(ApiError):
    """The request is not what this address expects."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid_request"


class BadFileError(InvalidRequestError):
    """A submitted file has a name or content that cannot be taken."""

    code = "bad_file"


class BadPackageError(InvalidRequestError):
    """A problem package has a mistake; the message says where."""

    code = "bad_package"


class TooManyError(ApiError):
    """A quota is used up, for another ``retry_after`` seconds or about that."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many"

    def __init__(self, message: str, *, retry_after: float = 30.0) -> None:
        super().__init__(message)
        self.retry_after = max(1, math.ceil(retry_after))


class UnavailableError(ApiError):
    """Not now; trying again later may work."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"


class DatabaseAwayError(UnavailableError):
    """The database is gone, full, or too busy. ``evidence`` is for the log: what it said itself."""

    code = "database_away"

    def __init__(self, message: str, *, evidence: str, retry_after: int) -> None:
        super().__init__(message)
        self.evidence = evidence
        self.retry_after = retry_after


class NoRoomError(UnavailableError):
    """The server's disk is full."""

    code = "no_room"
    retry_after = 60

    def __init__(
        self,
        message: str = "The course's server has no room left on its disk, so it cannot take this now. "
        "What was taken before is safe. Tell the course staff, and try again later.",
    ) -> None:
        super().__init__(message)


class UnexpectedError(ApiError):
    """Something nobody foresaw; what it was is for the log, not for the answer."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "internal"

    def __init__(self) -> None:
        super().__init__("Something broke on our side. Try again; if it stays, tell the course staff.")


class LeaseLostError(Exception):
    """The job was leased to somebody else, or ended, since this worker took it."""


class StoreError(Exception):
    """A stored file is missing, or its bytes are not those of its digest."""
