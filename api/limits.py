"""How often something may be asked, in a fixed amount of memory.

A limit is a bucket for each key (an address, an account, a token): it allows a burst, and refills
evenly. Of a bucket only one number is kept, the moment at which it is full again
(https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm); one that is full is forgotten, for it
says nothing. When more keys than fit are in use at once, new ones share a single bucket: whoever
comes with very many addresses shuts out other newcomers for a while, but gains no guess and no
memory.

Limits belong to one process: a restart forgets them, and several web processes each have theirs.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from api.errors import TooManyError
from api.settings import Settings

__all__ = ["Limit", "Limits", "network_of"]

_KEYS = 20_000
_SHARED = "everybody new"
_SWEEP_SECONDS = 1.0
_IPV6_PREFIX = 64


class Limit:
    """At most ``burst`` at once for each key, and one more every ``seconds``.

    Args:
        sentence: what somebody is told who asked too often.
        clock: seconds that never go backwards, for tests.
    """

    def __init__(
        self,
        burst: int,
        seconds: float,
        sentence: str,
        *,
        keys: int = _KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._seconds = seconds
        self._sentence = sentence
        self._keys = keys
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._swept_at = -math.inf
        self._lock = threading.Lock()

    def take(self, key: str) -> None:
        """Count one more for ``key``.

        Raises:
            TooManyError: its bucket is empty. Nothing is counted then.
        """
        with self._lock:
            moment = self._clock()
            place = self._place(key, moment)
            full_at = max(self._full_at.get(place, moment), moment)
            wait = full_at + self._seconds - moment - self._burst * self._seconds
            # Sums of many floating-point steps are off by a little.
            if wait > self._seconds * 1e-6:
                raise TooManyError(self._sentence, retry_after=wait)
            self._full_at[place] = full_at + self._seconds

    def check(self, key: str) -> None:
        """Like :meth:`take`, but count nothing."""
        self.take(key)
        self.give_back(key)

    def give_back(self, key: str) -> None:
        """Uncount one: it turned out to be nothing that is limited."""
        with self._lock:
            place = key if key in self._full_at else _SHARED
            if place in self._full_at:
                self._full_at[place] -= self._seconds

    def __len__(self) -> int:
        """How many buckets are in memory."""
        return len(self._full_at)

    def _place(self, key: str, moment: float) -> str:
        if key in self._full_at or len(self._full_at) < self._keys:
            return key
        if moment - self._swept_at >= _SWEEP_SECONDS:
            self._swept_at = moment
            self._full_at = {known: full for known, full in self._full_at.items() if full > moment}
        return key if len(self._full_at) < self._keys else _SHARED


_WAIT = "Wait a little, then try again."


@dataclass(frozen=True, slots=True)
class Limits:
    """Every limit of the web process. Failures are counted for log-ins and tokens, so a class that
    logs in from behind one address is not in each other's way."""

    login_address: Limit = field(
        default_factory=lambda: Limit(20, 30, f"There were many wrong log-ins from your network. {_WAIT}")
    )
    login_account: Limit = field(
        default_factory=lambda: Limit(
            10, 60, "There were many wrong passwords for this account. Wait a few minutes, or use a token."
        )
    )
    wrong_token: Limit = field(
        default_factory=lambda: Limit(300, 1, f"There were many wrong tokens from your network. {_WAIT}")
    )
    new_device: Limit = field(
        default_factory=lambda: Limit(60, 5, f"Many log-ins were begun from your network. {_WAIT}")
    )
    device_code: Limit = field(
        default_factory=lambda: Limit(10, 60, "You entered many codes that are none. Wait a few minutes.")
    )
    requests: Limit = field(default_factory=lambda: _requests(3000))
    address_requests: Limit = field(default_factory=lambda: _requests(30_000))

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits as the settings have them. A whole class may sit behind one address."""
        a_minute = settings.requests_per_minute
        return cls(requests=_requests(a_minute), address_requests=_requests(10 * a_minute))


def _requests(a_minute: int) -> Limit:
    return Limit(a_minute, 60 / a_minute, f"Those were more than {a_minute} requests in a minute. {_WAIT}")


def network_of(address: str) -> str:
    """What counts as one address: for IPv6 its /64, which a single household or machine has whole."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
    return str(parsed)
