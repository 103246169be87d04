"""Runs the known wrong answers on the inputs of a look, here: they are the package's own, and trusted."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Final

from grader.authoring import Check, Recognition
from grader.diagnosis.keeping import KeptTraces
from grader.diagnosis.mistakes import KnownMistake, known_mistakes, version_of
from grader.diagnosis.traces import Trace, watch
from grader.loading import load_recognitions
from grader.package import Problem
from grader.references import References
from grader.tracing import Tracing
from sandbox import InProcessSession, load
from sandbox.errors import StudentCodeError

__all__ = ["RIGHT", "Known"]

RIGHT: Final = ""
"""The name under which the reference's own trace stands: no wrong answer's."""


class Known:
    """What one problem knows of its mistakes, each found out once.

    Args:
        kept: where traces outlive this process.
    """

    def __init__(self, problem: Problem, references: References, kept: KeptTraces | None = None) -> None:
        self._problem, self._references, self._kept = problem, references, kept
        self._traces: dict[tuple[str, int], dict[str, Trace | None]] = {}

    @cached_property
    def mistakes(self) -> tuple[KnownMistake, ...]:
        return known_mistakes(self._problem)

    @cached_property
    def recognitions(self) -> tuple[Recognition, ...]:
        return load_recognitions(self._problem)

    @cached_property
    def _version(self) -> bytes:
        return version_of(self._problem)

    def failing(self, check: str) -> tuple[KnownMistake, ...]:
        """The mistakes that fail ``check``."""
        return tuple(mistake for mistake in self.mistakes if mistake.fails(check))

    def traces(self, check: Check, seed: int) -> dict[str, Trace | None]:
        """What comes of ``check`` for each mistake that fails it, and for the reference (:data:`RIGHT`).

        Raises:
            PackageError: the reference does not load.
        """
        place = (check.name, seed)
        if place not in self._traces:
            key = hashlib.sha256(
                self._version + f"{self._problem.name}\0{check.name}\0{seed}".encode()
            ).digest()
            found = None if self._kept is None else self._kept.get(key)
            if found is None:
                sources = {mistake.name: mistake.source for mistake in self.failing(check.name)}
                sources[RIGHT] = self._problem.text("reference.py")
                found = {name: self._trace(check, seed, source) for name, source in sources.items()}
                if self._kept is not None:
                    self._kept.put(key, found)
            self._traces[place] = found
        return self._traces[place]

    def _trace(self, check: Check, seed: int, source: str) -> Trace | None:
        with InProcessSession() as session:
            tracing = Tracing(session)
            try:
                student = load(tracing, self._problem.files_with(source), self._problem.file_name)
            except StudentCodeError:
                return None
            return watch(check, seed, student, self._references.for_check(check), tracing)
