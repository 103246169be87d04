"""What a worker keeps ready, so that a grading waits for no import: a nursery, and zygotes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.settings import Settings
from grader.conversation import child_environment
from grader.nursery import Nursery
from sandbox import Runtime, find
from sandbox.zygotes import ZygoteKeeper, can_be_warm

__all__ = ["COLD", "Warmth", "warmth"]


@dataclass(frozen=True, slots=True)
class Warmth:
    """Where gradings come from, and their sandboxes; None: each is started anew."""

    nursery: Nursery | None
    zygotes: Path | None


COLD: Final = Warmth(None, None)


@contextlib.contextmanager
def warmth(settings: Settings) -> Iterator[Warmth]:
    """What ``settings`` want ready; it comes up by itself, and nobody waits for it."""
    if not settings.warm:
        yield COLD
        return
    backend = find(settings.sandbox)
    with contextlib.ExitStack() as stack:
        nursery = stack.enter_context(Nursery(child_environment()))
        zygotes = None
        if can_be_warm(backend):
            runtimes = [runtime for runtime in Runtime if backend.availability(runtime).ok]
            zygotes = stack.enter_context(ZygoteKeeper(backend, runtimes)).folder
        yield Warmth(nursery, zygotes)
