"""A worker as a process: its name, its signals, its end."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import secrets
import signal
import socket
import threading
from types import FrameType
from typing import Final

from api.services import Services
from api.settings import Settings
from api.worker.grading import ChildGrader, traces_folder
from api.worker.loop import Worker
from api.worker.pulse import Pulse
from api.worker.warmth import warmth
from grader.diagnosis import sweep as sweep_traces
from sandbox import InfrastructureError, find

__all__ = ["run"]

log = logging.getLogger(__name__)

_TRACES_DAYS: Final = 30
"""Days without a failure like it after which what a wrong answer does is forgotten."""


class _StopNowError(BaseException):
    """The time to finish the submission in progress is over. Not an error of grading, so nothing
    that handles those may catch it."""


def run(settings: Settings) -> None:
    """Grade submissions until SIGTERM or SIGINT; then finish the one in progress, within
    ``drain_seconds``, or hand it back."""
    services = Services.open(settings)
    stop = threading.Event()
    _stop_on_signals(stop, settings.drain_seconds)
    sweep = functools.partial(_sweep, settings)
    try:
        with warmth(settings) as warm:
            worker = Worker(services, ChildGrader(settings, warm), name=_name(), stop=stop, sweep=sweep)
            with _pulse(settings, worker):
                worker.run()
    except _StopNowError:
        log.info("stopped before the submission in progress was graded")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        services.close()


def _pulse(settings: Settings, worker: Worker) -> contextlib.AbstractContextManager[object]:
    if settings.worker_pulse is None:
        return contextlib.nullcontext()
    return Pulse(settings.worker_pulse, worker, grading_seconds=settings.grading_seconds)


def _sweep(settings: Settings) -> None:
    """Remove what the sandboxes of killed workers have left on this machine, and old traces."""
    sweep_traces(traces_folder(settings), unused_days=_TRACES_DAYS)
    try:
        removed = find(settings.sandbox).sweep()
    except InfrastructureError as error:
        log.warning("leftovers of earlier sandboxes could not be removed: %s", error)
    else:
        if removed:
            log.info("removed what earlier sandboxes had left: %s", ", ".join(removed))


def _name() -> str:
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


def _stop_on_signals(stop: threading.Event, drain_seconds: float) -> None:
    def drain(_number: int, _frame: FrameType | None) -> None:
        if not stop.is_set():
            stop.set()
            signal.setitimer(signal.ITIMER_REAL, drain_seconds)

    def stop_now(_number: int, _frame: FrameType | None) -> None:
        raise _StopNowError

    signal.signal(signal.SIGTERM, drain)
    signal.signal(signal.SIGINT, drain)
    signal.signal(signal.SIGALRM, stop_now)
