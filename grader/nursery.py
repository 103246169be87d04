"""A process that has imported the grading engine, and forks each grading child from there.

A child is as much on its own as one that is started anew: it has a process, a session and bounds of its
own, and nothing of an earlier grading is in it, for the nursery itself never grades. Only the imports,
which take longer than most gradings, are not done again.

The worker's end of a socket asks for a child with one message, ``{"run": module}``, and four descriptors:
the child's standard input, output and error, and a pipe. The nursery answers ``{"pid": ...}``, and writes
to the pipe how the child ended, once it knows. It ends when the worker does.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from types import TracebackType
from typing import IO, Final, NoReturn, Self

from sandbox.guest import privileges

__all__ = ["BornChild", "Nursery"]

_MODULES: Final = ("grader.child", "grader.replaying")
_MOST_BYTES: Final = 4096
_READY: Final = b"ready"
_ANSWER_SECONDS: Final = 10.0
_MOST_CHILDREN: Final = 1000
_LONGEST_PAUSE_SECONDS: Final = 300.0
_STATUS: Final = struct.Struct("i")

_log = logging.getLogger(__name__)


class BornChild:
    """A child that a nursery has forked; the part of :class:`subprocess.Popen` that a conversation needs."""

    def __init__(self, pid: int, streams: tuple[IO[bytes], IO[bytes], IO[bytes]], ending: int) -> None:
        self.pid = pid
        self.stdin, self.stdout, self.stderr = streams
        self.returncode: int | None = None
        self._ending: int | None = ending

    def poll(self) -> int | None:
        """The exit status if it has ended, else None; -SIGKILL where its nursery died with it."""
        if self._ending is not None and select.select([self._ending], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self) -> int:
        """Wait for its end."""
        if self._ending is not None:
            told = os.read(self._ending, _STATUS.size)
            os.close(self._ending)
            self._ending = None
            status = _STATUS.unpack(told)[0] if len(told) == _STATUS.size else signal.SIGKILL
            self.returncode = os.waitstatus_to_exitcode(status)
        assert self.returncode is not None
        return self.returncode


class Nursery:
    """A context manager: within it a nursery is kept, and replaced after a thousand children.

    For one thread, and one child at a time. Nothing here is waited for: where there is no nursery (yet),
    :meth:`bear` says so, and whoever asks starts a child anew.

    Args:
        environment: the children's.
        libraries: what is imported besides the grading engine, as far as it is installed.
    """

    def __init__(self, environment: Mapping[str, str], libraries: Sequence[str] = ("numpy", "torch")) -> None:
        self._environment, self._libraries = dict(environment), tuple(libraries)
        self._present: _Process | None = None
        self._coming: _Process | None = None
        self._not_before, self._pause = 0.0, 1.0

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self._present, self._coming):
            if process is not None:
                process.end()
        self._present = self._coming = None

    @property
    def is_ready(self) -> bool:
        """Whether the next child will be forked."""
        self._look()
        return self._present is not None

    def bear(self, module: str) -> BornChild | None:
        """A child that runs ``module``; None where none can be had now."""
        self._look()
        if self._present is None:
            return None
        try:
            return self._present.bear(module)
        except (OSError, ValueError) as error:
            _log.warning("starting a grading process anew: the nursery gave none (%s)", error)
            self._present.end()
            self._present = None
            return None

    def _look(self) -> None:
        """Take what has come, leave what is old or dead, and send for the next."""
        if self._coming is not None:
            ready = self._coming.is_ready()
            if ready:
                if self._present is not None:
                    self._present.end()
                self._present, self._coming, self._pause = self._coming, None, 1.0
            elif ready is None:
                self._coming.end()
                self._coming = None
                self._not_before = time.monotonic() + self._pause
                self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        if self._present is not None and self._present.has_ended():
            self._present.end()
            self._present = None
        if self._present is None or self._present.born >= _MOST_CHILDREN:
            self._start()

    def _start(self) -> None:
        if self._coming is None and time.monotonic() >= self._not_before:
            self._coming = _Process(self._environment, self._libraries)


class _Process:
    """One nursery, from its start."""

    def __init__(self, environment: dict[str, str], libraries: tuple[str, ...]) -> None:
        self.born = 0
        self._ready = False
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "grader.nursery", str(theirs.fileno()), *libraries],
                stdin=subprocess.DEVNULL,
                env=environment,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._connection.settimeout(_ANSWER_SECONDS)

    def is_ready(self) -> bool | None:
        """Whether it has said so; None when it never will."""
        if not self._ready and select.select([self._connection], [], [], 0)[0]:
            if self._connection.recv(_MOST_BYTES) != _READY:
                return None
            self._ready = True
        return self._ready

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def bear(self, module: str) -> BornChild:
        """See :meth:`Nursery.bear`.

        Raises:
            OSError: it does not answer.
            ValueError: it could not fork.
        """
        pipes = [os.pipe() for _ in range(4)]
        ours = (pipes[0][1], pipes[1][0], pipes[2][0], pipes[3][0])
        theirs = (pipes[0][0], pipes[1][1], pipes[2][1], pipes[3][1])
        try:
            socket.send_fds(self._connection, [json.dumps({"run": module}).encode()], theirs)
            pid = json.loads(self._connection.recv(_MOST_BYTES) or "{}").get("pid")
            if type(pid) is not int:
                raise ValueError("it could not fork")
        except BaseException:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        self.born += 1
        streams = (os.fdopen(ours[0], "wb"), os.fdopen(ours[1], "rb"), os.fdopen(ours[2], "rb"))
        return BornChild(pid, streams, ours[3])

    def end(self) -> None:
        """End it, and what it has forked."""
        self._connection.close()
        self._process.kill()
        self._process.wait()


# Within the nursery -----------------------------------------------------------------------------


def main() -> None:
    """The nursery's own entry point."""
    from sandbox.guest.warming import settle  # with the libraries: not for whoever asks it

    connection = socket.socket(fileno=int(sys.argv[1]))
    libraries = [name for name in sys.argv[2:] if find_spec(name) is not None]
    sys.argv[:] = [""]
    gc.disable()  # while importing, there is nothing to collect
    for name in (*_MODULES, *libraries):
        import_module(name)
    gc.enable()
    settle()
    privileges.call_this("nursery")
    waiting: dict[int, int] = {}
    signal.signal(signal.SIGCHLD, lambda *_: _tell_ends(waiting))
    connection.send(_READY)
    while True:
        text, descriptors, _, _ = socket.recv_fds(connection, _MOST_BYTES, 4)
        if not text:
            return
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        try:
            child = os.fork()
            if child == 0:
                connection.close()
                _be_the_child(str(json.loads(text)["run"]), descriptors)
            waiting[child] = descriptors.pop()
            answer: dict[str, int] = {"pid": child}
        except OSError:
            answer = {}
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            for descriptor in descriptors:
                os.close(descriptor)
        connection.send(json.dumps(answer).encode())


def _be_the_child(module: str, descriptors: list[int]) -> NoReturn:
    """Run ``module`` as ``python -m`` would, with descriptors of its own."""
    code = 1
    try:
        privileges.call_this("grading")
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os.setsid()
        for number, descriptor in enumerate(descriptors[:3]):
            os.dup2(descriptor, number)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        if module not in _MODULES:
            raise ValueError(f"{module} is no grading process")
        random.seed()
        sys.modules[module].main()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _tell_ends(waiting: dict[int, int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            told = waiting.pop(ended[0])
            with contextlib.suppress(OSError):  # nobody wants to know
                os.write(told, _STATUS.pack(ended[1]))
            os.close(told)


if __name__ == "__main__":
    main()
