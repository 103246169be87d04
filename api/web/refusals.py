"""How a page says no: to the log-in form if that helps, else a page that says what to do next."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.errors import ApiError, NotAuthenticatedError
from api.refusals import as_json
from api.web.rendering import Reader, render
from api.web.visitors import visitor_of

__all__ = ["error_page"]

_TITLES = {
    HTTPStatus.FORBIDDEN: "You cannot do this",
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.GONE: "This was removed",
    HTTPStatus.CONFLICT: "That is not possible now",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That is too large",
    HTTPStatus.TOO_MANY_REQUESTS: "That is too often",
    HTTPStatus.SERVICE_UNAVAILABLE: "That does not work at the moment",
}


def error_page(request: Request, error: ApiError) -> Response:
    """The answer to a browser whose request was refused."""
    if isinstance(error, NotAuthenticatedError) and request.method == "GET":
        return RedirectResponse(f"/?{urlencode({'next': _address(request)})}", HTTPStatus.SEE_OTHER)
    status = HTTPStatus(as_json(error).status_code)
    page = render(
        "error.html",
        reader=_reader(request),
        title=_TITLES.get(status, "That did not work"),
        sentence=str(error),
    )
    retry = None if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return HTMLResponse(page, status_code=status, headers=retry)


def _address(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def _reader(request: Request) -> Reader | None:
    try:
        return visitor_of(request).reader
    except Exception:  # whatever broke the page may break this too: then it is a page for nobody
        return None
