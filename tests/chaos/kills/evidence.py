"""What must hold when the dust has settled, asked of the database in plain SQL."""

from __future__ import annotations

import time
from collections import Counter

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from api.keys import Keys
from api.settings import Settings
from api.store import ContentStore
from api.worker.grading import ChildGrader, Work
from grader import GradeReport, instance_key
from tests.chaos.kills.students import COURSE, Receipt

__all__ = ["Evidence"]

_ONE_VERDICT_EACH = {
    "a job without its submission, or a submission without its job": """
        SELECT count(*) FROM submissions s LEFT JOIN grading_jobs j ON j.submission_id = s.id
        WHERE j.id IS NULL""",
    "a job that is not done": "SELECT count(*) FROM grading_jobs WHERE state <> 'done'",
    "a submission without exactly one report": """
        SELECT count(*) FROM (SELECT s.id FROM submissions s
        LEFT JOIN grade_reports r ON r.submission_id = s.id GROUP BY s.id HAVING count(r.id) <> 1) AS odd""",
    "two reports of one lease": """
        SELECT count(*) FROM (SELECT submission_id, lease FROM grade_reports
        GROUP BY submission_id, lease HAVING count(*) > 1) AS odd""",
    "a report of another lease than the last": """
        SELECT count(*) FROM grade_reports r JOIN grading_jobs j ON j.submission_id = r.submission_id
        WHERE r.lease <> j.lease""",
    "a failure counted for a lease that gave the verdict": """
        SELECT count(*) FROM grading_failures f JOIN grading_jobs j ON j.id = f.job_id
        JOIN grade_reports r ON r.submission_id = j.submission_id WHERE f.lease = r.lease""",
    "one Idempotency-Key twice": """
        SELECT count(*) FROM (SELECT user_id, idempotency_key FROM submissions
        GROUP BY user_id, idempotency_key HAVING count(*) > 1) AS odd""",
    "attempts that are not numbered 1, 2, 3": """
        SELECT count(*) FROM (SELECT user_id FROM submissions GROUP BY pset_id, user_id
        HAVING min(attempt) <> 1 OR max(attempt) <> count(*)
        OR count(DISTINCT attempt) <> count(*)) AS odd""",
    "a grade that is not the best report's": """
        SELECT count(*) FROM (
            SELECT s.pset_id, s.user_id, max(r.score) AS best FROM submissions s
            JOIN grade_reports r ON r.submission_id = s.id GROUP BY s.pset_id, s.user_id) AS b
        LEFT JOIN (
            SELECT pset_id, user_id, max(id) AS newest FROM grade_changes GROUP BY pset_id, user_id) AS n
            ON n.pset_id = b.pset_id AND n.user_id = b.user_id
        LEFT JOIN grade_changes c ON c.id = n.newest
        WHERE c.after IS NULL OR abs(c.after - b.best) > 1e-9""",
    "a grade history with a gap": """
        SELECT count(*) FROM (SELECT before,
        lag(after) OVER (PARTITION BY pset_id, user_id ORDER BY id) AS last FROM grade_changes) AS h
        WHERE coalesce(before, -1) <> coalesce(last, -1)""",
}


class Evidence:
    """Asks one service's database."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = create_engine(settings.database_address, poolclass=NullPool)

    def wait_until_graded(self, seconds: float) -> None:
        """Until no job is waiting or running."""
        give_up_at = time.monotonic() + seconds
        left = -1
        while left:
            assert time.monotonic() < give_up_at, f"{left} submissions were not graded in {seconds:g} s"
            time.sleep(0.2)
            try:
                with self._engine.connect() as connection:
                    left = _count(
                        connection, "SELECT count(*) FROM grading_jobs WHERE state IN ('queued', 'running')"
                    )
            except SQLAlchemyError:
                continue

    def wrong(self, receipts: list[Receipt]) -> list[str]:
        """Every rule that does not hold, with how often; none when all is well."""
        with self._engine.connect() as connection:
            found = {rule: _count(connection, query) for rule, query in _ONE_VERDICT_EACH.items()}
            rows = connection.execute(
                text(
                    "SELECT s.id, s.digest, s.idempotency_key, u.email FROM submissions s"
                    " JOIN users u ON u.id = s.user_id"
                )
            )
            recorded = {row.id: (row.digest, row.idempotency_key, row.email) for row in rows}
        found["a receipt for something that is not recorded so"] = sum(
            not _matches(receipt, recorded.get(receipt.submission)) for receipt in receipts
        )
        found["a submission for which nobody holds a receipt"] = len(
            recorded.keys() - {receipt.submission for receipt in receipts}
        )
        found["a submission for which two receipts were given"] = len(receipts) - len(
            {receipt.submission for receipt in receipts}
        )
        return [f"{rule}: {count}" for rule, count in found.items() if count]

    def graded_again(self) -> dict[int, int]:
        """How many submissions needed how many leases."""
        with self._engine.connect() as connection:
            leases = connection.scalars(text("SELECT lease FROM grading_jobs ORDER BY lease")).all()
        return dict(Counter(leases))

    def different_from_undisturbed(self) -> tuple[int, list[str]]:
        """Grade each different set of files once more, in peace: how many, and which reports differ."""
        grade = ChildGrader(self._settings)
        store, keys = ContentStore(self._settings.data), Keys.load(self._settings.data)
        with self._engine.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT s.id, s.digest, s.package_digest, r.report FROM submissions s"
                    " JOIN grade_reports r ON r.submission_id = s.id ORDER BY s.digest"
                )
            ).all()
            files: dict[str, dict[str, str]] = {}
            for row in connection.execute(
                text("SELECT submission_id, problem, sha256 FROM submission_files")
            ):
                files.setdefault(row.submission_id, {})[row.problem] = row.sha256
        calm: dict[str, GradeReport] = {}
        different = []
        for row in rows:
            if row.digest not in calm:
                work = Work(
                    package=store.package(row.package_digest),
                    files={problem: store.get(name) for problem, name in files[row.id].items()},
                    key=instance_key(keys.course_secret(COURSE), row.digest),
                )
                calm[row.digest] = grade(work, lambda _event: None, lambda _problem, _used: None)
            if GradeReport.model_validate_json(row.report) != calm[row.digest]:
                different.append(
                    f"{row.id}: {_told(GradeReport.model_validate_json(row.report), calm[row.digest])}"
                )
        return len(calm), different


def _count(connection: Connection, query: str) -> int:
    found = connection.scalar(text(query))
    assert isinstance(found, int)
    return found


def _matches(receipt: Receipt, row: tuple[str, str, str] | None) -> bool:
    if row is None:
        return False
    digest, key, email = row
    return (digest, email) == (receipt.digest, receipt.student) and receipt.key in (None, key)


def _told(report: GradeReport, calm: GradeReport) -> str:
    """Where two reports differ, in a line."""
    checks = [
        f"{mine.name} {mine.verdict} instead of {theirs.verdict}"
        for problem, other in zip(report.problems, calm.problems, strict=True)
        for mine, theirs in zip(problem.checks, other.checks, strict=True)
        if mine != theirs
    ]
    return f"{report.score} instead of {calm.score}; {', '.join(checks) or 'no check differs'}"
