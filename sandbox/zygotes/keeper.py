"""Keeps one zygote a runtime: started, tried, replaced when it is old, grown, dead or in doubt."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from sandbox.backends.base import Backend
from sandbox.backends.owner import Owner
from sandbox.errors import InfrastructureError, SandboxStartError
from sandbox.session import Sandbox
from sandbox.spec import Runtime, SandboxSpec
from sandbox.zygotes.backend import WarmBackend
from sandbox.zygotes.maker import ZygoteMaker, can_be_warm
from sandbox.zygotes.process import ask

__all__ = ["ZygoteFigures", "ZygoteKeeper", "warmed"]

_log = logging.getLogger(__name__)

_PREFIX: Final = "gradecli-zygotes-"
_OWNER: Final = "owner"
_LOOK_SECONDS: Final = 2.0
_START_SECONDS: Final = 120.0
_RETIRED_SECONDS: Final = 5.0
_WAITING_CONNECTIONS: Final = 128
_MOST_FORKS: Final = 1000
_OLDEST_SECONDS: Final = 3600.0
_MOST_GROWTH: Final = 1.25
_LONGEST_PAUSE_SECONDS: Final = 300.0
_DIAGNOSTIC_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True)
class ZygoteFigures:
    """How one zygote is.

    ``forked`` counts its guests, ``replaced`` the zygotes before it; ``reason`` is why the last was.
    """

    runtime: Runtime
    age_seconds: float
    forked: int
    resident_bytes: int
    replaced: int
    reason: str


class _Zygote:
    """One zygote, which has given a first guest that said hello."""

    def __init__(self, backend: ZygoteMaker, runtime: Runtime, folder: Path) -> None:
        """Start it with its socket in ``folder``, and try it.

        Raises:
            InfrastructureError: it did not start, or gave no guest.
        """
        self.address = folder / runtime
        self.started = time.monotonic()
        self.forked = self.resident_bytes = 0
        self._log: IO[bytes] = tempfile.TemporaryFile(prefix=_PREFIX)  # noqa: SIM115 - closed by end()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(self.address))
            listener.listen(_WAITING_CONNECTIONS)
            self._process: subprocess.Popen[bytes] = backend.launch_zygote(runtime, listener, self._log)
        try:
            self._look(_START_SECONDS)
            self._first_bytes = self.resident_bytes
            with Sandbox(WarmBackend(backend, folder, or_cold=False), SandboxSpec(runtime)):
                pass
        except (OSError, InfrastructureError) as error:
            raise SandboxStartError(f"the {runtime} zygote did not start: {error} {self._end()}") from error

    def doubt(self) -> str:
        """Why it should be replaced, or nothing."""
        if self._process.poll() is not None:
            return "it had died"
        try:
            self._look(_LOOK_SECONDS)
        except OSError as error:
            return f"it did not answer ({error})"
        if time.monotonic() - self.started > _OLDEST_SECONDS:
            return "it was old"
        if self.forked > _MOST_FORKS:
            return "it had forked enough"
        if self.resident_bytes > _MOST_GROWTH * self._first_bytes:
            return "its memory had grown"
        return ""

    def move(self, address: Path) -> None:
        """Be found at ``address`` from now on, instead of whoever is found there."""
        self.address.rename(address)
        self.address = address

    def keep_reachable(self) -> None:
        """Be found under another name too, before another one takes this one's."""
        spare = self.address.with_name(f"{self.address.name}-{self._process.pid}")
        spare.hardlink_to(self.address)
        self.address = spare

    def retire(self) -> None:
        """Let nobody else in. It ends with its last guest."""
        with contextlib.suppress(OSError):
            ask(self.address, {"ask": "retire"}, _LOOK_SECONDS)
        self.address.unlink(missing_ok=True)

    def has_ended(self) -> bool:
        """Whether it is gone, and nothing of it is left."""
        if self._process.poll() is None:
            return False
        self._log.close()
        return True

    def end(self) -> None:
        """End it at once, with every guest of its own."""
        self.address.unlink(missing_ok=True)
        self._end()

    def _end(self) -> str:
        """End it; what it had to say."""
        self._process.kill()
        self._process.wait()
        self._log.seek(0)
        said = self._log.read(_DIAGNOSTIC_BYTES).decode("utf-8", "replace").strip()
        self._log.close()
        return said

    def _look(self, seconds: float) -> None:
        state = ask(self.address, {"ask": "state"}, seconds)
        self.forked, self.resident_bytes = int(state["forked"]), int(state["resident_bytes"])


