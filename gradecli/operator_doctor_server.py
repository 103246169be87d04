"""Looks at a service's data on this machine: database, store, key, disk, and what waits there.

Nothing is changed; what is written to see whether writing works is taken back.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gradecli.errors import BadInputError, CommandError
from gradecli.operator_doctor import Finding, State
from gradecli.operator_service import read_settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.database import Database
    from api.settings import Settings

__all__ = ["examine_server", "has_data"]

_MIB = 2**20
_FEWEST_INODES = 1_000
_SKEW_SECONDS = 5.0
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_BACKUP = "Restore it from your backup: nothing can make it anew."


def has_data(data: Path | None) -> bool:
    """Whether a service has been started here: then it is worth looking at."""
    try:
        settings = read_settings(data=data)
    except BadInputError:
        return True  # what is set for a service cannot be right
    except CommandError:
        return False  # no service can run here
    return settings.database_url is not None or (settings.data / "service.key").exists()


def examine_server(data: Path | None) -> tuple[Finding, ...]:
    """Look at the service whose settings the environment has, and whose folder is ``data``."""
    try:
        settings = read_settings(data=data)
    except CommandError as error:
        return (Finding("settings", State.ACT, str(error), "Correct them; docs/settings.md explains each."),)
    began = time.time() - time.monotonic()
    return (
        *_settings(),
        _folder(settings),
        _key(settings),
        *_disk(settings),
        *_with_database(settings),
        _sandbox(settings),
        _port(settings),
        _steady_clock(began),
    )


def _settings() -> Iterator[Finding]:
    from api.settings import unknown_variables

    unknown = unknown_variables(os.environ)
    for sentence in unknown:
        yield Finding("settings", State.LIMITED, sentence, "Correct its name, or unset it.")
    if not unknown:
        yield Finding("settings", State.OK, "all can be right, and none is unknown")


def _folder(settings: Settings) -> Finding:
    what = "data folder"
    if not settings.data.is_dir():
        remedy = "Name it with --data DIR, or start gradecli serve once."
        return Finding(what, State.ACT, f"there is no folder {settings.data}", remedy)
    if settings.data.stat().st_mode & _OTHERS:
        return Finding(
            what, State.ACT, "other users of this machine can open it", f"chmod 700 {settings.data}"
        )
    return Finding(what, State.OK, str(settings.data.resolve()))


def _key(settings: Settings) -> Finding:
    from api.errors import StoreError
    from api.keys import Keys

    what, path = "service key", settings.data / "service.key"
    try:
        Keys.load(settings.data)
    except StoreError as error:
        return Finding(what, State.ACT, str(error), _BACKUP)
    if path.stat().st_mode & _OTHERS:
        return Finding(what, State.ACT, "others can read it: they could forge receipts", f"chmod 600 {path}")
    return Finding(what, State.OK, "there, and readable by its owner only")


def _disk(settings: Settings) -> Iterator[Finding]:
    try:
        about = os.statvfs(settings.data)
    except OSError as error:
        yield Finding("disk", State.ACT, f"cannot be looked at: {error.strerror}", "Mount the data folder.")
        return
    free = about.f_bavail * about.f_frsize // _MIB
    remedy = "Free some, or move the data folder; gradecli retention preview says what is old."
    state = State.OK if free >= settings.disk_floor_mib else State.ACT
    yield Finding("disk", state, f"{free:,} MiB free", "" if state is State.OK else remedy)
    # Some file systems count no inodes, and say 0 of 0.
    few = about.f_files and about.f_favail < _FEWEST_INODES
    found = f"{about.f_favail:,} of {about.f_files:,} free" if about.f_files else "not counted here"
    yield Finding("inodes", State.ACT if few else State.OK, found, remedy if few else "")


def _with_database(settings: Settings) -> Iterator[Finding]:
    from sqlalchemy.exc import SQLAlchemyError

    from api.database import Database
    from api.database_outage import as_outage
    from api.errors import DatabaseAwayError, UnavailableError
    from api.migrations import require_current

    try:
        database = Database(settings.database_address)
    except (ValueError, SQLAlchemyError, ImportError):
        yield Finding("database", State.ACT, "its address cannot be used", "Correct GRADECLI_DATABASE_URL.")
        return
    start = "See that it runs, and that GRADECLI_DATABASE_URL names it."
    try:
        if database.kind == "sqlite" and not Path(database.engine.url.database or "").exists():
            yield Finding("database", State.ACT, "its file is not there", _BACKUP)
            return
        require_current(database)
        yield from _look_into(settings, database)
    except DatabaseAwayError as error:
        yield Finding("database", State.ACT, f"cannot be used: {error.evidence}", start)
    except UnavailableError as error:
        yield Finding("database", State.ACT, str(error), "gradecli serve brings an older one up to date.")
    except SQLAlchemyError as error:
        outage = as_outage(error)
        detail = outage.evidence if outage is not None else type(error).__name__
        yield Finding("database", State.ACT, f"cannot be used: {detail}", start)
    finally:
        database.close()


def _look_into(settings: Settings, database: Database) -> Iterator[Finding]:
    from gradecli.operator_doctor_work import look_at_store, look_at_work

    yield _writable(database)
    with database.reading() as session:
        yield _clock(session, database.kind)
        yield from look_at_store(settings, session)
        yield from look_at_work(session)


class _TakeBackError(Exception):
    """Ends the trial transaction without a trace."""


def _writable(database: Database) -> Finding:
    from api.errors import DatabaseAwayError
    from api.operations.audit import record_action

    version = _version(database)
    try:
        with database.writing() as session:
            record_action(session, None, "doctor.trial")
            session.flush()
            raise _TakeBackError
    except _TakeBackError:
        return Finding("database", State.OK, f"{version}, this version's schema, can be written to")
    except DatabaseAwayError as error:
        return Finding(
            "database",
            State.ACT,
            f"{version}, cannot be written to: {error.evidence}",
            "Give it room, and this user the right to write; then look again.",
        )


def _version(database: Database) -> str:
    ask = "SELECT sqlite_version()" if database.kind == "sqlite" else "SHOW server_version"
    with database.reading() as session:
        return f"{database.kind} {session.connection().exec_driver_sql(ask).scalar_one()}"


def _clock(session: Session, kind: str) -> Finding:
    """Ours against the database's, and against the newest moment that was written down."""
    from sqlalchemy import func, select

    from api.database import now
    from api.submissions.models import Submission

    remedy = "Set the clock by NTP on every machine of the service: due dates and leases go by it."
    ahead = 0.0
    if kind == "postgresql":
        theirs = session.connection().exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        ahead = abs((theirs - now()).total_seconds())
    newest = session.scalar(select(func.max(Submission.received_at)))
    if newest is not None:
        ahead = max(ahead, (newest - now()).total_seconds())
    if ahead > _SKEW_SECONDS:
        return Finding("clock", State.ACT, f"{ahead:.0f} s from what the database has", remedy)
    return Finding("clock", State.OK, "agrees with the database")


