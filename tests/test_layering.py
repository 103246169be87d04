"""Imports point down, and what the contracts of pyproject.toml promise is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_import_contracts_are_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_problems_import_only_the_authoring_kit_numpy_torch_and_the_standard_library() -> None:
    allowed = {"grader", "numpy", "torch", "support", *sys.stdlib_module_names}
    strangers = []
    for path in (ROOT / "problems").rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]) and words[1].split(".")[0] not in allowed:
                strangers.append(f"{path.relative_to(ROOT)}: {line}")
            if "checks" in path.parts and words[:1] == ["from"] and words[1].startswith("grader"):
                assert words[1] == "grader.authoring", f"{path}: {line}"
    assert strangers == []
