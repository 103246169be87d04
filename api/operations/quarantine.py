"""Setting one submission aside: not graded, its files for instructors only, until that is lifted."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.access import Action, Actor, find_submission
from api.database import now
from api.errors import ConflictError
from api.jobs import interventions
from api.operations.audit import record_action

__all__ = ["lift_quarantine", "place_in_quarantine"]


def place_in_quarantine(session: Session, actor: Actor, submission_id: str, reason: str) -> None:
    """Keep a submission from being graded. A verdict on its way is refused; a score it has stays.

    Raises:
        NotFoundError, NotAllowedError: the actor is not an instructor of its course.
        ConflictError: it is in quarantine already.
    """
    submission = find_submission(session, actor, submission_id, Action.RUN_GRADING)
    if submission.quarantined_at is not None:
        msg = "This submission is in quarantine already."
        raise ConflictError(msg)
    submission.quarantined_at = now()
    interventions.quarantine(session, submission.id)
    record_action(
        session,
        actor,
        "submission.quarantine",
        course=submission.pset.course,
        subject=f"submission {submission.id}",
        detail={"reason": reason},
    )


def lift_quarantine(session: Session, actor: Actor, submission_id: str) -> None:
    """Treat a submission like any other again: what was not graded waits to be.

    Raises:
        NotFoundError, NotAllowedError: the actor is not an instructor of its course.
        ConflictError: it is not in quarantine.
    """
    submission = find_submission(session, actor, submission_id, Action.RUN_GRADING)
    if submission.quarantined_at is None:
        msg = "This submission is not in quarantine."
        raise ConflictError(msg)
    submission.quarantined_at = None
    interventions.lift_quarantine(session, submission.id)
    record_action(
        session,
        actor,
        "submission.release",
        course=submission.pset.course,
        subject=f"submission {submission.id}",
    )
