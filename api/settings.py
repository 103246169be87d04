"""Every setting of the course service, in one typed class. ``docs/settings.md`` explains each."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from api.proxies import networks

__all__ = ["LogFormat", "LogLevel", "Settings", "problems_of", "unknown_variables"]

PREFIX: Final = "GRADECLI_"

SECRETS: Final = ("database_url", "metrics_token")
"""Settings that are secrets: never shown, and each may instead lie in the file that
``GRADECLI_<NAME>_FILE`` names."""

_NOT_SETTINGS: Final = frozenset({"HOME", "CGROUP", "TEST_REQUIRE", "LONG"})
"""What else is called ``GRADECLI_…``: the command line's own folder, the sandbox's, the tests'."""


class LogFormat(StrEnum):
    """How a log line is written."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """The least important lines that are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _long_enough(secret: SecretStr | None) -> SecretStr | None:
    if secret is not None and len(secret.get_secret_value()) < 16:
        msg = "at least 16 characters, so that nobody guesses it"
        raise ValueError(msg)
    return secret


Seconds = Annotated[float, Field(gt=0, le=86_400)]
Days = Annotated[int, Field(ge=0, le=36_500)]


def _networks(text: str) -> str:
    networks(text)
    return text


class Settings(BaseSettings):
    """Read from environment variables called ``GRADECLI_<FIELD>``; keyword arguments win.

    A value that cannot be right raises :class:`pydantic.ValidationError`; :func:`problems_of` names
    the variables. Neither repeats a value.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    data: Path = Path("gradecli-data")
    """Folder with the database, submitted files, published packages and the service key: back it up."""
    problems: Path = Path("problems")
    """Folder in which instructors' problem packages lie; read when a set is published."""
    package_builder: Path | None = None
    """Unix socket of a builder of problem packages; unset: the web process starts one for each."""
    database_url: Annotated[
        str | None, Field(repr=False, pattern=r"^(sqlite|postgresql)(\+[a-z0-9]+)?://")
    ] = None
    """Address of the database, SQLite or PostgreSQL; unset: SQLite in ``data``. May hold a password."""

    host: str = "127.0.0.1"
    """Address the web process listens on."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    """Port the web process listens on; 0 takes a free one and prints it."""
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = "127.0.0.1,::1"
    """Addresses or networks, with commas, of proxies whose ``X-Forwarded-…`` and ``X-Request-ID`` count."""
    session_hours: Annotated[float, Field(gt=0, le=24 * 365)] = 24 * 7
    """How long a log-in on the pages lasts at most."""
    session_idle_hours: Annotated[float, Field(gt=0, le=24 * 365)] = 24
    """How long a log-in on the pages lasts while nobody uses it."""
    login_days: Annotated[float, Field(gt=0, le=365)] = 120
    """How long the token lasts that ``gradecli login`` gets through the browser."""
    connections: Annotated[int, Field(ge=20, le=100_000)] = 1000
    """How many connections the web process serves at the same time; it answers 503 on further ones."""
    requests_per_minute: Annotated[int, Field(ge=60)] = 3000
    """How many requests one person may send within a minute; ten times as many from one address."""

    sandbox: Literal["bubblewrap", "docker"] = "bubblewrap"
    """Sandbox that submissions run in. The one without isolation cannot be chosen here."""
    warm: bool = True
    """Whether gradings and sandboxes are forked from processes that have imported the libraries."""
    workers: Annotated[int, Field(ge=0, le=64)] = 1
    """Worker processes that ``gradecli serve`` keeps running; each grades one submission at a time."""

    grading_seconds: Seconds = 7200
    """Longest time that a set may ask for one grading; a set that asks for more is not published."""
    lease_seconds: Seconds = 30
    """How long a worker that falls silent keeps its job before another one may take it."""
    grading_tries: Annotated[int, Field(ge=1, le=20)] = 3
    """How often a submission is tried when the platform fails, before it is parked for staff."""
    retry_seconds: Seconds = 2
    """Pause before the second try; it doubles with each further one."""
    outage_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 72
    """How long a submission waits for a sandbox that cannot be had before it is parked for staff."""
    drain_seconds: Seconds = 20
    """How long a submission in progress may take to finish after SIGTERM before it is handed back."""

    worker_pulse: Path | None = None
    """File that a worker touches every five seconds while its loop turns; unset: none."""

    submissions_waiting: Annotated[int, Field(ge=1)] = 5
    """How many of one student's submissions may wait to be graded at the same time."""
    submissions_per_hour: Annotated[int, Field(ge=1)] = 60
    """How many submissions one student may make to one problem set within an hour."""

    log_format: LogFormat = LogFormat.TEXT
    """How log lines are written: for people, or one JSON object each."""
    log_level: LogLevel = LogLevel.INFO
    """The least important lines that are written."""
    metrics_token: Annotated[SecretStr | None, AfterValidator(_long_enough)] = None
    """What ``/metrics`` is asked with; unset: it answers this machine alone."""
    disk_floor_mib: Annotated[int, Field(ge=0)] = 500
    """Free space below which the service says that it is not ready."""

    retention_files_days: Days | None = None
    """Days after which the files of a graded submission may be removed; unset: never."""
    retention_uploads_days: Days | None = None
    """Days after which the archives and notebooks that files came in may be removed; unset: never."""
    retention_transcripts_days: Days | None = None
    """Days after which transcripts of gradings may be removed; unset: never."""
    retention_course_days: Days = 365
    """Days after a course's last due date and last submission before anything of it may be removed."""
    retention_progress_days: Annotated[int, Field(ge=1, le=3650)] = 1
    """Days for which the live events of gradings are kept; reports say all they said."""

    admin_email: str = "admin@localhost"
    """E-mail address of the administrator that the first start creates."""
    first_token: bool = True
    """Whether the first start makes a token for the administrator and prints it, once."""
    admin_name: str = "Administrator"
    """Name of the administrator that the first start creates."""

    @property
    def database_address(self) -> str:
        """``database_url``, or the SQLite file in ``data``."""
        return self.database_url or f"sqlite:///{(self.data / 'gradecli.sqlite3').resolve()}"

    def environment(self) -> dict[str, str]:
        """The environment variables from which another process reads these same settings."""
        values = self.model_dump(mode="json", exclude_none=True)
        values |= {name: self._secret(name) for name in SECRETS if name in values}
        return {f"{PREFIX}{name.upper()}": str(value) for name, value in values.items()}

    def child_environment(self) -> dict[str, str]:
        """This process's environment for a child that is to have these settings."""
        files = {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
        rest = {name: value for name, value in os.environ.items() if name not in files}
        return rest | self.environment()

    def secret_values(self) -> tuple[str, ...]:
        """What must never be shown: the secrets, and the password in the database's address."""
        found = [self._secret(name) for name in SECRETS]
        if self.database_url is not None and "@" in self.database_url:
            password = self.database_url.rpartition("@")[0].rpartition(":")[2]
            found += [password, unquote(password)]
        return tuple(dict.fromkeys(secret for secret in found if secret))

    def _secret(self, name: str) -> str:
        value: SecretStr | str | None = getattr(self, name)
        return value.get_secret_value() if isinstance(value, SecretStr) else value or ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _SecretFiles(settings_cls), env_settings


class _SecretFiles(PydanticBaseSettingsSource):
    """Secrets from the files that ``GRADECLI_<NAME>_FILE`` name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = f"{PREFIX}{field_name.upper()}"
        path = os.environ.get(f"{variable}_FILE")
        if field_name not in SECRETS or not path:
            return None, field_name, False
        if os.environ.get(variable):
            msg = f"{variable} and {variable}_FILE are both set: keep one of them"
            raise SettingsError(msg)
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            msg = f"{variable}_FILE names a file that cannot be read: {why}"
            raise SettingsError(msg) from error

    def __call__(self) -> dict[str, Any]:
        values = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in values.items() if value is not None}


def problems_of(error: ValidationError | SettingsError) -> tuple[str, ...]:
    """What is wrong with settings: a sentence for each, naming the variable and never its value."""
    if isinstance(error, SettingsError):
        return (str(error),)
    return tuple(
        f"{PREFIX}{'_'.join(str(part).upper() for part in wrong['loc'][:1])}: {wrong['msg']}"
        for wrong in error.errors(include_input=False, include_context=False)
    )


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence for each variable that looks like a setting and is none: most often a misspelling."""
    fields = [name.upper() for name in Settings.model_fields]
    known = {*fields, *(f"{name.upper()}_FILE" for name in SECRETS), *_NOT_SETTINGS}
    sentences = []
    for variable in sorted(environment):
        name = variable.removeprefix(PREFIX)
        if name == variable or name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        meant = f" Did you mean {PREFIX}{near[0]}?" if near else ""
        sentences.append(f"{variable} is no setting of this version and has no effect.{meant}")
    return tuple(sentences)
