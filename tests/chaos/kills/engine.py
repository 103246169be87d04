"""A private Docker engine that may be killed, beside whatever engine this machine has for others."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import docker
import docker.errors
import requests

from sandbox import Runtime
from sandbox.images import reference
from tests.chaos.kills.processes import Family

__all__ = ["PrivateEngine"]

_START_SECONDS = 60.0
_GONE_SECONDS = 10.0
_LABEL = "gradecli.sandbox"
_OWNER = "gradecli.owner"


class PrivateEngine:
    """``dockerd`` with its own data, socket and control group, below ``folder``. Needs root."""

    def __init__(self, family: Family, folder: Path) -> None:
        self._family, self.folder = family, folder
        self.address = f"unix://{folder}/docker.sock"
        self.group = f"gradecli-kills-{os.getpid()}"
        self.process: subprocess.Popen[bytes] | None = None
        self._log = folder / "log"
        folder.mkdir()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        (self.folder / "pid").unlink(missing_ok=True)
        with self._log.open("ab") as log:
            self.process = self._family.start(
                [
                    "dockerd",
                    *("--data-root", self.folder / "data", "--exec-root", self.folder / "exec"),
                    *("--host", self.address, "--pidfile", self.folder / "pid", "--bridge", "none"),
                    *("--iptables=false", "--ip6tables=false", "--cgroup-parent", f"/{self.group}"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        give_up_at = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(docker.errors.DockerException, requests.RequestException):
                with self._client() as client:
                    client.ping()
                return
            assert self.process.poll() is None, self._log.read_text()[-4000:]
            assert time.monotonic() < give_up_at, self._log.read_text()[-4000:]
            time.sleep(0.1)

    def take_image(self, runtime: Runtime) -> None:
        """Copy a runtime's image from the engine that this machine has."""
        name = reference(runtime)
        archive = self.folder / "image.tar"
        for engine, words in (("", ["save", "--output"]), (self.address, ["load", "--input"])):
            chosen = ["--host", engine] if engine else []
            extra = [name] if words[0] == "save" else []
            status, said = self._family.run(
                ["docker", *chosen, *words, archive, *extra], stderr=subprocess.STDOUT
            )
            assert status == 0, said.decode()
        archive.unlink()

    def running(self) -> dict[str, int]:
        """The running sandboxes, each with the process that started it; none when it cannot be asked."""
        with contextlib.suppress(docker.errors.DockerException, requests.RequestException):
            found = self._sandboxes(every=False)
            return {one["Id"]: int(one["Labels"][_OWNER].split("/")[2]) for one in found}
        return {}

    def left(self) -> list[str]:
        """All sandboxes it still knows, ended ones too."""
        return [f"{one['Id'][:12]} ({one['Status']})" for one in self._sandboxes(every=True)]

    def kill_sandbox(self, container: str) -> bool:
        """``docker kill``; False when it had ended already."""
        try:
            with self._client() as client:
                client.api.kill(container)
        except (docker.errors.DockerException, requests.RequestException):
            return False
        return True

    def kill(self, rng: random.Random) -> str:
        """SIGKILL the engine, and sometimes what runs its containers with it."""
        assert self.process is not None
        below = self._family.below(self.process.pid) - {self.process.pid}
        self.process.kill()
        self.process.wait()
        if rng.random() < 0.3:
            for pid in below:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return f"dockerd, process {self.process.pid}, and its containerd"
        return f"dockerd, process {self.process.pid}"

    def stop(self) -> None:
        """Stop it, and end what earlier ones that were killed have forgotten."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        for member in self._family.members():
            if f"{self.folder}/exec" in " ".join(member.command):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member.pid, signal.SIGKILL)
        for line in reversed(Path("/proc/mounts").read_text().splitlines()):
            place = line.split()[1]
            if place.startswith(f"{self.folder}/"):
                self._family.run(["umount", "--lazy", place])
        give_up_at = time.monotonic() + _GONE_SECONDS
        while (left := self.groups()) and time.monotonic() < give_up_at:
            for folder in sorted(left, reverse=True):
                with contextlib.suppress(OSError):
                    folder.rmdir()  # refused for a moment, until what was killed in it is gone
            time.sleep(0.05)

    def groups(self) -> list[Path]:
        """The control groups made for this engine: its own, and each container's below."""
        places = [*Path("/sys/fs/cgroup").glob(f"*/{self.group}"), Path("/sys/fs/cgroup") / self.group]
        return [one for place in places if place.is_dir() for one in (place, *place.glob("*/"))]

    def _sandboxes(self, *, every: bool) -> list[dict[str, str]]:
        with self._client() as client:
            return list(client.api.containers(all=every, filters={"label": _LABEL}))

    @contextlib.contextmanager
    def _client(self):
        client = docker.DockerClient(base_url=self.address, timeout=20, version="auto")
        try:
            yield client
        finally:
            client.close()
