"""Fetch a runtime's pinned wheels on the host, so that the build itself needs no network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sandbox.errors import ImageMissingError
from sandbox.images.source import requirements
from sandbox.spec import Runtime

__all__ = ["download"]

# What the base image is: Debian 12, whose C library is 2.36, and its Python.
_PYTHON = "3.11"
_NEWEST_GLIBC = 36
_OLDEST_GLIBC = 5


def download(runtime: Runtime, machine: str, folder: Path) -> None:
    """Fetch every wheel of ``runtime`` for Linux on ``machine`` (``x86_64``, ``aarch64``) into ``folder``.

    It is pip that fetches, as this environment's user has configured it: an index of one's own, a
    proxy or a folder of wheels works here as everywhere.

    Raises:
        ImageMissingError: a wheel cannot be had; the message says which pin and what to do.
    """
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(_NEWEST_GLIBC, _OLDEST_GLIBC - 1, -1)]
    platforms += [f"manylinux2014_{machine}", f"manylinux2010_{machine}", f"manylinux1_{machine}"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--only-binary=:all:", "--no-deps", "--implementation=cp", f"--python-version={_PYTHON}"]
    command += [f"--platform={platform}" for platform in platforms]
    command += [f"--requirement={requirements(runtime)}", f"--dest={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ImageMissingError(
            f"pip could not fetch the wheels of the {runtime} runtime, so its image was not built. "
            f"{_remedy(runtime)} pip said: {_last_lines(done.stderr)}"
        )


def _remedy(runtime: Runtime) -> str:
    if runtime is Runtime.TORCH:
        return (
            "Its torch is PyTorch's CPU build, which PyTorch publishes on an index of its own: name that "
            "index in pip's configuration (extra-index-url) or PIP_EXTRA_INDEX_URL."
        )
    return "Check pip's configuration (`pip config list`) and the network."


def _last_lines(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines()[-4:]) or "nothing"
