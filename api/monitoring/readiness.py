"""Whether this process can do its work: each part looked at, in words that anybody may read."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from api.errors import DatabaseAwayError, UnavailableError
from api.jobs.outages import standing_outage
from api.migrations import require_current
from api.monitoring.schemas import Part, Readiness
from api.services import Services

__all__ = ["ReadinessProbe"]

_FRESH_SECONDS = 1.0
_PATIENCE_SECONDS = 5.0
_FEWEST_INODES = 1_000
_MIB = 2**20

log = logging.getLogger(__name__)


class ReadinessProbe:
    """Looks at the parts, at most once a second however often it is asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = -_FRESH_SECONDS
        self._last = _verdict(())

    def look(self, services: Services) -> Readiness:
        """How the parts are. A look that does not end counts as not ready for whoever waits for it."""
        if not self._lock.acquire(timeout=_PATIENCE_SECONDS):
            return _verdict((Part(name="probe", ok=False, detail="an earlier look has not ended yet"),))
        try:
            if time.monotonic() - self._looked_at >= _FRESH_SECONDS:
                self._last = _verdict(
                    (
                        _part("database", _look_at_database, services),
                        _part("store", _look_at_store, services),
                        _part("disk", _look_at_disk, services),
                        # What is handed in meanwhile is kept: that is no reason to send nobody here.
                        _part("grading", _look_at_grading, services, needed=False),
                    )
                )
                self._looked_at = time.monotonic()
            return self._last
        finally:
            self._lock.release()


class _NotReadyError(Exception):
    """Something is missing. The text is shown to whoever asks: no address, no name, no secret."""


def _verdict(parts: tuple[Part, ...]) -> Readiness:
    ready = all(part.ok for part in parts if part.needed)
    return Readiness(status="ready" if ready else "not ready", parts=parts)


def _part(name: str, look: Callable[[Services], str], services: Services, *, needed: bool = True) -> Part:
    try:
        return Part(name=name, ok=True, detail=look(services), needed=needed)
    except _NotReadyError as error:
        log.warning("not ready, %s: %s", name, error, exc_info=error.__cause__)
        return Part(name=name, ok=False, detail=str(error), needed=needed)


def _look_at_database(services: Services) -> str:
    try:
        require_current(services.database)
    except (SQLAlchemyError, DatabaseAwayError) as error:
        msg = "it does not answer"
        raise _NotReadyError(msg) from error
    except UnavailableError as error:
        msg = "its schema is not the one of this version"
        raise _NotReadyError(msg) from error
    return "it answers, and has this version's schema"


def _look_at_store(services: Services) -> str:
    try:
        services.store.try_to_write()
    except OSError as error:
        msg = "it cannot be written to"
        raise _NotReadyError(msg) from error
    return "it can be written to"


def _look_at_disk(services: Services) -> str:
    floor = services.settings.disk_floor_mib
    try:
        free = shutil.disk_usage(services.settings.data).free // _MIB
        inodes = os.statvfs(services.settings.data)
    except OSError as error:
        msg = "its space cannot be told"
        raise _NotReadyError(msg) from error
    if free < floor:
        msg = f"less than {floor} MiB are free"
        raise _NotReadyError(msg)
    # Some file systems count no inodes, and say 0 of 0.
    if inodes.f_files and inodes.f_favail < min(_FEWEST_INODES, inodes.f_files // 100):
        msg = "hardly any more files can be made"
        raise _NotReadyError(msg)
    return f"at least {floor} MiB are free"


def _look_at_grading(services: Services) -> str:
    try:
        with services.database.reading() as session:
            outage = standing_outage(session)
    except (SQLAlchemyError, DatabaseAwayError):
        return "not known without the database"
    if outage is not None:
        msg = f"submissions have met an outage since {outage.since:%Y-%m-%d %H:%M} UTC: they wait"
        raise _NotReadyError(msg)
    return "no submission met an outage when it was last tried"
