"""A job's state in the words that students see."""

from __future__ import annotations

from api.jobs.models import JobState
from api.submissions.schemas import SubmissionState

__all__ = ["STATES"]

STATES: dict[JobState, SubmissionState] = {
    JobState.QUEUED: SubmissionState.QUEUED,
    JobState.RUNNING: SubmissionState.RUNNING,
    JobState.DONE: SubmissionState.GRADED,
    JobState.PARKED: SubmissionState.FAILED,
    JobState.SUPERSEDED: SubmissionState.SUPERSEDED,
    JobState.QUARANTINED: SubmissionState.QUARANTINED,
}
