"""A private PostgreSQL that may be killed: its own folder, a socket in it, no network."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from tests.chaos.kills.processes import Family

__all__ = ["PrivatePostgres"]

_START_SECONDS = 60.0


class PrivatePostgres:
    """One cluster below ``folder``; as root it runs as ``nobody``, which it insists on."""

    def __init__(self, family: Family, folder: Path) -> None:
        self._family, self._folder = family, folder
        self.process: subprocess.Popen[bytes] | None = None
        self._user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        folder.mkdir(mode=0o755)
        self._log = folder / "log"
        if os.geteuid() == 0:
            shutil.chown(folder, self._user)
        binaries = Path(shutil.which("initdb") or "/usr/lib/postgresql/15/bin/initdb").resolve().parent
        self._server = binaries / "postgres"
        status, said = family.run(
            [
                binaries / "initdb",
                "--pgdata",
                folder / "data",
                "--username=gradecli",
                "--auth=trust",
                "--encoding=UTF8",
            ],
            **self._as_user(),
            stderr=subprocess.STDOUT,
        )
        assert status == 0, said.decode()

    @property
    def url(self) -> str:
        """The address for SQLAlchemy."""
        return f"postgresql+psycopg://gradecli@/postgres?host={self._folder}"

    def start(self) -> None:
        """Start it, and wait until it takes connections (after a crash: until it has recovered)."""
        give_up_at = time.monotonic() + _START_SECONDS
        while True:
            if self.process is None or self.process.poll() is not None:
                # After a kill, the old one's memory is in use until its last process has ended.
                with self._log.open("ab") as log:
                    self.process = self._family.start(
                        [
                            self._server,
                            *("-D", self._folder / "data", "-k", self._folder),
                            *("-c", "listen_addresses=", "-c", "max_connections=120"),
                        ],
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        **self._as_user(),
                    )
            with contextlib.suppress(psycopg.OperationalError), self._connection(connect_timeout=2):
                return
            assert time.monotonic() < give_up_at, self._log.read_text()
            time.sleep(0.1)

    def kill(self, rng: random.Random) -> str:
        """SIGKILL the whole server, or one process that serves a connection: what was killed."""
        assert self.process is not None
        serving = self._serving()
        if serving and rng.random() < 0.4:
            victim = rng.choice(serving)
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
            return f"the process {victim} of one connection"
        self.process.kill()
        self.process.wait()
        return f"the whole server, process {self.process.pid}"

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # "fast": it disconnects whoever is there
            self.process.wait(60)

    def _serving(self) -> list[int]:
        with contextlib.suppress(psycopg.OperationalError), self._connection(connect_timeout=2) as asked:
            rows = asked.execute(
                "select pid from pg_stat_activity"
                " where backend_type = 'client backend' and pid <> pg_backend_pid() order by pid"
            ).fetchall()
            return [pid for (pid,) in rows]
        return []

    def _connection(self, **options: int) -> psycopg.Connection[tuple[int]]:
        return psycopg.connect(host=str(self._folder), user="gradecli", dbname="postgres", **options)

    def _as_user(self) -> dict[str, str | Path]:
        return {"user": self._user, "cwd": self._folder} if os.geteuid() == 0 else {"cwd": self._folder}
