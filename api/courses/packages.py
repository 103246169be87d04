"""Turning a problem package on disk into one that never changes: what publishing does first.

The package is copied into the store, then loaded and its handout built *from the copy*, so what
was checked is what will grade. Loading may import PyTorch and run a reference solution, so it
happens in a process of its own (:mod:`api.courses.package_process`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from api.courses.schemas import ProblemOut
from api.errors import BadPackageError, UnavailableError
from api.schemas import Payload
from api.store import ContentStore

__all__ = ["BuiltPackage", "DiskPackages", "PackageSource", "PackageSummary"]

_SECONDS = 300
_EVIDENCE_CHARACTERS = 2000


class PackageSummary(Payload):
    """What is written in the database about one version of a package.

    ``grading_seconds`` is not: it is how long grading it may take, which publishing looks at.
    """

    name: str
    title: str
    digest: str
    max_score: float
    problems: tuple[ProblemOut, ...]
    grading_seconds: int = 0


class BuiltPackage(Payload):
    """A package that is in the store, together with its handout."""

    summary: PackageSummary
    handout_sha256: str


class PackageSource(Protocol):
    """Where published packages come from."""

    def build(self, name: str) -> BuiltPackage:
        """Freeze the present version of the package called ``name``. Slow: seconds.

        Raises:
            BadPackageError: there is no such package, or it has a mistake.
            UnavailableError: it could not be built for another reason.
        """
        ...


class DiskPackages:
    """The packages in the folder ``problems``."""

    def __init__(self, problems: Path, store: ContentStore) -> None:
        self._problems = problems
        self._store = store

    def build(self, name: str) -> BuiltPackage:
        """See :meth:`PackageSource.build`."""
        with self._store.staging_folder() as staging:
            summary = _build_in_own_process(self._problems, name, staging)
            handout = (staging / "handout.zip").read_bytes()
            self._store.keep_package(staging / "package", summary.digest)
            return BuiltPackage(summary=summary, handout_sha256=self._store.put(handout))


def _build_in_own_process(problems: Path, name: str, staging: Path) -> PackageSummary:
    command = [
        sys.executable,
        "-m",
        "api.courses.package_process",
        str(problems.resolve()),
        name,
        str(staging),
    ]
    try:
        done = subprocess.run(
            command, env=_environment(), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = (
            f"The package {name} could not be built in {_SECONDS} s. Try again, or look at the server's load."
        )
        raise UnavailableError(msg) from error
    if done.returncode == 2:
        raise BadPackageError(done.stderr.strip()[-_EVIDENCE_CHARACTERS:])
    if done.returncode != 0:
        evidence = done.stderr.strip()[-_EVIDENCE_CHARACTERS:]
        msg = f"Building the package {name} stopped with status {done.returncode}. It said: {evidence}"
        raise UnavailableError(msg)
    try:
        return PackageSummary.model_validate_json(done.stdout)
    except ValidationError as error:
        msg = f"Building the package {name} gave no readable answer. Look for print() in its files."
        raise UnavailableError(msg) from error


def _environment() -> dict[str, str]:
    """What the process needs to find Python and its libraries, and none of our settings."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in keep if name in os.environ}
