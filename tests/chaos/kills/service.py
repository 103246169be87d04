"""The real service, as ``gradecli serve`` runs it, with whatever it needs beside it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2

from api.settings import Settings
from sandbox import Runtime
from tests.chaos.kills.engine import PrivateEngine
from tests.chaos.kills.plan import Plan
from tests.chaos.kills.postgresql import PrivatePostgres
from tests.chaos.kills.processes import Family

__all__ = ["Service", "World"]

_START_SECONDS = 90.0


class Service:
    """``gradecli serve`` on one port and one data folder, however often it is started again."""

    def __init__(self, family: Family, folder: Path, settings: Settings, environment: dict[str, str]) -> None:
        self.settings = settings
        self.log = folder / "service.log"
        self._family = family
        self._environment = environment | settings.environment()
        self._announced = folder / "announced"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def start(self) -> None:
        """Start it, as an init system does: again and again until it stays, then wait for an answer."""
        give_up_at = time.monotonic() + _START_SECONDS
        starts = self._starts()
        while True:
            if self.process is None or self.process.poll() is not None:
                # The old web process holds the port until it has noticed that its supervisor is gone.
                with self._announced.open("ab") as said, self.log.open("ab") as log:
                    self.process = self._family.start(
                        [sys.executable, "-u", "-m", "gradecli", "serve"],
                        stdin=subprocess.DEVNULL,
                        stdout=said,
                        stderr=log,
                        env=self._environment,
                    )
            # An answer alone may come from the web process of a supervisor that is gone.
            if self._starts() > starts and self.answers():
                return
            assert time.monotonic() < give_up_at, self.log.read_text()[-4000:]
            time.sleep(0.2)

    def _starts(self) -> int:
        return self._announced.read_text().count("served at") if self._announced.exists() else 0

    def answers(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/healthz", timeout=5).status_code == httpx2.codes.OK
        except httpx2.TransportError:
            return False

    def admin_token(self) -> str:
        found = re.search(r"gc_\S+", self._announced.read_text())
        assert found is not None, "the first start shows the administrator's token"
        return found.group()

    def collect(self) -> None:
        """Remove what is old enough, as an operator does now and then."""
        command = [sys.executable, "-m", "gradecli", "retention", "apply", "--data", self.settings.data]
        status, said = self._family.run(command, env=self._environment, stderr=subprocess.STDOUT)
        assert status == 0, said.decode()

    def stop(self) -> int:
        """SIGTERM, and its exit status."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self.process.wait(self.settings.drain_seconds + 60)


class World:
    """The service, and the database server and container engine that only it uses."""

    def __init__(self, plan: Plan, folder: Path, problems: Path) -> None:
        self.family = Family()
        self.folder = folder
        self.postgres = PrivatePostgres(self.family, folder / "postgresql") if plan.postgresql else None
        self.engine = PrivateEngine(self.family, folder / "engine") if plan.docker else None
        (folder / "tmp").mkdir()
        environment = {name: text for name, text in os.environ.items() if not name.startswith("GRADECLI_")}
        environment["TMPDIR"] = str(folder / "tmp")
        if self.engine is not None:
            environment["DOCKER_HOST"] = os.environ["DOCKER_HOST"] = self.engine.address
        settings = Settings(
            data=folder / "data",
            problems=problems,
            port=_free_port(),
            database_url=self.postgres.url if self.postgres else None,
            sandbox="docker" if plan.docker else "bubblewrap",
            workers=plan.workers,
            retry_seconds=0.5,
            lease_seconds=5,
            drain_seconds=5,
            submissions_waiting=1000,
            submissions_per_hour=100_000,
        )
        self.service = Service(self.family, folder, settings, environment)

    def __enter__(self) -> World:
        if self.postgres is not None:
            self.postgres.start()
        if self.engine is not None:
            self._fill_engine(self.engine)
        self.service.start()
        return self

    def service_neighbours(self) -> set[int]:
        """The processes that belong to the database server and the engine, not to the service."""
        held = (part.process for part in (self.postgres, self.engine) if part is not None)
        below = {pid for process in held if process for pid in self.family.below(process.pid)}
        # A containerd that is killed forgets some of its helpers, which then wait for it for ever. What
        # ran in the container has ended all the same, or is found: only the helper itself is left out.
        helpers = {
            member.pid
            for member in self.family.members()
            if self.engine is not None and f"{self.engine.folder}/exec" in " ".join(member.command)
        }
        return below | helpers

    def __exit__(self, *_failure: object) -> None:
        if self.service.process is not None and self.service.process.poll() is None:
            self.service.process.kill()
            self.service.process.wait()
        if self.engine is not None:
            self.engine.stop()
        if self.postgres is not None:
            self.postgres.stop()

    @staticmethod
    def _fill_engine(engine: PrivateEngine) -> None:
        chosen = os.environ.pop("DOCKER_HOST")  # the images come from this machine's own engine
        engine.start()
        engine.take_image(Runtime.NUMPY)
        os.environ["DOCKER_HOST"] = chosen


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
