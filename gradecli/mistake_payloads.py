"""What the course service answers about the mistakes of a class, as this client reads it."""

from __future__ import annotations

from gradecli.payloads import Answer, Id

__all__ = ["MistakeCount", "Mistakes"]


class MistakeCount(Answer):
    """Students who make a known mistake (or, without ``mistake``, share an error that has no name)."""

    problem: str
    check: str
    title: str
    mistake: str = ""
    sentence: str = ""
    message: str = ""
    students: int
    examples: tuple[Id, ...] = ()


class Mistakes(Answer):
    """What goes wrong in a set, the most frequent first."""

    pset: str
    students: int
    mistakes: tuple[MistakeCount, ...]
    unnamed: tuple[MistakeCount, ...]
    unnamed_alone: int = 0
