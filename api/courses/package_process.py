"""The process that freezes a package: ``python -m api.courses.package_process PROBLEMS NAME STAGING``.

It copies the package into ``STAGING/package``, builds ``STAGING/handout.zip`` from the copy, and
prints a :class:`PackageSummary`. It ends with 2, and says why, when the package has a mistake.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import redirect_stdout
from hashlib import sha256
from pathlib import Path

from api.courses.packages import PackageSummary
from api.courses.schemas import ProblemOut
from grader import discover, load_pset
from grader.bounds import longest_grading
from grader.diagnosis import require_sound_mistakes
from grader.errors import PackageError
from grader.export import build_handout
from grader.frozen import freeze_seeds

__all__ = ["freeze", "main"]

_MISTAKE = 2
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".*", "*.pyc")


def freeze(problems: Path, name: str, staging: Path) -> PackageSummary:
    """Copy the package called ``name`` and build its handout from the copy.

    Raises:
        PackageError: there is none of that name, or it has a mistake.
    """
    listing = next((found for found in discover(problems) if found.name == name), None)
    if listing is None:
        raise PackageError(problems, f"has no problem set called {name!r}")
    package = staging / "package"
    shutil.copytree(listing.folder, package, ignore=_NOT_COPIED)
    pset = load_pset(package)
    freeze_seeds(pset)
    for problem in pset.problems:
        require_sound_mistakes(problem)
    (staging / "handout.zip").write_bytes(build_handout(pset))
    longest = longest_grading(pset)
    _remove_caches(package)
    return PackageSummary(
        name=pset.name,
        title=pset.title,
        digest=_tree_digest(package),
        max_score=pset.max_score,
        problems=tuple(
            ProblemOut(name=problem.name, title=problem.title, points=problem.points)
            for problem in pset.problems
        ),
        grading_seconds=longest,
    )


def _remove_caches(folder: Path) -> None:
    """Building the handout may have compiled the copy: what is kept is the sources alone."""
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)


def _tree_digest(folder: Path) -> str:
    """A hash of every file, the proofs in ``submissions/`` too: their sentences reach students."""
    total = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        total.update(sha256(path.read_bytes()).digest())
    return total.hexdigest()


def main(arguments: list[str]) -> int:
    """Run :func:`freeze` and print what it found."""
    problems, name, staging = arguments
    try:
        # What a package prints is not our answer.
        with redirect_stdout(sys.stderr):
            summary = freeze(Path(problems), name, Path(staging))
    except PackageError as error:
        print(str(error).replace(str(Path(staging) / "package"), name), file=sys.stderr)
        return _MISTAKE
    print(summary.model_dump_json())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
