"""The command itself: quick to start, and a sentence instead of a traceback."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import gradecli.main
from gradecli import errors

HEAVY = {"rich", "httpx2", "numpy", "torch", "platformdirs", "asyncio", "api", "grader", "sandbox", "docker"}


def imported_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def imported_by_running(*arguments: str) -> set[str]:
    program = f"sys.argv = {['gradecli', *arguments]}\nfrom gradecli.main import app"
    return imported_by(f"{program}\ntry: app()\nexcept SystemExit: pass")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert imported_by_running(*arguments).isdisjoint(HEAVY | {"pydantic"})


@pytest.mark.parametrize(
    "arguments", [["submit", "--help"], ["course", "create", "--help"], ["no-such-command"]]
)
def test_help_on_a_command_imports_only_what_typer_needs(arguments: list[str]) -> None:
    assert imported_by_running(*arguments).isdisjoint(HEAVY)


def test_students_commands_never_import_the_server() -> None:
    modules = "account homework results submitting following reports course_admin"
    imports = "; ".join(f"import gradecli.{name}" for name in modules.split())
    assert imported_by(imports).isdisjoint({"api", "sandbox", "grader", "torch", "docker", "numpy"})


def test_every_command_is_listed_in_the_order_people_meet_them(gradecli: Any) -> None:
    out = gradecli("--help").stdout
    listed = re.findall(r"^  (\w+) +\S", out.split("Commands:")[1], flags=re.MULTILINE)
    assert listed[:3] == ["login", "logout", "psets"]
    assert set(listed) >= {
        "start",
        "check",
        "submit",
        "scores",
        "feedback",
        "course",
        "publish",
        "roster",
        "gradebook",
    }
    assert set(listed) >= {"grade", "serve", "worker", "sandbox", "doctor"}


def test_every_exit_code_of_the_error_tree_is_in_the_help(gradecli: Any) -> None:
    text = " ".join(gradecli("--help").stdout.split())
    classes = [getattr(errors, name) for name in errors.__all__]
    assert {cls.exit_code for cls in classes} == {1, 2, 3, 4, 5, 6}
    for code in (0, 1, 2, 3, 4, 5, 6, 130):
        assert re.search(rf"\b{code}\b", text.split("Exit codes:")[1])


def test_a_disk_that_is_full_is_a_sentence(
    logged_in: Any, gradecli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "pset1")

    monkeypatch.setattr("gradecli.homework.unpack", full)
    done = gradecli("start", "pset1")
    assert done.exit_code == 3
    assert done.stderr == "Error: No space left on device: pset1\n"


def test_a_mistake_of_our_own_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError("evil \x1b[2Jtext")

    monkeypatch.setattr(gradecli.main, "app", broken)
    with pytest.raises(SystemExit) as caught:
        gradecli.main.run()
    assert caught.value.code == 3
    printed = capsys.readouterr().err
    assert "This is a mistake in gradecli itself" in printed
    assert "\x1b" not in printed


def test_it_runs_as_a_module_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gradecli", "--version"], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"gradecli \d+\.\d+\.\d+\n", done.stdout)


def test_only_operators_modules_name_the_server_and_the_sandbox() -> None:
    package = Path(gradecli.main.__file__).parent
    for path in package.glob("*.py"):
        if not path.name.startswith("operator"):
            assert not re.search(
                r"^\s*(from|import) (api|sandbox)\b", path.read_text(), flags=re.MULTILINE
            ), path
