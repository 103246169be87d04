"""The style sheet, the scripts and the icon."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.errors import NotFoundError
from api.web.rendering import ASSETS

__all__ = ["router"]

router = APIRouter(prefix="/static")


@router.get("/{name}")
def asset(name: str, v: str = "") -> Response:
    """One of the files that pages refer to. Asked for by its version, it never changes."""
    found = ASSETS.get(name)
    if found is None:
        msg = "There is nothing at this address."
        raise NotFoundError(msg)
    lasting = "public, max-age=31536000, immutable" if v == found.version else "no-cache"
    return Response(found.content, media_type=found.media_type, headers={"Cache-Control": lasting})
