"""The page about the command line says what the command line does."""

from __future__ import annotations

import re
from pathlib import Path

from typer.main import get_command

from gradecli import errors
from gradecli.main import app

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")


def commands() -> set[str]:
    names = set()
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", {})
        names |= {f"{name} {child}" for child in below} or {name}
    return names


def test_every_command_is_listed_and_no_other() -> None:
    table = PAGE.split("## ")[0]
    assert set(re.findall(r"`([a-z ]+)`", table)) == commands()


def test_every_exit_code_is_listed() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, flags=re.MULTILINE)}
    assert listed == {0, 130} | {getattr(errors, name).exit_code for name in errors.__all__}


def test_every_command_with_json_is_listed() -> None:
    paragraph = PAGE.split("## For programs")[1].split("##")[0]
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        takes_json = any("--json" in option.opts for option in command.params)
        assert takes_json == (f"`{name}`" in paragraph), name
