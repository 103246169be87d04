"""The README's command blocks, extracted and run in order, in an empty home.

Only two blocks are not typed as they stand: ``make test`` (this test is part of it), and ``gradecli
serve``, which is started in the background as the README's "another terminal" implies.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
TOKEN = re.compile(r"gc_[\w-]+")


def blocks() -> list[str]:
    return BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))


class Reader:
    """Somebody who follows the README, in a copy of the repository, with a home of their own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.clone, self.home = folder / "gradecli", folder / "home"
        self.home.mkdir()
        self.known: dict[str, str] = {"127.0.0.1:8000": f"127.0.0.1:{port}"}
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                target = self.clone / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target)
        (self.clone / ".venv").symlink_to(ROOT / ".venv")
        self.environment = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "GRADECLI_PORT": str(port),
        }

    def command(self, block: str) -> list[str]:
        for placeholder, meant in self.known.items():
            block = block.replace(placeholder, meant)
        return ["bash", "-euo", "pipefail", "-c", block]

    def types(self, block: str) -> str:
        done = subprocess.run(
            self.command(block), cwd=self.clone, env=self.environment, capture_output=True, text=True,
            timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\nexit status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def reader(tmp_path: Path, ready_backend: Callable[..., object]) -> Reader:
    ready_backend("bubblewrap")
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout, so the files that make up the project are not known")
    if not installed_by_make():
        pytest.skip("the environment was not made by `make test`, and would be installed anew")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return Reader(tmp_path, port)


def installed_by_make() -> bool:
    """Whether ``make demo`` finds everything installed: else it would install the copy over the original."""
    stamp = ROOT / ".venv" / ".worker"
    made_from = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    return stamp.exists() and all(stamp.stat().st_mtime > file.stat().st_mtime for file in made_from)


def serve(reader: Reader, block: str, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        service = subprocess.Popen(
            reader.command(block), cwd=reader.clone, env=reader.environment, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + 60
    while "is served at" not in log.read_text() and time.monotonic() < deadline:
        assert service.poll() is None, log.read_text()
        time.sleep(0.1)
    return service


@pytest.mark.slow
def test_every_command_block_works_for_a_newcomer(reader: Reader, tmp_path: Path) -> None:
    service, ran = None, 0
    try:
        for block in blocks():
            if block.strip() == "make test":
                continue
            if "gradecli serve" in block:
                service = serve(reader, block, tmp_path / "serve.log")
                reader.known["ADMIN_TOKEN"] = TOKEN.findall((tmp_path / "serve.log").read_text())[0]
            else:
                # `check` ends with 1 while the starter is unsolved: that is its answer, not a failure.
                said = reader.types(
                    block.replace("gradecli check pset1", "gradecli check pset1 || test $? = 1")
                )
                if student := re.search(r"ada@example\.org.*?(gc_[\w-]+)", said):
                    reader.known["STUDENT_TOKEN"] = student[1]
            ran += 1
    finally:
        if service is not None:
            os.killpg(service.pid, signal.SIGTERM)
            service.wait(60)
    assert ran == len(blocks()) - 1
    assert ran >= 6
