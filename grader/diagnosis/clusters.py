"""Finds the answers that are wrong in the same way, by their signatures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

__all__ = ["alike", "clusters"]

_T = TypeVar("_T")
_TOLERANCE: Final = 1e-4
_NUMBERS_OF_ONE: Final = 3  # a size, and two projections: of one set of inputs


def clusters(signed: Iterable[tuple[_T, tuple[float, ...]]]) -> tuple[tuple[_T, ...], ...]:
    """Those whose signatures are alike, the largest cluster first; of two as large, the one met first.

    What has an empty signature is like nothing. A cluster keeps the order of what is in it, and is what is
    like its first.

    Args:
        signed: what is sorted, each with its signature (:mod:`grader.diagnosis.signatures`).
    """
    found: dict[float, list[tuple[tuple[float, ...], list[_T]]]] = {}
    for one, signature in signed:
        if not signature:
            continue
        known = found.setdefault(signature[0], [])
        for first, members in known:
            if alike(first, signature):
                members.append(one)
                break
        else:
            known.append((signature, [one]))
    every = [tuple(members) for known in found.values() for _, members in known]
    return tuple(sorted(every, key=len, reverse=True))


def alike(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two signatures are equal but for rounding."""
    if not one or len(one) != len(other) or one[0] != other[0]:
        return False
    for start in range(1, len(one), _NUMBERS_OF_ONE):
        mine, theirs = one[start : start + _NUMBERS_OF_ONE], other[start : start + _NUMBERS_OF_ONE]
        most = _TOLERANCE * max(mine[0], theirs[0])
        if any(abs(a - b) > most for a, b in zip(mine, theirs, strict=True)):
            return False
    return True
