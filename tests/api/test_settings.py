"""Settings: typed, documented, the same in every process."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_every_setting_is_documented_with_its_default():
    text = (ROOT / "docs" / "settings.md").read_text()
    documented = dict(re.findall(r"^\| `GRADECLI_(\w+)` \| `?([^`|]*)`? \|", text, re.MULTILINE))
    fields = {name.upper(): field for name, field in Settings.model_fields.items()}
    assert documented.keys() == fields.keys()
    for name, field in fields.items():
        if field.default is not None:
            assert documented[name] == str(field.default), name


def test_another_process_reads_the_same(monkeypatch, tmp_path):
    settings = Settings(data=tmp_path / "my data", port=0, sandbox="docker", lease_seconds=0.5)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDBOX", "subprocess"),
        ("SANDBOX", ""),
        ("PORT", "70000"),
        ("WORKERS", "-1"),
        ("LEASE_SECONDS", "0"),
        ("GRADING_TRIES", "0"),
        ("LEASE_SECONDS", "nan"),
    ],
)
def test_what_cannot_be_right_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(f"GRADECLI_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_sqlite_is_the_default_and_another_database_can_be_named(tmp_path):
    assert Settings(data=tmp_path).database_address == f"sqlite:///{tmp_path}/gradecli.sqlite3"
    assert Settings(database_url="postgresql+psycopg://x").database_address == "postgresql+psycopg://x"


def test_no_test_reads_settings_from_the_machine():
    assert not [
        name for name in os.environ if name.startswith("GRADECLI_") and name != "GRADECLI_TEST_REQUIRE"
    ]
