"""What the students hand in: right, wrong, slow, broken, and some that end their own process."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

__all__ = ["PSET", "homework", "problem_packages"]

PSET = "tiny"

_ADD = {
    "right": "def add(x, y):\n    return x + y\n",
    "slow": "import time\n\ntime.sleep(0.2)\n\n\ndef add(x, y):\n    return x + y\n",
    "wrong": "def add(x, y):\n    return x - y\n",
    "kills itself": "import os, signal\n\n\ndef add(x, y):\n    os.kill(os.getpid(), signal.SIGKILL)\n",
    "unfinished": "def add(x, y):\n    raise NotImplementedError\n",
}
_MEAN = {
    "right": "def mean(x):\n    return x.sum(axis=1) / x.shape[1]\n",
    "slow": "import time\n\ntime.sleep(0.2)\n\n\ndef mean(x):\n    return x.sum(axis=1) / x.shape[1]\n",
    "wrong": "def mean(x):\n    return x.sum(axis=0) / x.shape[0]\n",
    "exits": "import os\n\n\ndef mean(x):\n    os._exit(3)\n",
    "forbidden": "import numpy as np\n\n\ndef mean(x):\n    return np.mean(x, axis=1)\n",
    "syntax": "def mean(x:\n    return x\n",
}
_COUNTER = """\
class Counter:
    def __init__(self, start):
        self.total = start
        self.totals = [start]

    def __call__(self, x):
        self.total {operator}= x
        self.totals.append(self.total)
        return self.total

    def __iter__(self):
        return iter(self.totals)

    def __add__(self, other):
        return Counter(self.total + other.total)
"""


def homework(rng: random.Random, number: int) -> dict[str, bytes]:
    """The files of one submission; ``number`` tells it from those that are otherwise the same."""
    files = {
        "add.py": _ADD[rng.choice(sorted(_ADD))],
        "mean.py": _MEAN[rng.choice(sorted(_MEAN))],
        "counter.py": _COUNTER.format(operator=rng.choice("+-")),
    }
    if rng.random() < 0.2:
        del files["counter.py"]
    return {name: f"# {number}\n{text}".encode() for name, text in files.items()}


def problem_packages(source: Path, folder: Path) -> Path:
    """A copy of the small set, with time limits that no busy machine reaches."""
    target = folder / "problems"
    shutil.copytree(source / PSET, target / PSET)
    for described in target.rglob("problem.toml"):
        described.write_text(described.read_text().replace("time_seconds = 1", "time_seconds = 30"))
    return target
