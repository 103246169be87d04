"""``gradecli serve``: one web process and some workers, kept running until the service is stopped."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from api.bootstrap import prepare
from api.logs import start_logging
from api.processes.ending import PERMANENT, CannotStartError, ExitCode
from api.settings import Settings

__all__ = ["serve"]

_LOOK_SECONDS = 0.2
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_STEADY_SECONDS = 60.0
_AFTER_DRAINING = 10.0
_BACKLOG = 256
_A_LOOP = 4

log = logging.getLogger(__name__)


def serve(settings: Settings, *, announce: Callable[[str], None] = print) -> None:
    """Run the course service until SIGTERM or SIGINT.

    Prepares the data folder, opens the port, and keeps the web process and the workers running:
    one that ends is started again, after a pause that grows while it keeps ending. One that says
    that it cannot start, whatever is tried, stops the service.

    Args:
        announce: told the few lines that the operator must see: the address, and at the first
            start the administrator's token. Nothing else ever shows that token.

    Raises:
        OSError: the address is taken or is not ours.
        CannotStartError: a process of the service cannot start with these settings and data.
    """
    start_logging("supervisor", settings)
    prepared = prepare(settings)
    with _listen(settings) as listener:
        port = listener.getsockname()[1]
        if prepared.admin_token is not None:
            announce(f"Administrator {prepared.admin_email}, token (shown this once): {prepared.admin_token}")
        announce(f"gradecli is served at http://{_in_address(settings.host)}:{port}")
        _Supervisor(settings, listener).run()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@dataclass(slots=True)
class _Child:
    """One process to keep running."""

    name: str
    command: tuple[str, ...]
    inherited: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause: float = field(default=_FIRST_PAUSE)
    ends_in_a_row: int = 0


class _Supervisor:
    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        here = str(os.getpid())
        web = (sys.executable, "-m", "api.processes.web", here, str(listener.fileno()))
        worker = (sys.executable, "-m", "api.worker", here)
        self._children = [
            _Child("web", web, inherited=(listener.fileno(),)),
            *(_Child(f"worker {number}", worker) for number in range(1, settings.workers + 1)),
        ]
        self._environment = settings.child_environment()
        self._drain_seconds = settings.drain_seconds
        self._stopping = False

    def run(self) -> None:
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            while not self._stopping:
                for child in self._children:
                    self._look_after(child)
                time.sleep(_LOOK_SECONDS)
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _look_after(self, child: _Child) -> None:
        """Start ``child`` if it is not running and its pause is over."""
        moment = time.monotonic()
        if child.process is not None:
            status = child.process.poll()
            if status is None:
                return
            child.process = None
            if status in PERMANENT:
                msg = f"{child.name} cannot start; the line above says why. Starting it again would not help."
                raise CannotStartError(ExitCode(status), msg)
            if moment - child.started_at >= _STEADY_SECONDS:
                child.pause, child.ends_in_a_row = _FIRST_PAUSE, 0
            child.ends_in_a_row += 1
            _say_that_it_ended(child, status)
            child.start_at = moment + child.pause
            child.pause = min(child.pause * 2, _LONGEST_PAUSE)
        if moment >= child.start_at:
            child.started_at = moment
            # A group of its own: Ctrl-C in the terminal reaches us alone, and we end it in order.
            child.process = subprocess.Popen(
                child.command,
                env=self._environment,
                pass_fds=child.inherited,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
            )
            log.info("%s is process %d", child.name, child.process.pid)

    def _end_all(self) -> None:
        """SIGTERM to each, time to drain, then SIGKILL."""
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.terminate()
        give_up_at = time.monotonic() + self._drain_seconds + _AFTER_DRAINING
        for process in running:
            try:
                process.wait(max(0.0, give_up_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("process %d did not end in time; killing it", process.pid)
                process.kill()
                process.wait()
        log.info("stopped")


def _say_that_it_ended(child: _Child, status: int) -> None:
    how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    if child.ends_in_a_row < _A_LOOP:
        log.error("%s %s; starting it again in %g s", child.name, how, child.pause)
        return
    log.critical(
        "%s %s, as it did the last %d times soon after its start; trying again in %g s",
        *(child.name, how, child.ends_in_a_row - 1, child.pause),
    )
