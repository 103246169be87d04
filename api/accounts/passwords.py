"""Passwords: what they are kept as, and how they are checked without being guessed or costing too much.

Argon2id with the parameters of RFC 9106's second recommendation, in one lane: 64 MiB and three
passes, about a tenth of a second. At most two are computed at once and only a few may wait, so
that log-ins exhaust neither the memory (128 MiB) nor the threads that serve everybody else.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.errors import InvalidRequestError, TooManyError

__all__ = ["LONGEST", "SHORTEST", "Passwords", "require_good"]

SHORTEST = 10
LONGEST = 200

_TIME_COST = 3
_MEMORY_KIB = 64 * 1024
_LANES = 1
_AT_ONCE = 2
_WAITING = 8

# What the commonest passwords of this length are made of, before the digits at their end.
_COMMON = frozenset(
    (
        *(
            "",
            "password",
            "passwordpassword",
            "passw0rd",
            "administrator",
            "qwerty",
            "qwertyuiop",
            "asdfghjkl",
        ),
        *("zxcvbnm", "letmein", "welcome", "iloveyou", "football", "baseball", "princess", "sunshine"),
        *("superman", "changeme", "trustno", "abcdefghij", "abcd", "abc", "1q2w3e4r5t", "1qaz2wsx3edc"),
        *("deeplearning", "machinelearning", "gradecli", "gradecligradecli"),
    )
)


class Passwords:
    """Hashes and checks passwords, a few at a time. Slow on purpose: never on the event loop, and
    never inside a transaction."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_TIME_COST, memory_cost=_MEMORY_KIB, parallelism=_LANES)
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._queue = threading.BoundedSemaphore(_AT_ONCE + _WAITING)
        self._nobodys: str | None = None

    def hash(self, password: str) -> str:
        """What to keep of a password.

        Raises:
            TooManyError: too many are being computed already.
        """
        with self._turn():
            return self._hasher.hash(_canonical(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether ``password`` is the one that ``kept`` was made of.

        Without anything kept, because there is no such person or they have no password, the answer
        is no, and takes as long.

        Raises:
            TooManyError: too many are being computed already.
        """
        with self._turn():
            if self._nobodys is None:
                self._nobodys = self._hasher.hash("nobody's")
            try:
                self._hasher.verify(kept or self._nobodys, _canonical(password)[:LONGEST])
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether ``kept`` was made with other parameters than today's, and should be made anew."""
        return self._hasher.check_needs_rehash(kept)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._queue.acquire(blocking=False):
            msg = "Many people are logging in at this moment. Try again in a few seconds."
            raise TooManyError(msg, retry_after=5)
        try:
            with self._places:
                yield
        finally:
            self._queue.release()


def require_good(password: str, *, email: str, name: str) -> None:
    """Refuse a new password that is easily guessed.

    Raises:
        InvalidRequestError: it is too short, too long, very common, or the person's own name or address.
    """
    text = _canonical(password)
    if len(text) < SHORTEST:
        msg = (
            f"That password is too short: take at least {SHORTEST} characters. A few words are easy to keep."
        )
        raise InvalidRequestError(msg)
    if len(text) > LONGEST:
        msg = f"That password is longer than {LONGEST} characters."
        raise InvalidRequestError(msg)
    folded = text.casefold().strip()
    own = {
        email.casefold(),
        email.partition("@")[0].casefold(),
        name.casefold(),
        name.replace(" ", "").casefold(),
    }
    simple = len(set(folded)) < 4 or folded in _COMMON or folded.rstrip("0123456789!.?") in _COMMON
    if simple or folded in own:
        msg = (
            "That password is one of those that are tried first. Take another: a few words are easy to keep."
        )
        raise InvalidRequestError(msg)


def _canonical(password: str) -> str:
    """One form of the same text, whatever keyboard it was typed on (RFC 8265)."""
    return unicodedata.normalize("NFC", password)
