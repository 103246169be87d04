"""Importing a course's roster: a CSV file of ``name,email,role``, and ``section`` if there is one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Action, Actor, enter_course
from api.accounts.models import User
from api.accounts.service import create_user, issue_token
from api.courses.models import Course, Enrolment
from api.courses.schemas import RosterAdded, RosterPerson, RosterRejected, RosterResult
from api.errors import InvalidRequestError
from api.operations.audit import record_action
from api.roles import Role

__all__ = ["MAX_ROSTER_BYTES", "import_roster"]

MAX_ROSTER_BYTES = 512 * 1024
_MAX_PEOPLE = 5000
_COLUMNS = ("name", "email", "role")
_SECTION = "section"
_LONGEST_SECTION = 50
_EMAIL = re.compile(r"[^\s@,;<>\"'()\[\]\\:=+|%-][^\s@,;<>\"()\[\]\\:]*@[A-Za-z0-9][A-Za-z0-9.-]*\Z")


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    person: RosterPerson
    names_section: bool
    """Whether the file has a column for sections; without one, those there are stay."""


def import_roster(session: Session, actor: Actor, course_name: str, content: bytes) -> RosterResult:
    """Enrol the people in ``content``, and give those who are new here a token.

    A person who is known by e-mail keeps their account: their name and token stay as they are, so
    nobody can take an account over through a roster. Without the column ``section``, everybody
    stays in theirs. Lines that cannot be right are skipped, and say why.

    Raises:
        NotFoundError, NotAllowedError: the actor is not an instructor of such a course.
        InvalidRequestError: the file has not these columns, or is not UTF-8 text.
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
            session.add(_enrolled(course, user, person))
            added.append(RosterAdded(**person.model_dump(), token=token))
        elif enrolment is None:
            session.add(_enrolled(course, user, person))
            known = person.model_copy(update={"name": user.name})
            added.append(RosterAdded(**known.model_dump(), token=None))
        else:
            section = person.section if line.names_section else enrolment.section
            if person.role is Role.INSTRUCTOR:
                section = None
            wanted = RosterPerson(name=user.name, email=user.email, role=person.role, section=section)
            if (enrolment.role, enrolment.section) == (wanted.role, wanted.section):
                unchanged.append(wanted)
            elif user.id == actor.id:
                reason = "this is you: somebody else must change your role"
                rejected.append(RosterRejected(line=line.number, reason=reason))
            else:
                enrolment.role, enrolment.section = wanted.role, wanted.section
                changed.append(wanted)
        session.flush()
    result = RosterResult(
        added=tuple(added), changed=tuple(changed), unchanged=tuple(unchanged), rejected=tuple(rejected)
    )
    record_action(
        session, actor, "roster.import", course=course, subject=course.name, detail=_account(result)
    )
    return result


def _account(result: RosterResult) -> dict[str, object]:
    """What the audit trail keeps of an import: counts, and who is now what. No token."""

    def who(people: Sequence[RosterPerson]) -> list[str]:
        return [" ".join(filter(None, (one.email, one.role, one.section))) for one in people]

    return {
        "added": who(result.added),
        "changed": who(result.changed),
        "unchanged": len(result.unchanged),
        "rejected": len(result.rejected),
    }


def _enrolled(course: Course, user: User, person: RosterPerson) -> Enrolment:
    return Enrolment(course_id=course.id, user_id=user.id, role=person.role, section=person.section)


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
        if sorted(header) not in (sorted(_COLUMNS), sorted((*_COLUMNS, _SECTION))):
            msg = "The roster's first line must be `name,email,role`, or `name,email,role,section`."
            raise InvalidRequestError(msg)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(lines) + len(rejected) >= _MAX_PEOPLE:
                msg = f"The roster has more than {_MAX_PEOPLE} people. Import it in parts."
                raise InvalidRequestError(msg)
            found = _person(header, [cell.strip() for cell in cells])
            if isinstance(found, RosterPerson) and found.email in seen:
                found = "this e-mail address is in the file twice"
            if isinstance(found, str):
                rejected.append(RosterRejected(line=reader.line_num, reason=found))
            else:
                seen.add(found.email)
                lines.append(_Line(reader.line_num, found, _SECTION in header))
    except csv.Error as error:
        msg = f"Line {reader.line_num} of the roster is not CSV: {error}."
        raise InvalidRequestError(msg) from error
    return lines, rejected


def _person(header: Sequence[str], cells: Sequence[str]) -> RosterPerson | str:
    """The person on one line, or the reason why there is none."""
    if len(cells) != len(header):
        return f"it has {len(cells)} columns instead of {len(header)}"
    row = dict(zip(header, cells, strict=True))
    name, email, role = row["name"], row["email"].lower(), row["role"].lower()
    if not name or len(name) > 200 or not name.isprintable():
        return "the name is empty, too long, or has characters that cannot be shown"
    if len(email) > 254 or not email.isprintable() or not _EMAIL.match(email):
        return "the e-mail address is not one"
    if role not in {member.value for member in Role}:
        return f"the role must be one of {', '.join(Role)}"
    section = row.get(_SECTION, "")
    if len(section) > _LONGEST_SECTION or not section.isprintable():
        return "the section is too long, or has characters that cannot be shown"
    if section and role == Role.INSTRUCTOR:
        return "an instructor belongs to all sections: leave theirs empty"
    return RosterPerson(name=name, email=email, role=Role(role), section=section or None)
