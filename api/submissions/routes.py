"""Submitting, watching, reports and receipts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, File, Header, Query, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from api.attachments import attachment
from api.dependencies import CurrentActor, CurrentServices, CurrentWatchers, UserId
from api.errors import NotFoundError
from api.refusals import DESCRIBED_BESIDE_OTHERS
from api.submissions import service
from api.submissions.intake import accept_submission
from api.submissions.originals import list_uploads, read_upload
from api.submissions.progress import event_number, require_visible, watch
from api.submissions.schemas import ReceiptIn, ReceiptOut, SubmissionOut, SubmissionReceived, UploadOut
from api.submissions.uploads import MAX_FILES, UploadedFile
from grader.report import GradeReport

__all__ = ["router"]

router = APIRouter(tags=["submissions"])


@router.post(
    "/courses/{course}/psets/{pset}/submissions",
    status_code=HTTPStatus.CREATED,
    form_limits={"max_files": MAX_FILES, "max_fields": 8, "max_part_size": 4096},
)
def submit(
    services: CurrentServices,
    actor: CurrentActor,
    course: str,
    pset: str,
    files: Annotated[list[UploadFile], File()],
    idempotency_key: Annotated[str, Header()],
) -> SubmissionReceived:
    """Hand in one file for each problem, a zip of them, or notebooks; it is graded at once."""
    return accept_submission(
        services,
        actor,
        course_name=course,
        pset_name=pset,
        files=[UploadedFile(name=file.filename or "", content=file.file.read()) for file in files],
        idempotency_key=idempotency_key,
    )


@router.get("/courses/{course}/submissions")
def list_submissions(
    services: CurrentServices,
    actor: CurrentActor,
    course: str,
    pset: str | None = None,
    student: UserId | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> tuple[SubmissionOut, ...]:
    """The newest submissions, newest first; students get their own."""
    with services.database.reading() as session:
        return service.list_submissions(session, actor, course, pset=pset, student=student, limit=limit)


@router.get("/submissions/{submission}")
def show(services: CurrentServices, actor: CurrentActor, submission: str) -> SubmissionOut:
    """One submission, and where it stands."""
    with services.database.reading() as session:
        return service.describe(session, actor, submission)


@router.get("/submissions/{submission}/report")
def report(services: CurrentServices, actor: CurrentActor, submission: str) -> GradeReport:
    """The grade report: the student's copy, or everything for staff."""
    with services.database.reading() as session:
        return service.read_report(session, actor, submission)


@router.get("/submissions/{submission}/uploads")
def uploads(services: CurrentServices, actor: CurrentActor, submission: str) -> tuple[UploadOut, ...]:
    """The zips and notebooks that the graded files were taken out of, as they arrived."""
    with services.database.reading() as session:
        return list_uploads(session, actor, submission)


@router.get("/submissions/{submission}/uploads/{upload_name}", response_class=Response)
def upload(services: CurrentServices, actor: CurrentActor, submission: str, upload_name: str) -> Response:
    """One of them, byte for byte."""
    with services.database.reading() as session:
        content = read_upload(services, session, actor, submission, upload_name)
    return attachment(content, upload_name)


@router.get("/submissions/{submission}/files/{filename}", response_class=Response)
def file(services: CurrentServices, actor: CurrentActor, submission: str, filename: str) -> Response:
    """A file as it was graded, byte for byte."""
    with services.database.reading() as session:
        files = service.read_files(services, session, actor, submission)
    content = next((each.content for each in files if each.name == filename), None)
    if content is None:
        msg = "This submission has no file of that name."
        raise NotFoundError(msg)
    return attachment(content, filename)


@router.post("/submissions/{submission}/retry", status_code=HTTPStatus.ACCEPTED)
def retry(services: CurrentServices, actor: CurrentActor, submission: str) -> SubmissionOut:
    """Grade again what was given up because the platform failed (staff)."""
    with services.database.writing() as session:
        service.retry_grading(session, actor, submission)
        return service.describe(session, actor, submission)


async def _admitted(
    services: CurrentServices, watchers: CurrentWatchers, actor: CurrentActor, submission: str
) -> AsyncIterator[None]:
    """Decide before the stream begins, while a refusal can still be an answer of its own."""
    with watchers.admit(actor):
        await run_in_threadpool(require_visible, services, actor, submission)
        yield


@router.get(
    "/submissions/{submission}/events",
    response_class=EventSourceResponse,
    responses=DESCRIBED_BESIDE_OTHERS,
    dependencies=[Depends(_admitted)],
)
async def events(
    services: CurrentServices,
    watchers: CurrentWatchers,
    submission: str,
    last_event_id: Annotated[str, Header()] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Live progress as server-sent events; resumes after ``Last-Event-ID``."""
    async for event in watch(services, watchers, submission, after=event_number(last_event_id)):
        yield event


@router.post("/receipts/verify")
def verify_receipt(services: CurrentServices, actor: CurrentActor, body: ReceiptIn) -> ReceiptOut:
    """Whether a receipt is genuine, and what it says."""
    with services.database.reading() as session:
        return service.check_receipt(services, session, body.receipt)
