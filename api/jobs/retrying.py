"""How often a job is tried, how long it rests in between, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["RetryPolicy"]

_CLOCKS_APART = timedelta(minutes=1)
"""How far the clocks of two machines may differ before one takes the other's leases for impossible."""
_LONGEST_PAUSE = 86_400.0
_LONGEST_PAUSE_IN_OUTAGE = 300.0
"""What waits for a sandbox is to be tried soon after there is one again."""
_FEWEST_OUTAGES = 5
"""No job is given up for outages that it met less often: it may have been held back in between."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a job is tried, the pause in seconds after the first failure (it doubles), the longest
    lease that any worker takes, and for how long an outage is waited out.

    A try that met an outage is not counted: the submission had no part in it.
    """

    tries: int
    pause_seconds: float
    lease_seconds: float = 86_400.0
    outage_seconds: float = 3 * 86_400.0

    def pause_after(self, failures: int) -> timedelta:
        return self._pause(failures, _LONGEST_PAUSE)

    def pause_in_outage(self, outages: int) -> timedelta:
        return self._pause(outages, _LONGEST_PAUSE_IN_OUTAGE)

    def outlasted(self, outages: int, since: datetime, at: datetime) -> bool:
        """Whether a job that has met ``outages`` since then has waited long enough for a person to look."""
        return outages >= _FEWEST_OUTAGES and at - since >= timedelta(seconds=self.outage_seconds)

    @property
    def furthest_pause(self) -> timedelta:
        """How far ahead a pause can end, if no clock has jumped."""
        longest = max(self.pause_after(max(self.tries - 1, 1)), self.pause_in_outage(64))
        return longest + _CLOCKS_APART

    @property
    def furthest_lease(self) -> timedelta:
        """How far ahead a lease can end, if no clock has jumped."""
        return timedelta(seconds=self.lease_seconds) + _CLOCKS_APART

    def _pause(self, times: int, longest: float) -> timedelta:
        return timedelta(seconds=min(self.pause_seconds * 2.0 ** (min(times, 64) - 1), longest))
