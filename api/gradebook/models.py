"""Grade reports and the history of grades. Both are append-only: the past is never edited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Connection, ForeignKey, Index, String, Text, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from api.database import Base, UtcDateTime, now
from grader.report import GradeReport, Measurement

__all__ = ["GradeChange", "GradeReportRow"]


class GradeReportRow(Base):
    """One grading's complete report, for staff. The newest of a submission counts.

    ``seconds`` is the time from lease to verdict; ``measurements`` are each problem's time and
    memory, taken outside the sandbox. ``regrade_id``: the applied regrade that it comes from.
    ``backend`` and ``runtimes`` (with ``+`` between them) repeat what the report says, to be counted.
    """

    __tablename__ = "grade_reports"
    # One verdict of a lease, and one of a regrade: whatever is killed, and whatever comes back.
    __table_args__ = (
        Index(
            "uq_grade_reports_lease",
            "submission_id",
            "lease",
            unique=True,
            sqlite_where=text("regrade_id IS NULL"),
            postgresql_where=text("regrade_id IS NULL"),
        ),
        UniqueConstraint("submission_id", "regrade_id"),
        # Counting gradings and their times reads this alone, and no report.
        Index("ix_grade_reports_backend_runtimes_seconds", "backend", "runtimes", "seconds"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"))
    lease: Mapped[int]
    worker: Mapped[str] = mapped_column(String(100))
    score: Mapped[float]
    max_score: Mapped[float]
    report_json: Mapped[str] = mapped_column("report", Text)
    backend: Mapped[str | None] = mapped_column(String(40))
    runtimes: Mapped[str | None] = mapped_column(String(100))
    seconds: Mapped[float | None]
    measurements_json: Mapped[list[dict[str, str | float]] | None] = mapped_column("measurements", JSON)
    regrade_id: Mapped[int | None] = mapped_column(ForeignKey("regrades.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    @property
    def report(self) -> GradeReport:
        return GradeReport.model_validate_json(self.report_json)

    @property
    def measurements(self) -> dict[str, Measurement]:
        """Time and memory of each problem's sandboxes, by its name."""
        return {
            str(row["problem"]): Measurement.model_validate(
                {name: value for name, value in row.items() if name != "problem"}
            )
            for row in self.measurements_json or ()
        }


class GradeChange(Base):
    """A student's grade in a problem set became another: who did it, when, why, before, after.

    The newest change is the grade. ``actor_id`` is ``null`` when grading itself changed it.
    """

    __tablename__ = "grade_changes"
    __table_args__ = (Index("ix_grade_changes_pset_id_user_id_id", "pset_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pset_id: Mapped[int] = mapped_column(ForeignKey("published_psets.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submissions.id"))
    reason: Mapped[str] = mapped_column(String(500))
    before: Mapped[float | None]
    after: Mapped[float | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


def _refuse(_mapper: Mapper[Base], _connection: Connection, target: Base) -> None:
    msg = f"{type(target).__name__} is append-only: add a row that says what is true now"
    raise TypeError(msg)


for _table in (GradeReportRow, GradeChange):
    event.listen(_table, "before_update", _refuse)
    event.listen(_table, "before_delete", _refuse)
