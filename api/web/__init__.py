"""The course's web pages: made on the server, complete without JavaScript, nothing from elsewhere.

:data:`router` has every page; :func:`error_page` is how they say no.
"""

from __future__ import annotations

from fastapi import APIRouter

from api.web.pages import (
    account,
    assets,
    audit,
    device,
    entrance,
    operations,
    regrading,
    sets,
    staff,
    submissions,
)
from api.web.refusals import error_page

__all__ = ["error_page", "router"]

router = APIRouter(include_in_schema=False)
for _page in (entrance, account, device, sets, submissions, staff, regrading, operations, audit, assets):
    router.include_router(_page.router)
