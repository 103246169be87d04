"""One submission: its page, its progress as events, its receipt and its files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Action, can, find_submission, sees_everybodys_work
from api.attachments import attachment
from api.database import now
from api.dependencies import CurrentServices, CurrentWatchers
from api.errors import NotFoundError
from api.gradebook.recording import current_grade
from api.submissions import service
from api.submissions.originals import list_uploads, read_upload
from api.submissions.progress import event_number, progress_so_far, require_visible, watch
from api.submissions.schemas import SubmissionState
from api.web import addresses
from api.web.rendering import render
from api.web.views.submission import submission_view
from api.web.visitors import CurrentVisitor, FormFromHere

__all__ = ["router"]

_TEXT = "text/plain; charset=utf-8"

router = APIRouter(prefix="/submissions/{submission}")


@router.get("")
def show(services: CurrentServices, visitor: CurrentVisitor, submission: str) -> Response:
    """A submission: how far it is, or its report."""
    actor = visitor.actor
    with services.database.reading() as session:
        found = find_submission(session, actor, submission)
        described = service.describe_all(session, [found])[0]
        graded = described.state is SubmissionState.GRADED
        removed_on = found.files_removed_at
        grade = current_grade(session, found.pset_id, found.user_id)
        course = found.pset.course
        staff = sees_everybodys_work(session, actor, course)
        runs_grading = can(session, actor, course, Action.RUN_GRADING)
        hidden = described.quarantined and not runs_grading
        files = () if hidden or removed_on else service.read_files(services, session, actor, submission)
        view = submission_view(
            described,
            service.read_report(session, actor, submission) if graded else None,
            seen=() if graded else progress_so_far(session, actor, submission),
            problems=found.package.problems,
            course_title=found.pset.course.title,
            pset_title=found.package.title,
            files={file.name: file.content for file in files},
            uploads=() if hidden else list_uploads(session, actor, submission),
            files_removed_on=removed_on,
            receipt=service.read_receipt(services, session, actor, submission),
            best=grade.submission_id if grade else None,
            staff=staff,
            own=found.user_id == actor.id,
            accepting=found.pset.is_open(now()),
            now=now(),
            measurements=service.measurements_of(session, submission) if staff else {},
            runs_grading=runs_grading,
        )
    return HTMLResponse(render("submission.html", reader=visitor.reader, page=view))


@router.post("/retry")
def grade_again(services: CurrentServices, visitor: FormFromHere, submission: str) -> Response:
    """Have a submission graded that was given up because the platform failed (staff)."""
    with services.database.writing() as session:
        service.retry_grading(session, visitor.actor, submission)
    return RedirectResponse(addresses.submission(submission), HTTPStatus.SEE_OTHER)


async def _admitted(
    services: CurrentServices, watchers: CurrentWatchers, visitor: CurrentVisitor, submission: str
) -> AsyncIterator[None]:
    """Decide before the stream begins, while a refusal can still be an answer of its own."""
    with watchers.admit(visitor.actor):
        await run_in_threadpool(require_visible, services, visitor.actor, submission)
        yield


@router.get("/events", response_class=EventSourceResponse, dependencies=[Depends(_admitted)])
async def events(
    services: CurrentServices,
    watchers: CurrentWatchers,
    submission: str,
    last_event_id: Annotated[str, Header()] = "",
) -> AsyncIterator[ServerSentEvent]:
    """The submission's progress, for a page that follows it."""
    async for event in watch(services, watchers, submission, after=event_number(last_event_id)):
        yield event


@router.get("/receipt.txt")
def receipt(services: CurrentServices, visitor: CurrentVisitor, submission: str) -> Response:
    """The receipt, to keep."""
    with services.database.reading() as session:
        text = service.read_receipt(services, session, visitor.actor, submission)
    return attachment(f"{text}\n".encode(), f"receipt-{submission}.txt", _TEXT)


@router.get("/files/{filename}")
def file(services: CurrentServices, visitor: CurrentVisitor, submission: str, filename: str) -> Response:
    """A submitted file, byte for byte: to be saved, never shown as anything."""
    with services.database.reading() as session:
        files = service.read_files(services, session, visitor.actor, submission)
    content = next((each.content for each in files if each.name == filename), None)
    if content is None:
        msg = "This submission has no file of that name."
        raise NotFoundError(msg)
    return attachment(content, filename, _TEXT)


@router.get("/uploads/{upload_name}")
def upload(services: CurrentServices, visitor: CurrentVisitor, submission: str, upload_name: str) -> Response:
    """A zip or notebook as it arrived, byte for byte."""
    with services.database.reading() as session:
        content = read_upload(services, session, visitor.actor, submission, upload_name)
    return attachment(content, upload_name)
