"""Loads the student's file by path under a private name, so that no file shadows a library."""

from __future__ import annotations

import itertools
import linecache
import random
import shutil
import sys
import types
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sandbox.guest.watching import Watch

__all__ = ["SUPPORT_MODULE", "Loader"]

SUPPORT_MODULE = "support"


class Loader:
    """Loads a submission anew each time it is asked.

    Args:
        workdir: a writable folder; each load gets a fresh one below it, in place of the last.
        watch: what to look out for in the student's file.
    """

    def __init__(self, workdir: Path, watch: Watch | None = None) -> None:
        self._workdir, self._watch = workdir, watch or Watch()
        self._counter = itertools.count(1)
        self._module_name = ""
        self.folder = workdir

    def load(
        self, files: Mapping[str, str], main: str, seed: int
    ) -> tuple[types.ModuleType, types.ModuleType | None]:
        """Write ``files`` (name → text), execute ``main``, and return its module and ``support``.

        Raises:
            BaseException: whatever the student's file raises while it is executed.
        """
        number = next(self._counter)
        if self.folder != self._workdir:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = self._workdir / f"submission{number}"
        self.folder.mkdir(parents=True)
        for name, text in files.items():
            (self.folder / Path(name).name).write_text(text, encoding="utf-8", newline="")
        linecache.clearcache()
        sys.modules.pop(self._module_name, None)
        sys.modules.pop(SUPPORT_MODULE, None)
        _reseed(seed)
        support = None
        if f"{SUPPORT_MODULE}.py" in files:
            support = self._execute(SUPPORT_MODULE, f"{SUPPORT_MODULE}.py", Watch())
        self._module_name = f"submission_{Path(main).stem}"
        return self._execute(self._module_name, main, self._watch), support

    def _execute(self, module_name: str, file: str, watch: Watch) -> types.ModuleType:
        path = str(self.folder / file)
        module = types.ModuleType(module_name)
        module.__file__ = path
        source = Path(path).read_text(encoding="utf-8")  # as text: no coding comment changes what it says
        code = watch.compiled(source, path)
        sys.modules[module_name] = module
        exec(code, module.__dict__)  # noqa: S102 - running the student's file is this program's purpose
        return module


def _reseed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)
