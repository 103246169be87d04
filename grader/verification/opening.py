"""Keeps the problem open whose answers a process is trying."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from grader.package import load_pset
from grader.verification.trying import TriedProblem
from sandbox import Runtime

__all__ = ["OpenProblem", "opened"]


class OpenProblem:
    """The problem that this process has open: answers of one come in a row, and share the reference's."""

    def __init__(self) -> None:
        self._key: tuple[Path, str] | None = None
        self._problem: TriedProblem | None = None

    def problem(self, folder: Path, name: str) -> TriedProblem:
        """The problem in ``folder``; another one that was open is closed.

        Raises:
            PackageError: it cannot be read.
        """
        if self._problem is None or self._key != (folder, name):
            self.close()
            problem = load_pset(folder.parent).problem(name)
            if problem.runtime is not Runtime.NUMPY:
                import torch

                torch.set_num_threads(1)  # more would only be in the way of the other processes
            self._key, self._problem = (folder, name), TriedProblem(problem)
        return self._problem

    def close(self) -> None:
        """End what runs."""
        if self._problem is not None:
            self._problem.close()
            self._problem = None


opened: Final = OpenProblem()
