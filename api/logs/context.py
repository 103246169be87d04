"""What log lines are about: the submission, the lease, the request, the person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypedDict, Unpack

__all__ = ["Subject", "about", "current_subject", "note"]


class Subject(TypedDict, total=False):
    """What a line can be about. ``request`` is a request's id, ``user`` a person's number."""

    submission: str
    job: int
    lease: int
    worker: str
    request: str
    user: int


_subject: ContextVar[Subject | None] = ContextVar("subject of log lines", default=None)


@contextmanager
def about(**subject: Unpack[Subject]) -> Iterator[None]:
    """Say for each line logged inside the block, beside what is known already, what it is about.

    It also holds in threads that are started with a copy of the context.
    """
    token = _subject.set({**(_subject.get() or {}), **subject})
    try:
        yield
    finally:
        _subject.reset(token)


def note(**subject: Unpack[Subject]) -> None:
    """Add to the innermost :func:`about` what became known since: whoever runs inside it sees it,
    in whichever thread. Outside of any, nothing happens."""
    current = _subject.get()
    if current is not None:
        current.update(subject)


def current_subject() -> Mapping[str, object]:
    """What a line logged here is about."""
    return dict(_subject.get() or {})
