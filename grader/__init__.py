"""The grading engine: (submission, problem set) → grade report. No database, no web.

::

    pset = load_pset(Path("problems/pset1_backprop"))
    submission = Submission.read(Path("my_pset1"), pset)
    report = grade(pset, submission, find("bubblewrap"), key=instance_key(secret, submission.digest))

Problem packages are found by folder; the authoring kit is ``grader.authoring``.
"""

from grader.errors import BadSubmissionError, GraderError, GradingFailedError, OutageError, PackageError
from grader.grading import EventKind, GradeEvent, grade
from grader.instances import instance_key
from grader.package import Problem, ProblemSet, PsetListing, discover, load_pset
from grader.report import CheckResult, GradeReport, ProblemReport, Verdict, Visibility
from grader.submission import Submission, submission_digest

__all__ = [
    "BadSubmissionError",
    "CheckResult",
    "EventKind",
    "GradeEvent",
    "GradeReport",
    "GraderError",
    "GradingFailedError",
    "OutageError",
    "PackageError",
    "Problem",
    "ProblemReport",
    "ProblemSet",
    "PsetListing",
    "Submission",
    "Verdict",
    "Visibility",
    "discover",
    "grade",
    "instance_key",
    "load_pset",
    "submission_digest",
]
