"""Submissions and their files. Where a submission stands is known by its grading job alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.accounts.models import User
from api.courses.models import PackageVersion, PublishedPset
from api.database import Base, UtcDateTime
from api.jobs.models import GradingJob

__all__ = ["Submission", "SubmissionFile", "SubmissionUpload"]


class Submission(Base):
    """What a student handed in, once. ``package_digest`` freezes the version that grades it.

    A quarantined one is not graded, and its files leave the store for nobody but instructors.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("pset_id", "user_id", "attempt"),
        UniqueConstraint("user_id", "idempotency_key"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    pset_id: Mapped[int] = mapped_column(ForeignKey("published_psets.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    attempt: Mapped[int]
    digest: Mapped[str] = mapped_column(String(128))
    package_digest: Mapped[str] = mapped_column(ForeignKey("package_versions.digest"))
    idempotency_key: Mapped[str] = mapped_column(String(36))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    quarantined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    files_removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    pset: Mapped[PublishedPset] = relationship()
    user: Mapped[User] = relationship()
    package: Mapped[PackageVersion] = relationship()
    files: Mapped[list[SubmissionFile]] = relationship(order_by="SubmissionFile.problem")
    uploads: Mapped[list[SubmissionUpload]] = relationship(order_by="SubmissionUpload.name")
    job: Mapped[GradingJob] = relationship()


class SubmissionFile(Base):
    """One file of a submission: the problem it answers, and its content's place in the store."""

    __tablename__ = "submission_files"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    problem: Mapped[str] = mapped_column(String(100), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]


class SubmissionUpload(Base):
    """A zip file or notebook as it arrived, where the graded files were taken out of one.

    ``removed_at``: its bytes were removed under the course's retention rule.
    """

    __tablename__ = "submission_uploads"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
