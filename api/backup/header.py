"""What a backup says about itself."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Header"]


class Header(BaseModel):
    """The first member of a backup, ``backup.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    schema_revision: str = Field(pattern="^[0-9a-z_]{1,32}$")
    made_at: datetime
    made_by: str = Field(max_length=200)
    has_key: bool
