"""Courses, enrolments and published problem sets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.accounts.models import User
from api.courses.schemas import ProblemOut
from api.database import Base, UtcDateTime, now, stored_enum
from api.roles import Role

__all__ = ["Course", "Enrolment", "PackageVersion", "PublishedPset"]


class Course(Base):
    """A course. With ``supersede_queued`` a student's new attempt replaces their waiting one."""

    __tablename__ = "courses"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    supersede_queued: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Enrolment(Base):
    """One person's role in one course.

    ``section`` is the part of the course a student belongs to, or the only one that a grader
    sees; ``null``: none, or all of them.
    """

    __tablename__ = "enrolments"
    __table_args__ = (UniqueConstraint("course_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[Role] = mapped_column(stored_enum(Role))
    section: Mapped[str | None] = mapped_column(String(50))

    course: Mapped[Course] = relationship()
    user: Mapped[User] = relationship()


class PackageVersion(Base):
    """One exact version of a problem package, kept for ever: its folder and its handout are in the
    store under these digests, so nothing that happens to the original changes how it grades."""

    __tablename__ = "package_versions"

    digest: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    max_score: Mapped[float]
    problems_json: Mapped[list[dict[str, str | float]]] = mapped_column("problems", JSON)
    handout_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    @property
    def problems(self) -> tuple[ProblemOut, ...]:
        return tuple(ProblemOut.model_validate(problem) for problem in self.problems_json)


class PublishedPset(Base):
    """A problem set that a course's students see, and the version that grades new submissions."""

    __tablename__ = "published_psets"
    __table_args__ = (UniqueConstraint("course_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    name: Mapped[str] = mapped_column(String(40))
    package_digest: Mapped[str] = mapped_column(ForeignKey("package_versions.digest"))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    course: Mapped[Course] = relationship()
    package: Mapped[PackageVersion] = relationship()

    def is_open(self, at: datetime) -> bool:
        """Whether a submission that arrives ``at`` that moment is in time."""
        return self.due_at is None or at <= self.due_at
