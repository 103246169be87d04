"""Tolerances from evidence: how much of each right answers use, and how far beyond it wrong ones are.

All in units of the tolerance: 1 is its edge. What was measured last is kept with the problem, so that a new
library or another machine on which right answers spread further is noticed before a student does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grader.authoring.comparison import Judge, within
from grader.errors import PackageError
from grader.package import Problem
from grader.verification.proof import CheckProof, Finding

__all__ = ["SPREAD_FILE", "Meter", "read_spread", "spread_findings", "spread_text"]

SPREAD_FILE: Final = "submissions/spread.toml"
MOST_USED: Final = 0.1
"""Right answers stay below this, so that one written in a new way still passes."""
LEAST_BEYOND: Final = 10.0
"""Wrong answers that fail by their values are beyond this."""
_GROWN: Final = 10.0
_SMALL: Final = 1e-3
"""Below this a spread may grow as it likes: it is rounding, and differs between machines."""

Spread = Mapping[str, Mapping[str, float]]


class Meter:
    """A judge that decides as ``judge`` does, and keeps the largest error in units of what was allowed."""

    def __init__(self, judge: Judge = within) -> None:
        self._judge, self._worst = judge, 0.0

    def __call__(
        self, error: NDArray[np.float64], size: NDArray[np.float64], rtol: float, atol: float
    ) -> NDArray[np.bool_]:
        with np.errstate(all="ignore"):
            units = error / (atol + rtol * size)
        self._worst = max(self._worst, float(units[np.isfinite(units)].max(initial=0.0)))
        return self._judge(error, size, rtol, atol)

    def take(self) -> float:
        """The largest error since the last time."""
        worst, self._worst = self._worst, 0.0
        return worst


def spread_findings(checks: Sequence[CheckProof], kept: Spread) -> Iterator[Finding]:
    """Tolerances that stand too near to an edge, and spreads that have grown since they were kept."""
    for check in checks:
        if check.used > MOST_USED:
            yield Finding(
                about=check.name,
                what=f"A right answer uses {check.used:.2g} of a tolerance.",
                advice="Allow more than ten times as much as right answers use: raise rtol or atol.",
            )
        if check.nearest is not None and check.nearest < LEAST_BEYOND:
            yield Finding(
                about=check.name,
                what=f"{check.nearest_by} fails it by only {check.nearest:.2g} tolerances.",
                advice="Let the mistake show more: larger inputs, fewer digits lost; or a smaller tolerance.",
            )
        before = kept.get(check.name, {}).get("float64", check.used)
        if check.used > max(_GROWN * before, _SMALL):
            yield Finding(
                about=check.name,
                what=f"Right answers use {check.used:.2g} of its tolerance; it was {before:.2g} once.",
                advice="Look at what has changed; where that is right, `gradecli verify --measure` keeps it.",
            )


def read_spread(problem: Problem) -> Spread:
    """What was measured last, by check; empty where nothing was.

    Raises:
        PackageError: the file is not what :func:`spread_text` writes.
    """
    path = problem.folder / SPREAD_FILE
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(problem.text(SPREAD_FILE))
        return {check: {key: float(value) for key, value in row.items()} for check, row in table.items()}
    except (tomllib.TOMLDecodeError, AttributeError, TypeError, ValueError) as error:
        raise PackageError(path, "cannot be read: make it again with `gradecli verify --measure`") from error


def spread_text(checks: Sequence[CheckProof]) -> str:
    """What was measured, to be kept in :data:`SPREAD_FILE`."""
    lines = [
        "# Of `gradecli verify --measure`. In units of the tolerance: the largest error of right answers",
        "# (in float32: of its own tolerance), and the least error of a wrong one that fails by its values.",
    ]
    for check in checks:
        lines += ["", f"[{check.name}]", f"float64 = {check.used:.1e}", f"float32 = {check.used_single:.1e}"]
        if check.nearest is not None:
            lines.append(f"wrong = {check.nearest:.1e}  # {check.nearest_by}")
    return "\n".join(lines) + "\n"
