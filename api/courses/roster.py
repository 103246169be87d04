"""Importing a course's roster: a CSV file of ``name,email,role``."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Action, Actor, enter_course
from api.accounts.models import User
from api.accounts.service import create_user, issue_token
from api.courses.models import Course, Enrolment
from api.courses.schemas import RosterAdded, RosterPerson, RosterRejected, RosterResult
from api.errors import InvalidRequestError
from api.roles import Role

__all__ = ["MAX_ROSTER_BYTES", "import_roster"]

MAX_ROSTER_BYTES = 512 * 1024
_MAX_PEOPLE = 5000
_COLUMNS = ("name", "email", "role")
_EMAIL = re.compile(r"[^\s@,;<>\"'()\[\]\\:=+|%-][^\s@,;<>\"()\[\]\\:]*@[A-Za-z0-9][A-Za-z0-9.-]*\Z")


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    person: RosterPerson


def import_roster(session: Session, actor: Actor, course_name: str, content: bytes) -> RosterResult:
    """Enrol the people in ``content``, and give those who are new here a token.

    A person who is known by e-mail keeps their account: their name and token stay as they are, so
    nobody can take an account over through a roster. Lines that cannot be right are skipped, and
    say why.

    Raises:
        NotFoundError, NotAllowedError: the actor is not an instructor of such a course.
        InvalidRequestError: the file has not the three columns, or is not UTF-8 text.
    """
    course = enter_course(session, actor, course_name, Action.MANAGE_ROSTER)
    lines, rejected = _read(content)
    added: list[RosterAdded] = []
    changed: list[RosterPerson] = []
    unchanged: list[RosterPerson] = []
    for line in lines:
        person = line.person
        user = session.scalar(select(User).where(User.email == person.email))
        enrolment = None if user is None else _enrolment(session, course, user)
        if user is None:
            user = create_user(session, name=person.name, email=person.email)
            token = issue_token(session, user.id, label=f"roster of {course.name}")
            session.add(Enrolment(course_id=course.id, user_id=user.id, role=person.role))
            added.append(RosterAdded(**person.model_dump(), token=token))
        elif enrolment is None:
            session.add(Enrolment(course_id=course.id, user_id=user.id, role=person.role))
            added.append(RosterAdded(name=user.name, email=user.email, role=person.role, token=None))
        elif enrolment.role is person.role:
            unchanged.append(RosterPerson(name=user.name, email=user.email, role=person.role))
        elif user.id == actor.id:
            reason = "this is you: somebody else must change your role"
            rejected.append(RosterRejected(line=line.number, reason=reason))
        else:
            enrolment.role = person.role
            changed.append(RosterPerson(name=user.name, email=user.email, role=person.role))
        session.flush()
    return RosterResult(
        added=tuple(added), changed=tuple(changed), unchanged=tuple(unchanged), rejected=tuple(rejected)
    )


def _enrolment(session: Session, course: Course, user: User) -> Enrolment | None:
    return session.scalar(
        select(Enrolment).where(Enrolment.course_id == course.id, Enrolment.user_id == user.id)
    )


def _read(content: bytes) -> tuple[list[_Line], list[RosterRejected]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = "The roster is not UTF-8 text. Export it as CSV with UTF-8 encoding."
        raise InvalidRequestError(msg) from error
    reader = csv.reader(io.StringIO(text, newline=""))
    lines: list[_Line] = []
    rejected: list[RosterRejected] = []
    seen: set[str] = set()
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        if sorted(header) != sorted(_COLUMNS):
            msg = "The roster's first line must be `name,email,role`."
            raise InvalidRequestError(msg)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(lines) + len(rejected) >= _MAX_PEOPLE:
                msg = f"The roster has more than {_MAX_PEOPLE} people. Import it in parts."
                raise InvalidRequestError(msg)
            found = _person(dict(zip(header, (cell.strip() for cell in cells), strict=False)), len(cells))
            if isinstance(found, RosterPerson) and found.email in seen:
                found = "this e-mail address is in the file twice"
            if isinstance(found, str):
                rejected.append(RosterRejected(line=reader.line_num, reason=found))
            else:
                seen.add(found.email)
                lines.append(_Line(reader.line_num, found))
    except csv.Error as error:
        msg = f"Line {reader.line_num} of the roster is not CSV: {error}."
        raise InvalidRequestError(msg) from error
    return lines, rejected


def _person(row: dict[str, str], cells: int) -> RosterPerson | str:
    """The person on one line, or the reason why there is none."""
    if cells != len(_COLUMNS):
        return f"it has {cells} columns instead of 3"
    name, email, role = row["name"], row["email"].lower(), row["role"].lower()
    if not name or len(name) > 200 or not name.isprintable():
        return "the name is empty, too long, or has characters that cannot be shown"
    if len(email) > 254 or not email.isprintable() or not _EMAIL.match(email):
        return "the e-mail address is not one"
    if role not in {member.value for member in Role}:
        return f"the role must be one of {', '.join(Role)}"
    return RosterPerson(name=name, email=email, role=Role(role))
