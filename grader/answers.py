"""Where the answers to a problem's checks come from: sandboxes in which the student's code runs, or a
transcript of them. Grading itself cannot tell the difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self

from grader.authoring import Check
from grader.guests import GuestKeeper
from grader.instances import advice_seed, choose_instance, guest_seed, instance_seed, public_seed
from grader.package import Problem
from grader.report import Measurement, Visibility
from grader.transcripts.records import Purpose, SectionOpened
from grader.transcripts.writing import TranscriptWriter
from sandbox import Backend, Session
from sandbox.remote import RemoteModule

__all__ = ["Answers", "Instance", "Listen", "Meeting", "SandboxAnswers", "Trial", "meetings_of"]

Instance = int | Literal["all"] | None
"""Which instance of its inputs each check is run on; None: the one that the key chooses."""


Listen = Callable[[Session], Session]
"""Wraps the session of a module that is about to be loaded."""


class Meeting(NamedTuple):
    """One instance of a check by its number, the seed of the check's random source, and the guest's own."""

    number: int
    seed: int
    guest_seed: int


class Trial(NamedTuple):
    """The student's file, loaded anew to be looked at beside a check, and the seed of that check's inputs."""

    seed: int
    student: RemoteModule


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

    def trial(self, check: Check, purpose: Purpose, number: int, seconds: float, listen: Listen) -> Trial:
        """The student's file, loaded anew for the ``number``-th look at a failed check; never for points.

        Its inputs come from seeds that are the same for every submission, and are no instance's.

        Args:
            seconds: what the student's code may take in it.
            listen: wraps the module's session.

        Raises:
            StudentCodeError: the file does not load.
            NotRecordedError: nothing runs here, and this was not recorded.
        """
        ...

    def called(self) -> Mapping[str, int]:
        """How often the checks' runs so far called what is forbidden, as the student's process told it."""
        ...

    def measurement(self) -> Measurement | None:
        """The time and memory used, where anything ran."""
        ...


def meetings_of(
    problem: Problem, check: Check, visibility: Visibility, key: bytes, instance: Instance
) -> Iterator[Meeting]:
    """The instances of ``check`` that ``instance`` and ``key`` choose; of a public check its only one."""
    count = 1 if visibility is Visibility.PUBLIC else check.instances
    if instance == "all":
        chosen = range(count)
    else:
        own = choose_instance(key, problem.name, check.name, count) if instance is None else instance % count
        chosen = range(own, own + 1)
    for index in chosen:
        if visibility is Visibility.PUBLIC:
            seed = public_seed(problem.name, check.name)
        else:
            seed = instance_seed(problem, check.name, index)
        yield Meeting(index, seed, guest_seed(key, check.name))


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
        # What an example gives is shown: its guest never sees what a check asks.
        self._examples = GuestKeeper(backend, problem, self._files)
        self._checks, self._transcript = checks, transcript
        self._called = Counter[str]()
        self._last: Purpose | None = None

    def __enter__(self) -> Self:
        self._keeper.__enter__()
        if self._transcript is not None:
            self._transcript.open_problem(self._problem, self._checks, self._files)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._examples.__exit__(kind, error, trace)
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
        return meetings_of(self._problem, check, visibility, self._key, self._instance)

    def student(self, check: Check, visibility: Visibility, meeting: Meeting) -> RemoteModule:
        """See :meth:`Answers.student`."""
        limit = check.time_limit or self._problem.time_seconds
        return self._load(
            SectionOpened(check.name, visibility, *meeting, seconds=limit, fresh=check.fresh_sandbox)
        )

    def trial(self, check: Check, purpose: Purpose, number: int, seconds: float, listen: Listen) -> Trial:
        """See :meth:`Answers.trial`."""
        seed = advice_seed(self._problem, check.name, purpose, number)
        own = guest_seed(self._key, check.name)
        opened = SectionOpened(
            check.name, Visibility.HIDDEN, number, seed, own, seconds, check.fresh_sandbox, purpose
        )
        return Trial(seed, self._load(opened, listen))

    def called(self) -> Mapping[str, int]:
        """See :meth:`Answers.called`."""
        self._note_called()
        if self._transcript is not None and self._called:
            self._transcript.forbidden_called(self._called)
        return self._called

    def measurement(self) -> Measurement:
        """See :meth:`Answers.measurement`."""
        return self._keeper.measurement()

    def _note_called(self) -> None:
        """What the last load called. How often a failed check is looked at again must not show in it."""
        last, self._last = self._last, None
        if last in (Purpose.CHECK, Purpose.DIAGNOSIS):
            called = self._keeper.called()
            if last is Purpose.CHECK:
                self._called.update(called)

    def _load(self, section: SectionOpened, also: Listen | None = None) -> RemoteModule:
        self._note_called()
        self._last = section.purpose
        if self._transcript is not None:
            self._transcript.open_section(section)
        keeper = self._examples if section.purpose is Purpose.EXAMPLE else self._keeper
        started = keeper.started

        def listen(session: Session) -> Session:
            if self._transcript is not None:
                if keeper.started != started:
                    self._transcript.guest_started(keeper.versions)
                session = self._transcript.listen(session)
            return session if also is None else also(session)

        return keeper.module(section.guest_seed, section.seconds, fresh=section.fresh, listen=listen)
