"""Problem packages on disk: finding them, reading them, and naming their exact version.

A set is a folder with a ``pset.toml``; each of its problems is a folder beside that file. Nothing of a
package is imported here: reading one is cheap and runs none of its code.
"""

from __future__ import annotations

import hashlib
import keyword
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from grader.errors import PackageError
from sandbox import Limits, Runtime

__all__ = [
    "Problem",
    "ProblemSet",
    "PsetListing",
    "digest_of",
    "discover",
    "load_pset",
    "total_points",
]

PSET_FILE: Final = "pset.toml"
PROBLEM_FILE: Final = "problem.toml"
_REQUIRED: Final = ("handout.md", "starter.py", "reference.py", "checks/public.py", "checks/hidden.py")
_MEMORY_MIB: Final = {Runtime.NUMPY: 1024, Runtime.TORCH: 2048, Runtime.CUDA: 8192}
_DEFAULT_SECONDS = 10.0
_DECIDE_INPUTS: Final = ("checks", "reference.py", "support.py")
_T = TypeVar("_T")
_SET_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_SET_KEYS: Final = ("name", "title", "description", "problems")
_PROBLEM_KEYS: Final = (
    "title",
    "points",
    "runtime",
    "topics",
    "estimated_hours",
    "forbidden",
    "limits",
)
_LIMIT_KEYS: Final = ("memory_mib", "time_seconds")


@dataclass(frozen=True, slots=True)
class PsetListing:
    """A set as a listing shows it."""

    name: str
    title: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a set.

    ``digest`` names the version: a hash of every file but the proofs in ``submissions/``.
    ``instance_seed`` rests only on the files that decide a check's inputs, and stays on the trusted side.
    ``forbidden`` are dotted names; ``instead`` has what to write in place of some of them, as the rest of
    the sentence "In place of NAME, write ...".
    """

    name: str
    title: str
    points: float
    runtime: Runtime
    folder: Path
    digest: str
    instance_seed: bytes
    limits: Limits
    time_seconds: float
    forbidden: tuple[str, ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict, hash=False)
    topics: tuple[int, ...] = ()
    estimated_hours: float | None = None

    @property
    def file_name(self) -> str:
        """What the student's file is called."""
        return f"{self.name}.py"

    def text(self, name: str) -> str:
        """One of the package's text files.

        Raises:
            PackageError: it cannot be read as UTF-8.
        """
        path = self.folder / name
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PackageError(path, f"cannot be read as UTF-8 text: {error}") from error

    def support(self) -> str | None:
        """The published code that both sides may run, or None."""
        return self.text("support.py") if (self.folder / "support.py").exists() else None

    def files_with(self, source: str) -> dict[str, str]:
        """What a guest loads: ``source`` as the student's file, and ``support.py`` where there is one."""
        support = self.support()
        return {self.file_name: source} | ({} if support is None else {"support.py": support})


@dataclass(frozen=True, slots=True)
class ProblemSet:
    """A problem set with its problems in order."""

    name: str
    title: str
    description: str
    folder: Path
    problems: tuple[Problem, ...]
    digest: str

    @property
    def max_score(self) -> float:
        return total_points(problem.points for problem in self.problems)

    def with_seeds(self, seeds: Mapping[str, bytes]) -> ProblemSet:
        """The set with the seeds of another version, where that has the problem."""
        problems = tuple(
            replace(problem, instance_seed=seeds.get(problem.name, problem.instance_seed))
            for problem in self.problems
        )
        return replace(self, problems=problems)

    def problem(self, name: str) -> Problem:
        """The problem called ``name``.

        Raises:
            PackageError: the set has none of that name.
        """
        for problem in self.problems:
            if problem.name == name:
                return problem
        names = ", ".join(problem.name for problem in self.problems)
        raise PackageError(self.folder / PSET_FILE, f"{self.name} has no problem {name!r}; it has {names}")


def total_points(points: Iterable[float]) -> float:
    """The sum of points as people add them: three times 0.1 is 0.3."""
    return round(math.fsum(points), 9)


def discover(root: Path) -> tuple[PsetListing, ...]:
    """The sets below ``root``, by name.

    Raises:
        PackageError: ``root`` is no folder, a ``pset.toml`` cannot be read, or two sets share a name.
    """
    if not root.is_dir():
        raise PackageError(root, "is not a folder of problem sets; name one with --problems")
    found: dict[str, PsetListing] = {}
    for path in sorted(root.glob(f"*/{PSET_FILE}")):
        table = _read(path)
        listing = PsetListing(_set_name(table, path), _take(table, "title", str, path), path.parent)
        if listing.name in found:
            raise PackageError(
                path, f"the name {listing.name!r} is taken by {found[listing.name].folder.name}"
            )
        found[listing.name] = listing
    return tuple(found[name] for name in sorted(found))


