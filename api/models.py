"""Every table, so that importing this module completes the metadata."""

from __future__ import annotations

from api.accounts.models import DeviceLogin, Token, User
from api.courses.models import Course, Enrolment, PackageVersion, PublishedPset
from api.gradebook.models import GradeChange, GradeReportRow
from api.jobs.models import FailureKind, GradingFailure, GradingJob, JobState, ProgressEvent
from api.operations.models import AuditEntry, GradingHold
from api.regrading.models import Regrade, RegradeItem, Transcript
from api.submissions.models import Submission, SubmissionFile, SubmissionUpload

__all__ = [
    "AuditEntry",
    "Course",
    "DeviceLogin",
    "Enrolment",
    "FailureKind",
    "GradeChange",
    "GradeReportRow",
    "GradingFailure",
    "GradingHold",
    "GradingJob",
    "JobState",
    "PackageVersion",
    "ProgressEvent",
    "PublishedPset",
    "Regrade",
    "RegradeItem",
    "Submission",
    "SubmissionFile",
    "SubmissionUpload",
    "Token",
    "Transcript",
    "User",
]
