"""Puts the reports on a submission's problems together to the report on the whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from grader.package import ProblemSet, total_points
from grader.report import Environment, GradeReport, Measurement, ProblemReport
from grader.submission import Submission

__all__ = ["GradedProblem", "report_of"]


class GradedProblem(NamedTuple):
    """A problem's report, the versions of the libraries it ran with, and what it used."""

    report: ProblemReport
    versions: Mapping[str, str]
    used: Measurement | None = None


def report_of(
    pset: ProblemSet,
    submission: Submission,
    graded: Iterable[GradedProblem],
    backend: str,
    not_enforced: tuple[str, ...],
) -> GradeReport:
    """The report on a submission whose problems have been graded in the named sandbox."""
    reports, versions = [], dict[str, str]()
    for report, found, _used in graded:
        reports.append(report)
        versions |= found
    return GradeReport(
        pset=pset.name,
        title=pset.title,
        score=total_points(report.score for report in reports),
        max_score=total_points(report.max_score for report in reports),
        submission_digest=submission.digest,
        environment=_environment(backend, versions, not_enforced),
        problems=tuple(reports),
    )


def _environment(backend: str, versions: Mapping[str, str], not_enforced: tuple[str, ...]) -> Environment:
    """Where a submission ran, as the report tells it."""
    text = repr((backend, sorted(versions.items()), not_enforced))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Environment(backend=backend, versions=dict(versions), not_enforced=not_enforced, digest=digest)
