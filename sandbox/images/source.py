"""What an image is made of, and the name that follows from it."""

from __future__ import annotations

import functools
import hashlib
import shutil
from pathlib import Path

from sandbox.spec import Runtime

__all__ = ["reference", "requirements", "write_context"]

_HERE = Path(__file__).resolve().parent
_SANDBOX = _HERE.parent
_DIGEST_CHARACTERS = 16


@functools.cache
def reference(runtime: Runtime) -> str:
    """The image that belongs to this installation's source: ``gradecli-runtime-numpy:<digest>``.

    The digest covers the guest, the wire, the recipe and the pinned packages, so that a stale image is
    never mistaken for this one.
    """
    digest = hashlib.sha256()
    for name, path in sorted(_files(runtime).items()):
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return f"gradecli-runtime-{runtime}:{digest.hexdigest()[:_DIGEST_CHARACTERS]}"


def requirements(runtime: Runtime) -> Path:
    """The file that pins everything ``runtime`` can import."""
    return _HERE / runtime / "requirements.txt"


def write_context(runtime: Runtime, folder: Path) -> None:
    """Lay out in ``folder`` what the Dockerfile copies; the wheels come from ``wheelhouse``."""
    for name, path in _files(runtime).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    # The real front door imports nothing the guest has; inside, the package is only a place.
    (folder / "gradecli" / "sandbox" / "__init__.py").write_bytes(b"")


def _files(runtime: Runtime) -> dict[str, Path]:
    """Path in the build context → file of this installation."""
    files = {
        "Dockerfile": _HERE / "Dockerfile",
        "assemble.py": _HERE / "assemble.py",
        "wheelhouse/requirements.txt": requirements(runtime),
    }
    for package in ("guest", "wire"):
        for path in (_SANDBOX / package).rglob("*.py"):
            files[f"gradecli/sandbox/{path.relative_to(_SANDBOX).as_posix()}"] = path
    return files
