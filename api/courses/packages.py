"""Turning a problem package on disk into one that never changes: what publishing does first.

The package is copied into the store, then loaded and its handout built *from the copy*, so what
was checked is what will grade. Loading may import PyTorch and run a reference solution, so it
happens in a process of its own (:mod:`api.courses.package_process`), here or elsewhere
(:mod:`api.courses.package_builder`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from api.courses.package_builder import Built, Task, build_behind, build_here
from api.courses.schemas import ProblemOut
from api.errors import BadPackageError, UnavailableError
from api.schemas import Payload
from api.store import ContentStore

__all__ = ["BuiltPackage", "DiskPackages", "PackageSource", "PackageSummary"]

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
    """The packages in the folder ``problems``. They are built behind the socket ``builder``, or here."""

    def __init__(self, problems: Path, store: ContentStore, *, builder: Path | None = None) -> None:
        self._problems = problems
        self._store = store
        self._builder = builder

    def build(self, name: str) -> BuiltPackage:
        """See :meth:`PackageSource.build`."""
        with self._store.staging_folder() as staging:
            task = Task(problems=self._problems.resolve(), name=name, staging=staging)
            built = build_here(task) if self._builder is None else build_behind(self._builder, task)
            summary = _summary(name, built)
            handout = (staging / "handout.zip").read_bytes()
            self._store.keep_package(staging / "package", summary.digest)
            return BuiltPackage(summary=summary, handout_sha256=self._store.put(handout))


def _summary(name: str, built: Built) -> PackageSummary:
    evidence = built.errors.strip()[-_EVIDENCE_CHARACTERS:]
    if built.status == 2:
        raise BadPackageError(evidence)
    if built.status != 0:
        msg = f"Building the package {name} stopped with status {built.status}. It said: {evidence}"
        raise UnavailableError(msg)
    try:
        return PackageSummary.model_validate_json(built.output)
    except ValidationError as error:
        msg = f"Building the package {name} gave no readable answer. Look for print() in its files."
        raise UnavailableError(msg) from error
