"""What every JSON body of the service has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["ErrorBody", "ErrorDetail", "Health", "Payload"]


class Payload(BaseModel):
    """The base of every request and response body: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ErrorDetail(Payload):
    """``code`` is for programs, ``message`` is a plain sentence for the person who reads it."""

    code: str
    message: str


class ErrorBody(Payload):
    """The body of every answer that is not 2xx."""

    error: ErrorDetail


class Health(Payload):
    """The web process answers and its database can be read."""

    status: str
    version: str
    queued: int
    parked: int
