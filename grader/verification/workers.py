"""Does tasks in child processes. One that hangs or dies costs itself alone, and is told as lost."""

from __future__ import annotations

import multiprocessing
import signal
import tempfile
import threading
import traceback
from collections.abc import Iterator, Sequence
from enum import StrEnum
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from grader.errors import GraderError
from sandbox.errors import InfrastructureError

__all__ = ["Blame", "Done", "Lost", "Task", "do_all"]

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")
_NO_MORE: Final = None


class Task(Protocol[R_co]):
    """Something to do in a child process: it and what it returns are pickled."""

    def run(self) -> R_co: ...


class Blame(StrEnum):
    """Whose failure it is that a task has no result."""

    TASK = "task"
    """It took too long, or ended its process."""
    PACKAGE = "package"
    """The package is broken: no task of it can be judged."""
    PLATFORM = "platform"


class Lost(NamedTuple):
    """In place of a result: why there is none."""

    why: str
    blame: Blame


class Done(NamedTuple, Generic[R]):
    """The number of a task, and what came of it."""

    number: int
    result: R | Lost


def do_all(tasks: Sequence[Task[R]], *, jobs: int, seconds: float) -> Iterator[Done[R]]:
    """Do the tasks in ``jobs`` processes; what comes of each, as it comes.

    Args:
        jobs: none for this process, where no time limit holds.
        seconds: what one task may take; then its process is killed, and another takes its place.
    """
    if not jobs:
        yield from (Done(number, _attempt(task)) for number, task in enumerate(tasks))
        return
    waiting: SimpleQueue[Any] = SimpleQueue()
    done: SimpleQueue[Done[R]] = SimpleQueue()
    hands = [_Hand(waiting, done, seconds) for _ in range(min(jobs, len(tasks)))]
    for one in (*enumerate(tasks), *(_NO_MORE for _ in hands)):
        waiting.put(one)
    with tempfile.TemporaryDirectory(prefix="gradecli-verify-") as folder:  # a killed process leaves files
        try:
            for hand in hands:
                hand.start(folder)
            for _ in tasks:
                yield done.get()
        finally:
            for hand in hands:
                hand.stop()


class _Hand:
    """A thread that hands tasks to a process of its own, and starts another when that is gone."""

    def __init__(self, waiting: SimpleQueue[Any], done: SimpleQueue[Any], seconds: float) -> None:
        self._waiting, self._done, self._seconds = waiting, done, seconds
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._folder = ""
        self._child: BaseProcess | None = None
        self._line: Connection | None = None
        self._stopped = False

    def start(self, folder: str) -> None:
        """Begin with the first task; temporary files go below ``folder``."""
        self._folder = folder
        self._thread.start()

    def stop(self) -> None:
        """End the process, and with it the thread."""
        self._stopped = True
        if self._child is not None:
            self._child.kill()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopped and (pair := self._waiting.get()) is not _NO_MORE:
            number, task = pair
            self._done.put(Done(number, self._do(task)))
        self._end_child()

    def _do(self, task: Task[object]) -> object:
        try:
            line = self._line or self._start_child()
            line.send(task)
            line.recv()  # that it has begun: starting a process is not the task's time
            if not line.poll(self._seconds):
                self._end_child()
                return Lost(f"it took longer than {self._seconds:g} s", Blame.TASK)
            return line.recv()
        except (EOFError, OSError):
            self._end_child()
            return Lost("it ended its process", Blame.TASK)

    def _start_child(self) -> Connection:
        context = multiprocessing.get_context("spawn")  # a fork would copy this process's threads' locks
        self._line, theirs = context.Pipe()
        self._child = context.Process(target=_serve, args=(theirs, self._folder), daemon=True)
        self._child.start()
        theirs.close()
        return self._line

    def _end_child(self) -> None:
        child, line, self._child, self._line = self._child, self._line, None, None
        if child is not None:
            child.kill()
            child.join()
        if line is not None:
            line.close()


def _serve(line: Connection, folder: str) -> None:
    """In the child: do what comes, until nobody asks any more."""
    tempfile.tempdir = folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to hear: it ends this process
    while True:
        try:
            task = line.recv()
        except EOFError:
            return
        line.send(None)
        line.send(_attempt(task))


def _attempt(task: Task[R]) -> R | Lost:
    try:
        return task.run()
    except InfrastructureError as error:
        return Lost(str(error), Blame.PLATFORM)
    except GraderError as error:
        return Lost(str(error), Blame.PACKAGE)
    except Exception:
        return Lost(traceback.format_exc(), Blame.PACKAGE)
