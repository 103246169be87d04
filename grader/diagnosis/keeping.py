"""Keeps traces in files, so that a wrong answer is run once for all submissions that fail as it does.

A file holds a hash of the rest; then one line of JSON, compressed together with the raw numbers it lists.
One that is damaged, or of no known form, counts as missing: it is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from grader.diagnosis.traces import Judgement, Trace
from grader.diagnosis.values import Values

__all__ = ["KeptTraces", "sweep"]

Traces = dict[str, Trace | None]

_MOST_BYTES: Final = 64 * 2**20
_HASH_BYTES: Final = 32


class KeptTraces:
    """The traces in one folder, which any number of processes may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: bytes) -> Traces | None:
        """What was kept under ``key``, if it can be read."""
        path = self._path(key)
        try:
            found = _unpacked(path.read_bytes())
            os.utime(path)
        except (OSError, ValueError, KeyError, TypeError, IndexError, zlib.error):
            return None
        return found

    def put(self, key: bytes, traces: Mapping[str, Trace | None]) -> None:
        """Keep ``traces`` under ``key``, whole or not at all; without room, not at all."""
        path = self._path(key)
        temporary = path.with_suffix(f".{secrets.token_hex(8)}")
        with suppress(OSError):
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                temporary.write_bytes(_packed(traces))
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)

    def _path(self, key: bytes) -> Path:
        return self._folder / f"{hashlib.sha256(key).hexdigest()}.traces"


def sweep(folder: Path, *, unused_days: float) -> int:
    """Remove what nobody has asked for since ``unused_days``; returns how many files that were."""
    removed, until = 0, time.time() - unused_days * 24 * 3600
    for path in folder.glob("*.*"):
        with suppress(OSError):  # others sweep here too
            if path.stat().st_mtime < until:
                path.unlink()
                removed += 1
    return removed


def _packed(traces: Mapping[str, Trace | None]) -> bytes:
    arrays: list[bytes] = []

    def values(one: Values) -> dict[str, Any]:
        arrays.extend(array.tobytes() for array in one.numbers)
        return {"form": one.form, "sizes": [array.size for array in one.numbers]}

    def trace(one: Trace | None) -> dict[str, Any] | None:
        if one is None:
            return None
        judged = [
            {"about": each.about, "sentence": each.sentence, "got": values(each.got)}
            for each in one.judgements
        ]
        answers = values(one.answers)
        return {"judged": judged, "answers": answers, "ending": one.ending, "coarse": one.coarse}

    told = json.dumps({name: trace(one) for name, one in traces.items()}).encode()
    body = zlib.compress(b"".join((told, b"\n", *arrays)), 1)
    return hashlib.sha256(body).digest() + body


def _unpacked(content: bytes) -> Traces:
    expected, body = content[:_HASH_BYTES], content[_HASH_BYTES:]
    if hashlib.sha256(body).digest() != expected:
        raise ValueError("the file is damaged")
    told, _, raw = zlib.decompressobj().decompress(body, _MOST_BYTES).partition(b"\n")
    numbers, position = np.frombuffer(raw, np.float64), 0

    def values(one: dict[str, Any]) -> Values:
        nonlocal position
        parts = []
        for size in one["sizes"]:
            parts.append(numbers[position : position + size])
            position += size
        return Values(tuple(one["form"]), tuple(parts))

    def trace(one: dict[str, Any] | None) -> Trace | None:
        if one is None:
            return None
        judged = tuple(
            Judgement(each["about"], each["sentence"], values(each["got"])) for each in one["judged"]
        )
        return Trace(judged, values(one["answers"]), one["ending"], one["coarse"])

    return {name: trace(one) for name, one in json.loads(told).items()}
