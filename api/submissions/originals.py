"""What submissions were taken out of: zips and notebooks, kept byte for byte as they arrived."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.access import Action, Actor, find_submission
from api.errors import NotFoundError, RemovedError
from api.services import Services
from api.submissions.schemas import UploadOut

__all__ = ["list_uploads", "read_upload"]


def list_uploads(session: Session, actor: Actor, submission_id: str) -> tuple[UploadOut, ...]:
    """The zips and notebooks that a submission's files were taken out of, if any; those that were
    removed since, with the day.

    Raises:
        NotFoundError: no such submission for this actor.
    """
    submission = find_submission(session, actor, submission_id)
    return tuple(
        UploadOut(name=upload.name, size=upload.size, removed_at=upload.removed_at)
        for upload in submission.uploads
    )


def read_upload(services: Services, session: Session, actor: Actor, submission_id: str, name: str) -> bytes:
    """One of them.

    Raises:
        NotFoundError: no such submission for this actor, or nothing of that name came with it.
        RemovedError: it was removed under the course's retention rule.
        StoreError: it was lost from the disk.
    """
    submission = find_submission(session, actor, submission_id)
    if submission.quarantined_at is not None:
        find_submission(session, actor, submission_id, Action.RUN_GRADING)
    for upload in submission.uploads:
        if upload.name == name:
            if upload.removed_at is not None:
                raise RemovedError("This file was", upload.removed_at)
            return services.store.get(upload.sha256)
    msg = "Nothing of that name came with this submission."
    raise NotFoundError(msg)