def load_pset(folder: Path) -> ProblemSet:
    """Read a set and its problems.

    Raises:
        PackageError: something in it is missing or wrong; the message says what.
    """
    path = folder / PSET_FILE
    table = _read(path)
    _refuse_other_keys(table, _SET_KEYS, path)
    names = _take(table, "problems", list, path)
    if not names or not all(isinstance(name, str) and name.isidentifier() for name in names):
        raise PackageError(path, "`problems` lists the folders of the problems, in order")
    if taken := [name for name in names if name == "support" or keyword.iskeyword(name)]:
        raise PackageError(
            path, f"a problem cannot be called {taken[0]!r}: the student's file is named after it"
        )
    if len(set(names)) != len(names):
        raise PackageError(path, "`problems` names a problem twice")
    problems = tuple(_load_problem(folder / name) for name in names)
    digest = hashlib.sha256("".join(problem.digest for problem in problems).encode())
    digest.update(path.read_bytes())
    return ProblemSet(
        name=_set_name(table, path),
        title=_take(table, "title", str, path),
        description=_take(table, "description", str, path, default=""),
        folder=folder,
        problems=problems,
        digest=digest.hexdigest(),
    )


def _load_problem(folder: Path) -> Problem:
    path = folder / PROBLEM_FILE
    table = _read(path)
    _refuse_other_keys(table, _PROBLEM_KEYS, path)
    for name in _REQUIRED:
        if not (folder / name).is_file():
            raise PackageError(folder / name, "is missing; every problem has one")
    runtime_name = _take(table, "runtime", str, path)
    if runtime_name not in set(Runtime):
        raise PackageError(path, f"`runtime` is one of {', '.join(Runtime)}, not {runtime_name!r}")
    runtime = Runtime(runtime_name)
    bounds = _take(table, "limits", dict, path, default={})
    _refuse_other_keys(bounds, _LIMIT_KEYS, path)
    memory = _number(bounds, "memory_mib", path, default=_MEMORY_MIB[runtime])
    forbidden = _forbidden(table, path)
    return Problem(
        name=folder.name,
        title=_take(table, "title", str, path),
        points=_number(table, "points", path),
        runtime=runtime,
        folder=folder,
        digest=digest_of(folder, b"version"),
        instance_seed=bytes.fromhex(digest_of(folder, b"instances", only=_DECIDE_INPUTS)),
        limits=Limits(memory_bytes=int(memory * 2**20)),
        time_seconds=_number(bounds, "time_seconds", path, default=_DEFAULT_SECONDS),
        forbidden=tuple(forbidden),
        instead={name: instead for name, instead in forbidden.items() if instead},
        topics=_list_of(int, table, "topics", path),
        estimated_hours=_number(table, "estimated_hours", path) if "estimated_hours" in table else None,
    )


def digest_of(folder: Path, purpose: bytes, *, only: tuple[str, ...] = ()) -> str:
    """A hash of the package's files. Two purposes give unrelated digests, so one can be published."""
    total = hashlib.sha256(purpose)
    for file in sorted(folder.rglob("*")):
        relative = file.relative_to(folder)
        if only and relative.parts[0] not in only:
            continue
        if file.is_file() and relative.parts[0] != "submissions" and "__pycache__" not in relative.parts:
            total.update(f"{relative.as_posix()}\0".encode())
            total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PackageError(path, "is missing") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackageError(path, f"is not TOML in UTF-8: {error}") from error
    except OSError as error:
        raise PackageError(path, f"cannot be read: {error.strerror}") from error


def _set_name(table: dict[str, Any], path: Path) -> str:
    name = str(_take(table, "name", str, path))
    if not _SET_NAME.fullmatch(name):
        raise PackageError(
            path,
            f"`name` is up to 40 of a-z, 0-9, '.', '_' and '-', not {name!r}: it becomes a folder's name",
        )
    return name


def _refuse_other_keys(table: dict[str, Any], known: tuple[str, ...], path: Path) -> None:
    if unknown := sorted(table.keys() - set(known)):
        raise PackageError(path, f"has no key `{unknown[0]}`; it takes {', '.join(known)}")


def _take(table: dict[str, Any], key: str, kind: type, path: Path, default: Any = None) -> Any:
    found = table.get(key, default)
    if not isinstance(found, kind):
        raise PackageError(path, f"`{key}` should be a {kind.__name__}")
    return found


def _number(table: dict[str, Any], key: str, path: Path, default: float | None = None) -> float:
    found = table.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found < math.inf:
        raise PackageError(path, f"`{key}` should be a number above zero")
    return float(found)


def _forbidden(table: dict[str, Any], path: Path) -> dict[str, str]:
    """Each forbidden name with what to write instead, which is "" where the file only lists names."""
    if not isinstance(table.get("forbidden"), dict):
        return dict.fromkeys(_list_of(str, table, "forbidden", path), "")
    found: dict[str, str] = table["forbidden"]
    for name, instead in found.items():
        if not isinstance(instead, str) or not instead.strip() or "\n" in instead:
            line = f'"{name}" = "what to write instead"'
            raise PackageError(path, f"`forbidden` is a list of names, or of lines like {line}")
    return found


def _list_of(kind: type[_T], table: dict[str, Any], key: str, path: Path) -> tuple[_T, ...]:
    found = _take(table, key, list, path, default=[])
    if not all(type(item) is kind for item in found):
        raise PackageError(path, f"`{key}` should be a list of {kind.__name__}")
    return tuple(found)
