"""Taking a submission in: from bytes that arrived to a row, a job and a receipt, or a refusal."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from api.access import Action, Actor, enter_course, find_pset
from api.courses.models import PublishedPset
from api.database import now
from api.errors import ConflictError, InvalidRequestError, PastDueError, TooManyError
from api.jobs.fairness import next_turn
from api.jobs.interventions import supersede
from api.jobs.models import GradingJob, JobState
from api.logs import note
from api.monitoring.metrics import counting_refusals
from api.services import Services
from api.settings import Settings
from api.submissions.models import Submission, SubmissionFile, SubmissionUpload
from api.submissions.receipts import sign
from api.submissions.schemas import SubmissionReceived
from api.submissions.service import receipt_of
from api.submissions.states import STATES
from api.submissions.uploads import UploadedFile, checked_files
from grader import submission_digest

__all__ = ["accept_submission"]


@counting_refusals
def accept_submission(
    services: Services,
    actor: Actor,
    *,
    course_name: str,
    pset_name: str,
    files: Sequence[UploadedFile],
    idempotency_key: str,
    at: datetime | None = None,
) -> SubmissionReceived:
    """Take ``files`` in as the actor's next attempt at a problem set, and have it graded.

    When this returns, the files are on the disk for good, and the submission and its grading job
    were committed together. A request that is repeated with the same ``idempotency_key`` (a UUID)
    gets the first one's answer and changes nothing. Where the course says so, an earlier attempt of
    theirs at the same set that still waits is superseded, and the new one has its turn.

    Raises:
        NotFoundError: no such course or problem set for this actor.
        PastDueError: it arrived after the due date.
        TooManyError: the actor has too many submissions waiting, or made too many lately.
        BadFileError, TooLargeError: a file cannot be taken.
        ConflictError: the key was used for another submission.
        InvalidRequestError: the key is not a UUID.
    """
    received_at = at or now()
    key = _canonical(idempotency_key)

    with services.database.reading() as session:
        pset = _enter(session, actor, course_name, pset_name)
        earlier = _with_key(session, actor, key)
        if earlier is None:
            _refuse_unless_open(session, actor, pset, received_at, services.settings)
        package = pset.package if earlier is None else earlier.package

    handed_in = checked_files(files, [problem.name for problem in package.problems])
    digest = submission_digest(handed_in.files)

    if earlier is None:
        stored = [
            SubmissionFile(problem=problem, sha256=services.store.put(content), size=len(content))
            for problem, content in handed_in.files.items()
        ]
        originals = [
            SubmissionUpload(name=file.name, sha256=services.store.put(file.content), size=len(file.content))
            for file in handed_in.originals
        ]
        with services.database.writing() as session:
            # Asked again, now that nobody else can write: two requests may have come at once.
            pset = _enter(session, actor, course_name, pset_name)
            earlier = _with_key(session, actor, key)
            if earlier is None:
                _refuse_unless_open(session, actor, pset, received_at, services.settings)
                submission = Submission(
                    id=secrets.token_hex(8),
                    pset=pset,
                    user_id=actor.id,
                    attempt=_next_attempt(session, actor, pset),
                    digest=digest,
                    package_digest=package.digest,
                    idempotency_key=key,
                    received_at=received_at,
                    files=stored,
                    uploads=originals,
                    job=GradingJob(user_id=actor.id, turn=_turn(session, actor, pset)),
                )
                session.add(submission)
                session.flush()
                note(submission=submission.id)
                return _answer(services, actor, submission)

    if (earlier.digest, earlier.pset_id) != (digest, pset.id):
        msg = "This Idempotency-Key was used for another submission. Send a new UUID with each new one."
        raise ConflictError(msg)
    with services.database.reading() as session:
        return _answer(services, actor, session.get_one(Submission, earlier.id))


def _canonical(key: str) -> str:
    try:
        return str(UUID(key))
    except ValueError as error:
        msg = "The Idempotency-Key header must be a UUID, such as Python's uuid.uuid4() makes."
        raise InvalidRequestError(msg) from error


def _enter(session: Session, actor: Actor, course_name: str, pset_name: str) -> PublishedPset:
    course = enter_course(session, actor, course_name, Action.SUBMIT)
    return find_pset(session, course, pset_name)


def _with_key(session: Session, actor: Actor, key: str) -> Submission | None:
    return session.scalar(
        select(Submission).where(Submission.user_id == actor.id, Submission.idempotency_key == key)
    )


def _refuse_unless_open(
    session: Session, actor: Actor, pset: PublishedPset, at: datetime, settings: Settings
) -> None:
    """Enforce the due date and the two quotas that keep one student from filling the queue.

    What waits because of staff (a quarantine, a regrade), or gives its place to this attempt, does
    not count.
    """
    if not pset.is_open(at):
        msg = (
            f"{pset.name} was due {pset.due_at:%Y-%m-%d %H:%M} UTC and takes no more submissions. "
            "Ask your course staff about an extension."
        )
        raise PastDueError(msg)
    mine = select(func.count()).select_from(Submission).where(Submission.user_id == actor.id)
    unfinished = mine.join(Submission.job).where(
        GradingJob.state.in_((JobState.QUEUED, JobState.RUNNING)), GradingJob.regrade_id.is_(None)
    )
    if pset.course.supersede_queued:
        unfinished = unfinished.where(or_(GradingJob.state != JobState.QUEUED, Submission.pset_id != pset.id))
    waiting = session.scalars(unfinished).one()
    if waiting >= settings.submissions_waiting:
        msg = "You have several submissions waiting to be graded. Wait for one to finish, then submit again."
        raise TooManyError(msg)
    this_hour = (Submission.pset_id == pset.id, Submission.received_at > at - timedelta(hours=1))
    lately = session.scalars(mine.where(*this_hour)).one()
    if lately >= settings.submissions_per_hour:
        msg = (
            f"You submitted {pset.name} {settings.submissions_per_hour} times within an hour. "
            "Try `gradecli check` on your own machine, and submit again later."
        )
        raise TooManyError(msg)


def _turn(session: Session, actor: Actor, pset: PublishedPset) -> int:
    """When the new attempt's job is to go: in the place of the one that it supersedes, if any."""
    mine = select(Submission.id).where(Submission.user_id == actor.id, Submission.pset_id == pset.id)
    freed = supersede(session, mine) if pset.course.supersede_queued else None
    return next_turn(session, actor.id) if freed is None else freed


def _next_attempt(session: Session, actor: Actor, pset: PublishedPset) -> int:
    last = session.scalar(
        select(func.max(Submission.attempt)).where(
            Submission.user_id == actor.id, Submission.pset_id == pset.id
        )
    )
    return (last or 0) + 1


def _answer(services: Services, actor: Actor, submission: Submission) -> SubmissionReceived:
    return SubmissionReceived(
        id=submission.id,
        pset=submission.pset.name,
        attempt=submission.attempt,
        digest=submission.digest,
        received_at=submission.received_at,
        state=STATES[submission.job.seen_state],
        receipt=sign(receipt_of(submission, actor.email), services.keys.receipts),
    )
