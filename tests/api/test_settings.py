"""Settings: typed, documented, the same in every process."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings.exceptions import SettingsError

from api.settings import SECRETS, Settings, problems_of, unknown_variables

ROOT = Path(__file__).resolve().parents[2]


def test_every_setting_is_documented_with_its_default():
    text = (ROOT / "docs" / "settings.md").read_text()
    documented = dict(re.findall(r"^\| `GRADECLI_(\w+)` \| `?([^`|]*)`? \|", text, re.MULTILINE))
    fields = {name.upper(): field for name, field in Settings.model_fields.items()}
    assert documented.keys() == fields.keys()
    for name, field in fields.items():
        if field.default is not None:
            assert documented[name] == str(field.default), name
        else:
            assert documented[name].startswith("unset"), name


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
        ("METRICS_TOKEN", "sesame"),
        ("TRUSTED_PROXIES", "everybody"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_what_cannot_be_right_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(f"GRADECLI_{name}", value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    (sentence,) = problems_of(refused.value)
    assert sentence.startswith(f"GRADECLI_{name}: ")


def test_sqlite_is_the_default_and_another_database_can_be_named(tmp_path):
    assert Settings(data=tmp_path).database_address == f"sqlite:///{tmp_path}/gradecli.sqlite3"
    assert Settings(database_url="postgresql+psycopg://x").database_address == "postgresql+psycopg://x"


def test_no_test_reads_settings_from_the_machine():
    found = {name for name in os.environ if name.startswith("GRADECLI_")}
    assert found <= {"GRADECLI_TEST_REQUIRE", "GRADECLI_LONG", "GRADECLI_WARM"}  # tests/conftest.py's own


URL = "postgresql+psycopg://grade:sesame%21@db/grade"


def test_secrets_may_come_from_files(monkeypatch, tmp_path):
    (tmp_path / "url").write_text(f"{URL}\n")
    (tmp_path / "token").write_text("0123456789abcdef")
    monkeypatch.setenv("GRADECLI_DATABASE_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv("GRADECLI_METRICS_TOKEN_FILE", str(tmp_path / "token"))
    settings = Settings()
    assert settings.database_address == URL
    assert settings.metrics_token.get_secret_value() == "0123456789abcdef"
    for name, value in settings.child_environment().items():
        monkeypatch.setenv(name, value)
    for name in SECRETS:
        monkeypatch.delenv(f"GRADECLI_{name.upper()}_FILE")
    assert Settings() == settings
    assert not any(name.endswith("_FILE") for name in settings.child_environment() if "GRADECLI" in name)


def test_a_secret_twice_or_from_a_file_that_is_not_there_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADECLI_METRICS_TOKEN_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="GRADECLI_METRICS_TOKEN_FILE names a file that cannot be read"):
        Settings()
    (tmp_path / "none").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="it is not text"):
        Settings()
    monkeypatch.setenv("GRADECLI_METRICS_TOKEN", "0123456789abcdef")
    with pytest.raises(SettingsError, match="are both set"):
        Settings()


def test_no_secret_is_in_what_settings_print_of_themselves():
    settings = Settings(database_url=URL, metrics_token="open-sesame-please")
    for shown in (repr(settings), str(settings)):
        assert "sesame" not in shown
        assert "grade:" not in shown
    assert settings.secret_values() == (URL, "open-sesame-please", "sesame%21", "sesame!")
    with pytest.raises(ValidationError) as refused:
        Settings(metrics_token="sesame")
    assert "sesame" not in str(refused.value)


def test_a_misspelt_variable_is_pointed_out():
    environment = {
        "GRADECLI_WORKRES": "2",
        "GRADECLI_HOME": "x",
        "GRADECLI_DATABASE_URL_FILE": "x",
        "GRADECLI_PORT_FILE": "x",
        "PATH": "x",
    }
    port, workers = unknown_variables(environment)
    assert port.startswith("GRADECLI_PORT_FILE is no setting")
    assert workers.endswith("Did you mean GRADECLI_WORKERS?")
