"""Trials of a trusted answer: one of the package's own, loaded in this process."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from grader.answers import Listen, Trial
from grader.authoring import Check
from grader.instances import advice_seed
from grader.package import Problem
from grader.transcripts.records import Purpose
from sandbox import InProcessSession, load

__all__ = ["TrustedTrials"]


class TrustedTrials:
    """What :class:`grader.diagnosis.Diagnostician` asks of an answer, without a sandbox.

    A context manager. For answers of the package alone: their code runs here, with no limit.
    """

    def __init__(self, problem: Problem, source: str) -> None:
        self._problem, self._files = problem, problem.files_with(source)
        self._session = InProcessSession()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def trial(self, check: Check, purpose: Purpose, number: int, seconds: float, listen: Listen) -> Trial:
        """See :meth:`grader.answers.Answers.trial`."""
        seed = advice_seed(self._problem, check.name, purpose, number)
        return Trial(
            seed, load(listen(self._session), self._files, self._problem.file_name, seed=seed % 2**32)
        )