class ZygoteKeeper:
    """A context manager: within it, ``folder`` holds a socket for each runtime that is warm.

    Whoever wants guests makes a :class:`~sandbox.zygotes.backend.WarmBackend` for ``folder``, in this process
    or in another of the same user. The zygotes end with this process, whatever ends it.

    Args:
        runtimes: those to keep warm. One whose zygote does not start is tried again, ever more seldom;
            ``problems`` says why, for staff.
    """

    def __init__(self, backend: ZygoteMaker, runtimes: Iterable[Runtime]) -> None:
        self.problems: dict[Runtime, str] = {}
        self._backend, self._runtimes = backend, tuple(runtimes)
        self._zygotes: dict[Runtime, _Zygote] = {}
        self._retired: list[_Zygote] = []
        self._replaced = dict.fromkeys(self._runtimes, 0)
        self._reasons = dict.fromkeys(self._runtimes, "")
        self._not_before = dict.fromkeys(self._runtimes, 0.0)
        self._pauses = dict.fromkeys(self._runtimes, _LOOK_SECONDS)
        self._stop, self._settled = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="zygotes", daemon=True)

    def __enter__(self) -> Self:
        _sweep_folders()
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        (self.folder / _OWNER).write_text(str(Owner.current()), encoding="utf-8")
        (self.folder / "next").mkdir()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def wait(self, seconds: float) -> bool:
        """Wait until each runtime has been tried once; whether all of them are warm."""
        self._settled.wait(seconds)
        return self._zygotes.keys() == set(self._runtimes)

    def figures(self) -> list[ZygoteFigures]:
        """How the zygotes are, as they were last looked at."""
        return [
            ZygoteFigures(
                runtime,
                time.monotonic() - zygote.started,
                zygote.forked,
                zygote.resident_bytes,
                self._replaced[runtime],
                self._reasons[runtime],
            )
            for runtime, zygote in sorted(self._zygotes.items())
        ]

    def _run(self) -> None:
        """In one thread from the first zygote to the last: each ends with the thread that started it."""
        try:
            while not self._stop.is_set():
                for runtime in self._runtimes:
                    if not self._stop.is_set():
                        self._look_after(runtime)
                self._retired = [zygote for zygote in self._retired if not zygote.has_ended()]
                self._settled.set()
                self._stop.wait(_LOOK_SECONDS)
        finally:
            for zygote in (*self._zygotes.values(), *self._retired):
                zygote.end()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _look_after(self, runtime: Runtime) -> None:
        present = self._zygotes.get(runtime)
        reason = "" if present is None else present.doubt()
        if (present is not None and not reason) or time.monotonic() < self._not_before[runtime]:
            return
        try:
            (self.folder / "next" / runtime).unlink(missing_ok=True)
            new = _Zygote(self._backend, runtime, self.folder / "next")
        except (InfrastructureError, OSError) as error:
            self._pauses[runtime] = min(2 * self._pauses[runtime], _LONGEST_PAUSE_SECONDS)
            self._not_before[runtime] = time.monotonic() + self._pauses[runtime]
            self.problems[runtime] = str(error)
            _log.warning("sandboxes of the %s runtime start cold for now: %s", runtime, error)
            return
        self.problems.pop(runtime, None)
        self._pauses[runtime] = _LOOK_SECONDS
        if present is not None:
            present.keep_reachable()
            self._replaced[runtime] += 1
            self._reasons[runtime] = reason
        new.move(self.folder / runtime)
        self._zygotes[runtime] = new
        if present is not None:
            _log.info("replaced the %s zygote: %s", runtime, reason)
            present.retire()
            self._retired.append(present)


@contextlib.contextmanager
def warmed(backend: Backend) -> Iterator[Backend]:
    """``backend`` with every runtime warm that it has here, and nothing started cold; itself where it cannot
    be warm.

    Raises:
        SandboxStartError: a zygote does not start.
    """
    if not can_be_warm(backend):
        yield backend
        return
    with ZygoteKeeper(backend, [one for one in Runtime if backend.availability(one).ok]) as keeper:
        if not keeper.wait(_START_SECONDS):
            raise SandboxStartError("; ".join(keeper.problems.values()) or "the zygotes are not there yet")
        yield WarmBackend(backend, keeper.folder, or_cold=False)


def _sweep_folders() -> None:
    """Remove the folders of keepers that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            owner = Owner.parse((folder / _OWNER).read_text(encoding="utf-8"))
            if folder.stat().st_uid == os.getuid() and owner is not None and owner.is_gone():
                shutil.rmtree(folder, ignore_errors=True)
