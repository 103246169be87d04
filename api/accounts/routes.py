"""``/me``: who is asking."""

from __future__ import annotations

from fastapi import APIRouter

from api.accounts import service
from api.accounts.schemas import Me
from api.dependencies import CurrentActor, CurrentServices

__all__ = ["router"]

router = APIRouter(tags=["accounts"])


@router.get("/me")
def me(services: CurrentServices, actor: CurrentActor) -> Me:
    """The person that the token belongs to, and their courses."""
    with services.database.reading() as session:
        return service.describe_me(session, actor)
