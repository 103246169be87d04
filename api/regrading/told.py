"""What a student is told about regrades of their submission."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.gradebook.models import GradeReportRow
from api.regrading.models import Regrade
from api.submissions.schemas import RegradedOut

__all__ = ["regrades_of"]


def regrades_of(session: Session, submission_ids: Sequence[str]) -> Mapping[str, tuple[RegradedOut, ...]]:
    """The applied regrades of each submission that has any, the oldest first."""
    touched = (
        select(GradeReportRow.submission_id)
        .where(GradeReportRow.submission_id.in_(submission_ids), GradeReportRow.regrade_id.is_not(None))
        .distinct()
    )
    rows = session.execute(
        select(GradeReportRow.submission_id, GradeReportRow.score, GradeReportRow.created_at, Regrade.reason)
        .outerjoin(Regrade, Regrade.id == GradeReportRow.regrade_id)
        .where(GradeReportRow.submission_id.in_(touched))
        .order_by(GradeReportRow.id)
    )
    found: dict[str, list[RegradedOut]] = defaultdict(list)
    before: dict[str, float] = {}
    for submission_id, score, at, reason in rows:
        if reason is not None:
            told = RegradedOut(at=at, reason=reason, before=before.get(submission_id), after=score)
            found[submission_id].append(told)
        before[submission_id] = score
    return {submission_id: tuple(all_of_it) for submission_id, all_of_it in found.items()}
