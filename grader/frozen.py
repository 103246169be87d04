"""The seeds of a set's instances, written down when it is published: what they are, they stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from grader.errors import PackageError
from grader.package import ProblemSet, digest_of, load_pset

__all__ = ["freeze_seeds", "frozen_seeds"]

_FROZEN_SEEDS: Final = "instances.json"


def freeze_seeds(pset: ProblemSet) -> None:
    """Write the seeds of a set's instances into its folder, to stay what they are whatever changes here."""
    seeds = {problem.name: problem.instance_seed.hex() for problem in pset.problems}
    (pset.folder / _FROZEN_SEEDS).write_text(json.dumps(seeds, indent=1), encoding="utf-8")


def frozen_seeds(folder: Path) -> dict[str, bytes]:
    """The seeds of the instances of a frozen set, by problem.

    Where none were written, the set was frozen when they rested on every file.

    Raises:
        PackageError: they cannot be read.
    """
    path = folder / _FROZEN_SEEDS
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): bytes.fromhex(seed) for name, seed in table.items()}
    except FileNotFoundError:
        names = [problem.name for problem in load_pset(folder).problems]
        return {name: bytes.fromhex(digest_of(folder / name, b"instances")) for name in names}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise PackageError(path, f"cannot be read: {error}") from error
