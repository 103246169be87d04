"""Every refusal as an answer: the same JSON, whoever refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.errors import (
    ApiError,
    InvalidRequestError,
    NotAuthenticatedError,
    NotFoundError,
    StoreError,
    UnavailableError,
    UnexpectedError,
)
from api.headers import ALWAYS
from api.monitoring.requests import REQUEST_ID, request_id_of
from api.schemas import ErrorBody, ErrorDetail

__all__ = ["DESCRIBED", "DESCRIBED_BESIDE_OTHERS", "Answer", "answering", "as_json", "headers_of", "install"]

Answer = Callable[[Request, ApiError], Response]
"""Turns a refusal into an answer."""

DESCRIBED: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorBody, "description": "Refused: `error.message` says why, and what to do next."},
    "503": {"model": ErrorBody, "description": "Not now: trying again later may work."},
}
"""What every operation may answer besides its own, for the description of the API."""

DESCRIBED_BESIDE_OTHERS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": described["description"],
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{ErrorBody.__name__}"}}},
    }
    for status, described in DESCRIBED.items()
}
"""The same for operations whose own answers are not JSON: their refusals are."""

_FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/metrics")

log = logging.getLogger(__name__)


class _OtherHttpError(ApiError):
    """A refusal by the web framework itself, with the status it chose."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(f"{status.phrase}. {status.description}".strip())
        self.http_status = status


def as_json(error: ApiError) -> JSONResponse:
    """The answer to a program: ``{"error": {"code", "message"}}``."""
    status = error.http_status if isinstance(error, _OtherHttpError) else error.status
    code = status.name.lower() if isinstance(error, _OtherHttpError) else error.code
    body = ErrorBody(error=ErrorDetail(code=code, message=str(error)))
    return JSONResponse(body.model_dump(), status_code=status, headers=headers_of(error))


def headers_of(error: ApiError) -> dict[str, str]:
    """What an answer says about a refusal beside its words: how to log in, when to come back."""
    if isinstance(error, NotAuthenticatedError):
        return {"WWW-Authenticate": "Bearer"}
    return {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}


def answering(page: Answer) -> Answer:
    """How refusals are answered: as JSON to programs, through ``page`` everywhere else."""

    def answer(request: Request, error: ApiError) -> Response:
        return as_json(error) if request.url.path.startswith(_FOR_PROGRAMS) else page(request, error)

    return answer


def install(app: FastAPI, answer: Answer) -> None:
    """Make ``app`` answer every error, its framework's too, through ``answer``."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        return answer(request, error)

    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request, InvalidRequestError(_in_words(error)))

    def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == HTTPStatus.NOT_FOUND:
            return answer(request, NotFoundError("There is nothing at this address."))
        return answer(request, _OtherHttpError(HTTPStatus(error.status_code)))

    def lost_file(request: Request, error: Exception) -> Response:
        log.error("a stored file cannot be used: %s", error)
        return answer(request, UnavailableError("A stored file is not available. Tell the course staff."))

    def unstorable(request: Request, _error: Exception) -> Response:
        return answer(request, InvalidRequestError("The request holds a number that is too large to be one."))

    def unforeseen(request: Request, _error: Exception) -> Response:
        # The framework logs the error itself; this answer leaves outside all other middleware.
        response = answer(request, UnexpectedError())
        response.headers.update(ALWAYS)
        request_id = request_id_of(request.scope)
        if request_id is not None:
            response.headers[REQUEST_ID] = request_id
        return response

    app.add_exception_handler(ApiError, refused)
    app.add_exception_handler(Exception, unforeseen)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(DataError, unstorable)
    app.add_exception_handler(StoreError, lost_file)


def _in_words(error: RequestValidationError) -> str:
    """Which parts of a request are wrong, without repeating what was sent."""
    problems = [
        f"{'.'.join(str(part) for part in found['loc'][1:]) or found['loc'][0]}: {found['msg']}"
        for found in error.errors()
    ]
    return f"The request is not what this address expects: {'; '.join(problems[:5])}."
