"""Runs inside the build: ``assemble.py ROOT`` makes ROOT a whole, small file system for one runtime.

ROOT holds the runtime's packages in ``runtime/site`` already. This adds the interpreter, the standard
library and every shared library that either needs, takes away what no homework uses, compiles all
Python files, and imports the packages once inside ROOT to prove that it is whole.
``assemble.py ROOT --guest`` compiles the guest, which is copied in last.

Standard library only: it runs on the bare base image, whose interpreter is at ``/usr/local/bin`` in the
Python project's own image and at ``/usr/bin`` in one made from Debian's packages.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

UNUSED_STANDARD_LIBRARY = (
    "__pycache__", "config-*", "dist-packages", "ensurepip", "idlelib", "lib2to3", "pydoc_data",
    "site-packages", "test", "tkinter", "turtledemo", "turtle.py",
)  # fmt: skip
UNUSED_IN_PACKAGES = (
    "**/tests", "**/*.a", "**/*.lib", "**/*.pxd", "**/include", "bin",
    "numpy/f2py", "torch/share", "torch/test", "triton/backends/*/include",
)  # fmt: skip
# Opened by name at run time, so that no file says it needs them.
OPENED_BY_NAME = ("libgcc_s.so.1", "libstdc++.so.6")
# What the NVIDIA runtime mounts from the host, and network cards that single-machine homework lacks.
NOT_IN_AN_IMAGE = ("libcuda.so", "libnvidia-", "libmlx5.so", "librdmacm.so", "libibverbs.so", "libfabric.so")
PROOF = """
import ctypes, decimal, hashlib, json, lzma, sqlite3, ssl, zlib
import numpy
numpy.linalg.inv(numpy.eye(3))
try:
    import torch
except ModuleNotFoundError as error:
    assert error.name == "torch", error
else:
    torch.optim.SGD([torch.zeros(1, requires_grad=True)])
"""


def assemble(root: Path) -> None:
    """Make ``root`` whole."""
    site = root / "runtime" / "site"
    remove(site, UNUSED_IN_PACKAGES)
    keep_only(site / "torch" / "bin", "torch_shm_manager")
    for link in ("bin", "lib", "lib64", "sbin"):  # Debian's directories of old are links into /usr
        if Path("/", link).is_symlink():
            (root / link).symlink_to(Path("/", link).readlink())

    interpreter = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    add(root, interpreter)
    shutil.copytree(
        library, within(root, library), symlinks=True, ignore=shutil.ignore_patterns(*UNUSED_STANDARD_LIBRARY)
    )
    (root / "runtime" / "bin").mkdir()
    (root / "runtime" / "bin" / "python").symlink_to(interpreter)

    for needed in sorted(shared_libraries([interpreter, within(root, library), site])):
        if not needed.is_relative_to(root):
            add(root, needed)
    add_users(root)
    add_temporary_folder(root)
    for configuration in ("/etc/ld.so.conf", "/etc/ld.so.conf.d"):
        copy = shutil.copytree if Path(configuration).is_dir() else shutil.copy2
        copy(configuration, within(root, Path(configuration)))
    subprocess.run(["/sbin/ldconfig", "-r", root], check=True)

    compile_all(root, within(root, library))
    compile_all(root, site)
    prove(root)


def prove(root: Path) -> None:
    """Import the packages with ``root`` as the whole file system, and leave no trace of it."""
    device = root / "dev"
    device.mkdir()
    (device / "urandom").write_bytes(os.urandom(4096))  # torch seeds itself from it
    program = f"import sys; sys.path.append('/runtime/site'){PROOF}"
    subprocess.run(
        ["/usr/sbin/chroot", root, "/runtime/bin/python", "-I", "-S", "-B", "-c", program],
        check=True, env={"HOME": "/tmp", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    shutil.rmtree(device)
    shutil.rmtree(root / "tmp")
    add_temporary_folder(root)


def add_temporary_folder(root: Path) -> None:
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)


def within(root: Path, path: Path) -> Path:
    """Where ``path`` of this machine lies inside ``root``."""
    return root / path.relative_to("/")


def add(root: Path, path: Path) -> None:
    """Copy one file into ``root`` under its own path, links on the way to it included."""
    path = path.parent.resolve() / path.name
    target = within(root, path)
    if target.is_symlink() or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target, follow_symlinks=False)
    if path.is_symlink():
        add(root, path.parent / path.readlink())


def remove(folder: Path, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        for found in list(folder.glob(pattern)):
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)


def keep_only(folder: Path, name: str) -> None:
    for found in folder.iterdir() if folder.is_dir() else ():
        if found.name != name:
            shutil.rmtree(found) if found.is_dir() else found.unlink()


def shared_libraries(places: list[Path]) -> set[Path]:
    """Every shared library that a program or library under ``places`` needs, as ``ldd`` finds it."""
    found = {path for name in OPENED_BY_NAME for path in Path("/usr/lib").glob(f"*-linux-gnu/{name}")}
    for file in {file for place in places for file in elf_files(place)} | found:
        listing = subprocess.run(["ldd", file], capture_output=True, text=True, check=False).stdout
        for line in listing.splitlines():
            name, _, rest = line.strip().partition(" => ")
            if rest.startswith("not found") and not name.startswith(NOT_IN_AN_IMAGE):
                sys.exit(f"{file} needs {name}, which this base image does not have")
            path = (rest or name).split(" (")[0]
            if path.startswith("/"):
                found.add(Path(path))
    return found


def elf_files(place: Path) -> Iterator[Path]:
    for path in [place] if place.is_file() else place.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def add_users(root: Path) -> None:
    etc = root / "etc"
    etc.mkdir(exist_ok=True)
    (etc / "passwd").write_text("root:x:0:0:::\nstudent:x:10001:10001::/tmp:\n")
    (etc / "group").write_text("root:x:0:\nstudent:x:10001:\n")


def compile_all(root: Path, folder: Path) -> None:
    """Compile without ever looking at the source again; templates that are not Python are left."""
    compileall.compile_dir(
        os.fspath(folder), maxlevels=50, quiet=2, workers=0, stripdir=os.fspath(root), prependdir="/",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )  # fmt: skip


if __name__ == "__main__":
    if "--guest" in sys.argv:
        compile_all(Path(sys.argv[1]), Path(sys.argv[1], "runtime", "gradecli"))
    else:
        assemble(Path(sys.argv[1]))
