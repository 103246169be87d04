"""Every setting of the course service, in one typed class. ``docs/settings.md`` explains each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings"]

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Settings(BaseSettings):
    """Read from environment variables called ``GRADECLI_<FIELD>``; keyword arguments win.

    A value that cannot be right raises :class:`pydantic.ValidationError`, naming the variable.
    """

    model_config = SettingsConfigDict(env_prefix="GRADECLI_", frozen=True, extra="forbid")

    data: Path = Path("gradecli-data")
    """Folder with the database, submitted files, published packages and the service key: back it up."""
    problems: Path = Path("problems")
    """Folder in which instructors' problem packages lie; read when a set is published."""
    database_url: str | None = None
    """SQLAlchemy address of the database; unset: SQLite in ``data``."""

    host: str = "127.0.0.1"
    """Address the web process listens on."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    """Port the web process listens on; 0 takes a free one and prints it."""

    sandbox: Literal["bubblewrap", "docker"] = "bubblewrap"
    """Sandbox that submissions run in. The one without isolation cannot be chosen here."""
    workers: Annotated[int, Field(ge=0, le=64)] = 1
    """Worker processes that ``gradecli serve`` keeps running; each grades one submission at a time."""

    grading_seconds: Seconds = 600
    """Longest time that grading one submission may take before it counts as a platform failure."""
    lease_seconds: Seconds = 30
    """How long a worker that falls silent keeps its job before another one may take it."""
    grading_tries: Annotated[int, Field(ge=1, le=20)] = 3
    """How often a submission is tried when the platform fails, before it is parked for staff."""
    retry_seconds: Seconds = 2
    """Pause before the second try; it doubles with each further one."""
    drain_seconds: Seconds = 20
    """How long a submission in progress may take to finish after SIGTERM before it is handed back."""

    submissions_waiting: Annotated[int, Field(ge=1)] = 5
    """How many of one student's submissions may wait to be graded at the same time."""
    submissions_per_hour: Annotated[int, Field(ge=1)] = 60
    """How many submissions one student may make to one problem set within an hour."""

    admin_email: str = "admin@localhost"
    """E-mail address of the administrator that the first start creates."""
    admin_name: str = "Administrator"
    """Name of the administrator that the first start creates."""

    @property
    def database_address(self) -> str:
        """``database_url``, or the SQLite file in ``data``."""
        return self.database_url or f"sqlite:///{(self.data / 'gradecli.sqlite3').resolve()}"

    def environment(self) -> dict[str, str]:
        """The environment variables from which another process reads these same settings."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {f"GRADECLI_{name.upper()}": str(value) for name, value in values.items()}
