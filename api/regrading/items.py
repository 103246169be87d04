"""What becomes of each submission of a regrade. Each function is one step in the caller's transaction."""

from __future__ import annotations

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from api.gradebook.models import GradeReportRow
from api.jobs.models import GradingJob, JobState
from api.regrading.models import ItemState, Regrade, RegradeItem, RegradeState
from grader.report import CheckResult, GradeReport

__all__ = ["changes_between", "end_rerun", "fail_item", "score_item", "settle", "waiting_items"]

Change = dict[str, str | float | bool | None]


def score_item(session: Session, item: RegradeItem, report: GradeReport) -> None:
    """The submission would have ``report``."""
    before = session.get_one(GradeReportRow, item.before_report_id).report
    item.state = ItemState.SCORED
    item.after = report.score
    item.report_json = report.model_dump_json()
    item.changes_json = changes_between(before, report)


def fail_item(item: RegradeItem, why: str) -> None:
    """The submission keeps what it has; ``why`` is for staff."""
    item.state = ItemState.FAILED
    item.detail = why


def end_rerun(session: Session, job: GradingJob, outcome: GradeReport | str) -> None:
    """A job that was run again is done, as it was before; its outcome goes to the regrade, if that waits
    for it. A text says why there is none."""
    regrade_id, job.regrade_id = job.regrade_id, None
    job.state = JobState.DONE
    item = session.get(RegradeItem, (regrade_id, job.submission_id))
    if regrade_id is None or item is None or item.state is not ItemState.RERUN:
        return
    if isinstance(outcome, GradeReport):
        score_item(session, item, outcome)
    else:
        fail_item(item, outcome)
    settle(session, regrade_id)


def settle(session: Session, regrade_id: int) -> None:
    """A running regrade that waits for nothing more is ready to be looked at."""
    session.flush()
    open_items = exists().where(
        RegradeItem.regrade_id == regrade_id, RegradeItem.state.in_((ItemState.WAITING, ItemState.RERUN))
    )
    session.execute(
        update(Regrade)
        .where(Regrade.id == regrade_id, Regrade.state == RegradeState.RUNNING, ~open_items)
        .values(state=RegradeState.READY, lease_owner=None, lease_expires_at=None)
        .execution_options(synchronize_session="fetch")
    )


def changes_between(before: GradeReport, after: GradeReport) -> list[Change]:
    """Each check that would end otherwise: with another verdict, other points or another sentence."""
    old, new = _checks(before), _checks(after)
    found: list[Change] = []
    for key in [*new, *(key for key in old if key not in new)]:
        was, now = old.get(key), new.get(key)
        if was is not None and now is not None and _told(was) == _told(now):
            continue
        problem, name = key
        found.append(
            {
                "problem": problem,
                "check": name,
                "title": (now or was).title if now or was else name,  # type: ignore[union-attr]
                "before": None if was is None else str(was.verdict),
                "after": None if now is None else str(now.verdict),
                "points_before": None if was is None else was.score,
                "points_after": None if now is None else now.score,
                "sentence": was is not None and now is not None and _said(was) != _said(now),
            }
        )
    return found


def _checks(report: GradeReport) -> dict[tuple[str, str], CheckResult]:
    return {(problem.name, check.name): check for problem in report.problems for check in problem.checks}


def _told(check: CheckResult) -> tuple[object, ...]:
    return check.verdict, check.score, check.max_score, *_said(check)


def _said(check: CheckResult) -> tuple[object, ...]:
    """All that a student reads about it."""
    return check.message, check.diagnosis, check.counterexample


def waiting_items(session: Session, regrade_id: int, limit: int) -> list[RegradeItem]:
    """The next submissions of a regrade that are to be replayed."""
    return list(
        session.scalars(
            select(RegradeItem)
            .where(RegradeItem.regrade_id == regrade_id, RegradeItem.state == ItemState.WAITING)
            .order_by(RegradeItem.submission_id)
            .limit(limit)
        )
    )