def _steady_clock(began: float) -> Finding:
    jumped = abs((time.time() - time.monotonic()) - began)
    if jumped > 1.0:
        remedy = "Something sets this machine's clock in steps: have NTP slew it."
        return Finding("clock, steadiness", State.ACT, f"it jumped by {jumped:.1f} s just now", remedy)
    return Finding("clock, steadiness", State.OK, "it did not jump while we looked")


def _sandbox(settings: Settings) -> Finding:
    from sandbox import InfrastructureError, Runtime, find

    what = f"grading in {settings.sandbox}"
    try:
        backend = find(settings.sandbox)
        works = [runtime.value for runtime in Runtime if backend.availability(runtime).ok]
        answer = backend.availability(Runtime.NUMPY)
    except InfrastructureError as error:
        return Finding(what, State.ACT, "the sandbox cannot be used", str(error))
    if not answer.ok:
        remedy = answer.remedy or "Choose another with GRADECLI_SANDBOX."
        return Finding(what, State.ACT, answer.detail.removesuffix(remedy).rstrip(), remedy)
    missing = backend.enforcement().not_enforced
    limits = "all limits enforced" if not missing else f"not enforced: {', '.join(m.value for m in missing)}"
    return Finding(
        what,
        State.LIMITED if missing else State.OK,
        f"runs {', '.join(works)}; {limits}",
        "The lines above say how to have each limit." if missing else "",
    )


def _port(settings: Settings) -> Finding:
    import http.client

    what = "web process"
    if settings.port == 0:
        return Finding(what, State.OK, "takes a free port; ask it what it printed")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        body = answer.read(1000)
    except ConnectionRefusedError:
        remedy = "Start gradecli serve; if it runs on another port, say so with GRADECLI_PORT."
        return Finding(what, State.LIMITED, f"nothing listens on port {settings.port}", remedy)
    except (OSError, http.client.HTTPException):
        return Finding(what, State.ACT, "does not answer", "See its log, and restart gradecli serve.")
    finally:
        connection.close()
    if answer.status != 200 or b'"alive"' not in body:
        return Finding(
            what,
            State.ACT,
            f"another program answers on port {settings.port}",
            "Choose another GRADECLI_PORT.",
        )
    return Finding(what, State.OK, f"answers on port {settings.port}")
