"""Signatures: a few numbers that are alike for answers that are wrong in the same way."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from grader.diagnosis.traces import Trace
from grader.diagnosis.values import Values

__all__ = ["signature_of"]

_LOOKED_AT: Final = 2
_PROJECTIONS: Final = 2
_SEED: Final = 20
_LARGEST: Final = 1e150


def signature_of(traces: Sequence[Trace]) -> tuple[float, ...]:
    """The signature of what came of a check on the first inputs it failed on; empty if it failed on none.

    First a number that stands for what failed, how, and the structure of the answers: equal or not. Then,
    for each set of inputs, the size of the wrong values and two random projections of them: they differ
    by rounding alone where the same mistake is written in two ways. Where the expectations that failed
    were about no numbers, those of all answers stand in.
    """
    failed = [trace for trace in traces if trace.failed][:_LOOKED_AT]
    if not failed:
        return ()
    wrong = [trace.wrong if trace.wrong.numbers else trace.answers for trace in failed]
    told = [repr((trace.outline, _form(values))) for trace, values in zip(failed, wrong, strict=True)]
    structure = int.from_bytes(hashlib.sha256("\n".join(told).encode()).digest()[:6], "big")
    return (float(structure), *(number for values in wrong for number in _projected(values)))


def _form(values: Values) -> tuple[object, ...]:
    patterns = [np.flatnonzero(~np.isfinite(numbers)).tolist() for numbers in values.numbers]
    return values.form, patterns


def _projected(values: Values) -> tuple[float, ...]:
    numbers = np.concatenate([np.zeros(0), *values.numbers])
    # A report holds finite numbers only, and a student may return any.
    numbers = np.clip(np.where(np.isfinite(numbers), numbers, 0.0), -_LARGEST, _LARGEST)
    weights = np.random.Generator(np.random.Philox(_SEED)).uniform(-1.0, 1.0, (_PROJECTIONS, numbers.size))
    largest = float(np.abs(numbers).max(initial=0.0)) or 1.0  # so that no square overflows
    size = largest * float(np.linalg.norm(numbers / largest))
    return (size, *(largest * float(weight @ (numbers / largest)) for weight in weights))
