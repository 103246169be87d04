"""What is visible inside each runtime: an explicit list, computed from this interpreter.

A sandbox that shares the host's files (bubblewrap) sees the interpreter, its standard library, the
system's shared libraries, the distributions of the runtime and their dependencies, and the guest. It
sees no other package of this environment, and nothing of ``grader``, ``api`` or ``problems``.
"""

from __future__ import annotations

import functools
import platform
import re
import sys
import sysconfig
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from sandbox.errors import BackendUnavailableError
from sandbox.spec import Runtime

__all__ = ["LIBRARIES", "VisibleFiles", "guest_root", "visible_files"]

LIBRARIES: dict[Runtime, tuple[str, ...]] = {
    Runtime.NUMPY: ("numpy",),
    Runtime.TORCH: ("numpy", "torch"),
    Runtime.CUDA: ("numpy", "torch"),
}
"""What the guest of each runtime imports before it says hello."""


@dataclass(frozen=True, slots=True)
class VisibleFiles:
    """Host paths that a runtime may read.

    ``interpreter`` is the real executable; ``standard_library`` its folder (third-party packages in
    it are hidden by the backend); ``libraries`` what the interpreter's own ``lib`` folder holds in
    shared objects; ``system`` the dynamic linker's folders; ``packages`` what goes into one site
    folder, by name.
    """

    interpreter: Path
    standard_library: Path
    libraries: tuple[Path, ...]
    system: tuple[Path, ...]
    packages: dict[str, Path]


def guest_root() -> Path:
    """The folder that holds the ``sandbox`` package of this installation."""
    return Path(__file__).resolve().parent.parent


@functools.cache
def visible_files(runtime: Runtime) -> VisibleFiles:
    """The explicit list for ``runtime`` on this machine.

    Raises:
        BackendUnavailableError: a library of the runtime is not installed here.
    """
    packages: dict[str, Path] = {}
    for name in LIBRARIES[runtime]:
        _collect(name, packages, seen=set())
    interpreter = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]
    own = interpreter.parent.parent / "lib"
    return VisibleFiles(
        interpreter=interpreter,
        standard_library=Path(sysconfig.get_path("stdlib")).resolve(),
        libraries=() if own.parent == Path("/usr") else tuple(sorted(own.glob("*.so*"))),
        system=tuple(path for path in _system_paths() if path.exists()),
        packages=packages,
    )


def _system_paths() -> list[Path]:
    triplet = f"{platform.machine()}-linux-gnu"
    places = ("/lib64", "/usr/lib64", f"/lib/{triplet}", f"/usr/lib/{triplet}", "/etc/ld.so.cache")
    return [Path(place) for place in places]


def _collect(name: str, packages: dict[str, Path], seen: set[str]) -> None:
    """Add the top-level folders and files of a distribution, and of those it requires."""
    normal = re.sub(r"[-_.]+", "-", name).lower()
    if normal in seen:
        return
    seen.add(normal)
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError as error:
        if len(seen) > 1:  # an optional dependency that is not installed is not needed
            return
        raise BackendUnavailableError(
            f"{name} is not installed here; run `pip install 'gradecli[worker]'` on this machine"
        ) from error
    for file in distribution.files or ():
        top = file.parts[0]
        if top in ("..", "__pycache__") or top.endswith((".pth", ".egg-link")):
            continue
        packages.setdefault(top, Path(str(distribution.locate_file(top))).resolve())
    for requirement in distribution.requires or ():
        match = re.match(r"[A-Za-z0-9._-]+", requirement)
        if match and not (";" in requirement and "extra ==" in requirement):
            _collect(match.group(), packages, seen)
