"""What the database knows about grading, as metrics, each time it is asked.

Counters are counts of rows that are never deleted, so they go on across restarts. Every query is
one look at an index or at the few rows that are under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import case, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.database import Database, now
from api.errors import DatabaseAwayError
from api.gradebook.models import GradeReportRow
from api.jobs.models import FailureKind, GradingFailure, GradingJob, JobState
from api.jobs.outages import standing_outage
from api.operations.models import GradingHold
from api.submissions.models import Submission

__all__ = ["Figures"]

_BUCKETS = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_RECENT_JOBS = 200
_QUANTILES = (0.5, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Figures(Collector):
    """Collects from ``database`` in one snapshot. When it cannot be read, that alone is said."""

    database: Database

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("gradecli_database_up", "1 when the database could be read for this answer.")
        try:
            with self.database.reading() as session:
                found = [
                    _accepted(session),
                    *_jobs(session),
                    *_failures(session),
                    *_gradings(session),
                    _queue_wait(session),
                    _holds(session),
                ]
        except (SQLAlchemyError, DatabaseAwayError):
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        yield from found


def _accepted(session: Session) -> Metric:
    count = session.scalar(select(func.count()).select_from(Submission)) or 0
    return CounterMetricFamily("gradecli_submissions_accepted", "Submissions taken in.", value=count)


def _jobs(session: Session) -> Iterator[Metric]:
    states = GaugeMetricFamily("gradecli_jobs", "Grading jobs by state.", labels=("state",))
    counted = session.execute(select(GradingJob.state, func.count()).group_by(GradingJob.state))
    for state, count in (dict.fromkeys(JobState, 0) | dict(counted.all())).items():
        states.add_metric((state.value,), count)
    yield states
    oldest = session.scalar(
        select(func.min(GradingJob.created_at)).where(GradingJob.state == JobState.QUEUED)
    )
    yield GaugeMetricFamily(
        "gradecli_jobs_oldest_waiting_seconds",
        "How long the oldest queued submission has waited; 0 when none waits.",
        value=_seconds_since(oldest),
    )
    busy = session.scalar(
        select(func.count(GradingJob.lease_owner.distinct())).where(
            GradingJob.state == JobState.RUNNING, GradingJob.lease_expires_at >= now()
        )
    )
    yield GaugeMetricFamily(
        "gradecli_workers_busy", "Workers that hold a job and have renewed it in time.", value=busy or 0
    )


def _failures(session: Session) -> Iterator[Metric]:
    counted = dict(
        session.execute(select(GradingFailure.kind, func.count()).group_by(GradingFailure.kind)).all()
    )
    yield CounterMetricFamily(
        "gradecli_grading_failures",
        "Tries at grading that failed on the platform's side.",
        value=sum(counted.values()),
    )
    yield CounterMetricFamily(
        "gradecli_leases_lost",
        "Those of them whose worker fell silent.",
        value=counted.get(FailureKind.SILENT, 0),
    )
    yield CounterMetricFamily(
        "gradecli_grading_outages",
        "Those of them that met an outage of the sandbox or of a disk, and count for no submission.",
        value=counted.get(FailureKind.OUTAGE, 0),
    )
    outage = standing_outage(session)
    yield GaugeMetricFamily(
        "gradecli_grading_outage_seconds",
        "For how long submissions have met an outage each time they were tried; 0 when none does.",
        value=_seconds_since(outage and outage.since),
    )
    again = (
        select(func.count())
        .select_from(GradingFailure)
        .join(GradingJob, GradingJob.id == GradingFailure.job_id)
        .where(GradingJob.lease > GradingFailure.lease)
    )
    yield CounterMetricFamily(
        "gradecli_grading_retries", "Those of them that were tried again.", value=session.scalar(again) or 0
    )


def _gradings(session: Session) -> Iterator[Metric]:
    """Gradings and their times. A report without a time, from before times were kept, counts only once."""
    backend = func.coalesce(GradeReportRow.backend, "unknown")
    runtimes = func.coalesce(GradeReportRow.runtimes, "unknown")
    within = [
        func.count(case((GradeReportRow.seconds <= bound, 1))).label(f"within_{number}")
        for number, bound in enumerate(_BUCKETS)
    ]
    rows = session.execute(
        select(
            backend,
            runtimes,
            func.count(),
            func.count(GradeReportRow.seconds),
            func.coalesce(func.sum(GradeReportRow.seconds), 0.0),
            *within,
        ).group_by(GradeReportRow.backend, GradeReportRow.runtimes)
    )
    labels = ("backend", "runtime")
    graded = CounterMetricFamily("gradecli_graded", "Verdicts written down.", labels=labels)
    seconds = HistogramMetricFamily("gradecli_grading_seconds", "Time from lease to verdict.", labels=labels)
    for name, runtime, count, timed, total, *counts in rows:
        graded.add_metric((name, runtime), count)
        bounds = [
            *((str(bound), found) for bound, found in zip(_BUCKETS, counts, strict=True)),
            ("+Inf", timed),
        ]
        seconds.add_metric((name, runtime), buckets=bounds, sum_value=total)
    yield graded
    yield seconds


def _queue_wait(session: Session) -> Metric:
    """Over the newest jobs that have started: what a student who submits now may expect."""
    metric = GaugeMetricFamily(
        "gradecli_queue_wait_seconds",
        f"From submission to the start of grading, over the newest {_RECENT_JOBS} that started.",
        labels=("quantile",),
    )
    rows = session.execute(
        select(GradingJob.created_at, GradingJob.started_at)
        .where(GradingJob.state.in_((JobState.RUNNING, JobState.DONE)), GradingJob.lease == 1)
        .order_by(GradingJob.id.desc())
        .limit(_RECENT_JOBS)
    )
    waits = sorted((started - created).total_seconds() for created, started in rows if started is not None)
    for quantile in _QUANTILES if waits else ():
        metric.add_metric((str(quantile),), waits[min(len(waits) - 1, int(quantile * len(waits)))])
    return metric


def _holds(session: Session) -> Metric:
    count = session.scalar(
        select(func.count()).select_from(GradingHold).where(GradingHold.lifted_at.is_(None))
    )
    return GaugeMetricFamily("gradecli_grading_holds", "Holds on grading that stand.", value=count or 0)


def _seconds_since(moment: datetime | None) -> float:
    return 0.0 if moment is None else max(0.0, (now() - moment).total_seconds())
