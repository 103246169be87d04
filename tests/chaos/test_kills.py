"""Whatever is killed while a class hands in: one verdict each, the same as in peace, nothing left over.

A few kills here; ``make long`` does the same with many (``python -m tests.chaos.kills --help``).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import Backend

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def _killed(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.kills", "--each=1", "--submissions=10", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-8000:]


def test_kills_cost_nothing_with_sqlite_and_bubblewrap(ready_backend: Callable[..., Backend]) -> None:
    ready_backend("bubblewrap")
    _killed("--seed=20261121")


@pytest.mark.docker
def test_kills_cost_nothing_with_postgresql_and_docker(
    second_docker_engine: None, postgresql_server: object
) -> None:
    _killed("--seed=20261122", "--database=postgresql", "--sandbox=docker")
