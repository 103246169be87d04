"""What staff did: in a course, for its instructors; everywhere, for administrators."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from api.access import Action, enter_course
from api.database import now
from api.dependencies import CurrentServices
from api.operations.audit_routes import Chosen
from api.operations.trail import actions_known, course_trail, whole_trail
from api.web.rendering import render
from api.web.views.audit import audit_view
from api.web.visitors import CurrentVisitor

__all__ = ["router"]

router = APIRouter()


@router.get("/courses/{course}/audit")
def show_course(services: CurrentServices, visitor: CurrentVisitor, course: str, chosen: Chosen) -> Response:
    """What the staff of one course did."""
    with services.database.reading() as session:
        found = enter_course(session, visitor.actor, course, Action.SEE_AUDIT)
        page = course_trail(session, visitor.actor, course, chosen)
        view = audit_view(
            page,
            chosen,
            actions=actions_known(session, found.id),
            now=now(),
            course=found.name,
            course_title=found.title,
        )
    return HTMLResponse(render("audit.html", reader=visitor.reader, page=view))


@router.get("/audit")
def show_everything(services: CurrentServices, visitor: CurrentVisitor, chosen: Chosen) -> Response:
    """What was done in all courses and on the server itself."""
    with services.database.reading() as session:
        page = whole_trail(session, visitor.actor, chosen)
        view = audit_view(page, chosen, actions=actions_known(session), now=now())
    return HTMLResponse(render("audit.html", reader=visitor.reader, page=view))
