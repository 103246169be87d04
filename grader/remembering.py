"""A reference whose answers are calculated once and kept, for scoring many submissions in one process."""

from __future__ import annotations

import hashlib
from typing import Final

from grader.answers import Listen
from grader.authoring import Check
from grader.errors import PackageError
from grader.package import Problem
from grader.references import LiveReference, TrustedSession
from grader.transcripts.records import hashes_of, pack_request
from sandbox import InProcessSession, load
from sandbox.errors import StudentCodeError
from sandbox.remote import RemoteModule
from sandbox.session import Answer
from sandbox.wire.frames import PREFIX_BYTES, FrameLimits, read_prefix
from sandbox.wire.messages import Message, Operation, Request, Returned, pack_message, unpack_message

__all__ = ["RememberedReference"]

_ROOM: Final = 512 * 2**20
_LIMITS: Final = FrameLimits(body_bytes=2**40, nodes=10**7)


class RememberedReference:
    """The reference solution of one problem, in this (trusted) process.

    What it answers depends on what it was asked since it was loaded, and on nothing else: so an answer is
    kept under the whole line of requests that led to it. Checks that meet an instance again find all of
    them; what only one submission leads to (a reference fed with its values) is calculated for it.
    """

    def __init__(self, problem: Problem, *, room: int = _ROOM) -> None:
        self._problem = problem
        self._files = problem.files_with(problem.text("reference.py"))
        self._answers: dict[bytes, bytes] = {}
        self._room = room
        self._sound: set[tuple[str, int]] = set()
        self._session: InProcessSession | None = None

    def close(self) -> None:
        """End what runs."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def fresh_session(self) -> InProcessSession:
        """A session that has been asked nothing, in place of the last one: checks run one at a time."""
        self.close()
        self._session = InProcessSession()
        return self._session

    def for_check(self, check: Check, listen: Listen | None = None) -> RemoteModule:
        """See :meth:`grader.references.References.for_check`; ``listen`` wraps the module's session."""
        session = _Remembering(self._files, self)
        try:
            return load(listen(session) if listen else session, self._files, self._problem.file_name)
        except StudentCodeError as error:
            path = self._problem.folder / "reference.py"
            raise PackageError(path, f"cannot be loaded: {error}") from error

    def require_sound(self, check: Check, seed: int, cause: Exception) -> None:
        """See :meth:`grader.references.References.require_sound`."""
        if (check.name, seed) not in self._sound:
            with LiveReference(self._problem) as live:
                live.require_sound(check, seed, cause)
            self._sound.add((check.name, seed))

    def recall(self, line: bytes) -> bytes | None:
        """The answer at the end of a line of requests, if it is known."""
        return self._answers.get(line)

    def keep(self, line: bytes, answer: bytes) -> None:
        """Remember an answer, while there is room."""
        if self._room >= len(answer):
            self._room -= len(answer)
            self._answers[line] = answer


class _Remembering:
    """One load of the reference: known answers first, and the reference itself from where they end."""

    def __init__(self, files: dict[str, str], memory: RememberedReference) -> None:
        self._hashes, self._files, self._memory = hashes_of(files), files, memory
        self._line = b""
        self._asked: list[bytes] = []
        self._live: TrustedSession | None = None

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        """See :meth:`sandbox.session.Session.request`."""
        asked = pack_request(operation, operands, self._hashes)
        self._line = hashlib.sha256(self._line + asked).digest()
        if self._live is None:
            known = self._memory.recall(self._line)
            if known is not None:
                self._asked.append(asked)
                return _answer(known)
            self._live = self._caught_up()
        answer = self._live.request(operation, *operands, time_limit=time_limit, release=release)
        kept = b"".join(pack_message(Returned(0, answer.value, answer.printed)))
        self._memory.keep(self._line, kept)
        return answer

    def _caught_up(self) -> TrustedSession:
        """The reference, asked again all that memory has answered so far."""
        session = TrustedSession(self._memory.fresh_session())
        for asked in self._asked:
            message = _message(asked)
            assert isinstance(message, Request)
            operands = message.operands
            if message.operation is Operation.LOAD:
                operands = (self._files, *operands[1:])
            session.request(message.operation, *operands)
        return session


def _answer(kept: bytes) -> Answer:
    message = _message(kept)
    assert isinstance(message, Returned)
    return Answer(message.value, message.printed)


def _message(frame: bytes) -> Message:
    sizes = read_prefix(frame[:PREFIX_BYTES], _LIMITS)
    middle = PREFIX_BYTES + sizes.header_bytes
    return unpack_message(frame[PREFIX_BYTES:middle], bytearray(frame[middle:]), _LIMITS, lambda ref: ref)
