"""Every table, so that importing this module completes the metadata."""

from __future__ import annotations

from api.accounts.models import Token, User
from api.courses.models import Course, Enrolment, PackageVersion, PublishedPset
from api.gradebook.models import GradeChange, GradeReportRow
from api.jobs.models import GradingFailure, GradingJob, JobState, ProgressEvent
from api.submissions.models import Submission, SubmissionFile

__all__ = [
    "Course",
    "Enrolment",
    "GradeChange",
    "GradeReportRow",
    "GradingFailure",
    "GradingJob",
    "JobState",
    "PackageVersion",
    "ProgressEvent",
    "PublishedPset",
    "Submission",
    "SubmissionFile",
    "Token",
    "User",
]
