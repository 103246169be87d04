"""Where the answers to a problem's checks come from: sandboxes in which the student's code runs, or a
transcript of them. Grading itself cannot tell the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self

from grader.authoring import Check
from grader.guests import GuestKeeper
from grader.instances import choose_instance, guest_seed, instance_seed, public_seed
from grader.package import Problem
from grader.report import Measurement, Visibility
from grader.transcripts.records import SectionOpened
from grader.transcripts.writing import TranscriptWriter
from sandbox import Backend, Session
from sandbox.remote import RemoteModule

__all__ = ["Answers", "Instance", "Meeting", "SandboxAnswers"]

Instance = int | Literal["all"] | None
"""Which instance of its inputs each check is run on; None: the one that the key chooses."""


class Meeting(NamedTuple):
    """One instance of a check by its number, the seed of the check's random source, and the guest's own."""

    number: int
    seed: int
    guest_seed: int


class Answers(Protocol):
    """The student's side of one problem. A context manager: leaving it ends whatever runs."""

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of the libraries that the student's code ran with."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def try_to_load(self) -> None:
        """Load the student's file once, before any input of a check has been near it.

        Raises:
            StudentCodeError: it does not load.
        """
        ...

    def meetings(self, check: Check, visibility: Visibility) -> Iterator[Meeting]:
        """The instances that the check is run on."""
        ...

    def student(self, check: Check, visibility: Visibility, meeting: Meeting) -> RemoteModule:
        """The student's file, loaded anew for one instance.

        Raises:
            StudentCodeError: the file does not load.
        """
        ...

    def measurement(self) -> Measurement | None:
        """The time and memory used, where anything ran."""
        ...


class SandboxAnswers:
    """Answers of the student's code, which runs in sandboxes now.

    Args:
        source: the student's file.
        checks: the names of all that will be asked.
        transcript: where all of it is written down.
    """

    def __init__(
        self,
        problem: Problem,
        source: str,
        backend: Backend,
        *,
        key: bytes,
        instance: Instance,
        checks: tuple[str, ...] = (),
        transcript: TranscriptWriter | None = None,
    ) -> None:
        self._problem, self._key, self._instance = problem, key, instance
        self._files = problem.files_with(source)
        self._keeper = GuestKeeper(backend, problem, self._files)
        self._checks, self._transcript = checks, transcript
        self._told = 0

    def __enter__(self) -> Self:
        self._keeper.__enter__()
        if self._transcript is not None:
            self._transcript.open_problem(self._problem, self._checks, self._files)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._keeper.__exit__(kind, error, trace)

    @property
    def versions(self) -> Mapping[str, str]:
        return self._keeper.versions

    def try_to_load(self) -> None:
        """See :meth:`Answers.try_to_load`."""
        seconds = self._problem.time_seconds
        self._load(
            SectionOpened("", Visibility.PUBLIC, 0, 0, guest_seed(self._key, ""), seconds, fresh=False)
        )

    def meetings(self, check: Check, visibility: Visibility) -> Iterator[Meeting]:
        """See :meth:`Answers.meetings`."""
        problem = self._problem
        for index in self._indices(check, visibility):
            if visibility is Visibility.PUBLIC:
                seed = public_seed(problem.name, check.name)
            else:
                seed = instance_seed(problem, check.name, index)
            yield Meeting(index, seed, guest_seed(self._key, check.name))

    def student(self, check: Check, visibility: Visibility, meeting: Meeting) -> RemoteModule:
        """See :meth:`Answers.student`."""
        limit = check.time_limit or self._problem.time_seconds
        return self._load(
            SectionOpened(check.name, visibility, *meeting, seconds=limit, fresh=check.fresh_sandbox)
        )

    def measurement(self) -> Measurement:
        """See :meth:`Answers.measurement`."""
        return self._keeper.measurement()

    def _indices(self, check: Check, visibility: Visibility) -> range:
        count = 1 if visibility is Visibility.PUBLIC else check.instances
        if self._instance == "all":
            return range(count)
        if self._instance is None:
            chosen = choose_instance(self._key, self._problem.name, check.name, count)
        else:
            chosen = self._instance % count
        return range(chosen, chosen + 1)

    def _load(self, section: SectionOpened) -> RemoteModule:
        if self._transcript is not None:
            self._transcript.open_section(section)
        listen = None if self._transcript is None else self._listen
        return self._keeper.module(section.guest_seed, section.seconds, fresh=section.fresh, listen=listen)

    def _listen(self, session: Session) -> Session:
        assert self._transcript is not None
        if self._keeper.started != self._told:
            self._told = self._keeper.started
            self._transcript.guest_started(self._keeper.versions)
        return self._transcript.listen(session)
