"""Answers of a package's own files, run in this process: quick, and never for a student's file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

from grader.answers import Instance, Listen, Meeting, Trial, meetings_of
from grader.authoring import Check
from grader.instances import advice_seed, guest_seed
from grader.package import Problem
from grader.report import Visibility
from grader.transcripts.records import Purpose
from sandbox import InProcessSession, Session, load
from sandbox.remote import RemoteModule

__all__ = ["InProcessAnswers"]


class InProcessAnswers:
    """:class:`grader.answers.Answers` of a trusted file, without a sandbox: no limit of time or memory holds.

    Args:
        source: the file's text.
        key: decides instances, where ``instance`` is None, and seeds what the file draws itself.
        instance: which instance of its inputs each check is run on.
    """

    def __init__(
        self, problem: Problem, source: str, *, key: bytes = bytes(32), instance: Instance = None
    ) -> None:
        self._problem, self._key, self._instance = problem, key, instance
        self._files = problem.files_with(source)
        self._session = InProcessSession()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    @property
    def versions(self) -> Mapping[str, str]:
        """None of interest: this process's own."""
        return {}

    def try_to_load(self) -> None:
        """See :meth:`grader.answers.Answers.try_to_load`."""
        self._load(self._session, "")

    def meetings(self, check: Check, visibility: Visibility) -> Iterator[Meeting]:
        """See :meth:`grader.answers.Answers.meetings`."""
        return meetings_of(self._problem, check, visibility, self._key, self._instance)

    def student(self, check: Check, visibility: Visibility, meeting: Meeting) -> RemoteModule:
        """See :meth:`grader.answers.Answers.student`."""
        return self._load(self._session, check.name)

    def trial(self, check: Check, purpose: Purpose, number: int, seconds: float, listen: Listen) -> Trial:
        """See :meth:`grader.answers.Answers.trial`; ``seconds`` are not held to."""
        seed = advice_seed(self._problem, check.name, purpose, number)
        return Trial(seed, self._load(listen(self._session), check.name))

    def called(self) -> Mapping[str, int]:
        """Nobody watches."""
        return {}

    def measurement(self) -> None:
        """Nothing is measured."""

    def _load(self, session: Session, check: str) -> RemoteModule:
        return load(session, self._files, self._problem.file_name, seed=guest_seed(self._key, check))
