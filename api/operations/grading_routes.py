"""Holds on grading, quarantine, and how grading stands in a course."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from api.dependencies import CurrentActor, CurrentServices
from api.operations import holds
from api.operations.grading_schemas import HoldIn, HoldOut, Operations, QuarantineIn
from api.operations.overview import course_operations
from api.operations.quarantine import lift_quarantine, place_in_quarantine
from api.submissions.schemas import SubmissionOut
from api.submissions.service import describe

__all__ = ["HoldId", "router"]

router = APIRouter(tags=["operations"])

HoldId = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""A hold's number in an address, within what every database can look up."""


@router.get("/courses/{course}/operations")
def operations(services: CurrentServices, actor: CurrentActor, course: str) -> Operations:
    """What waits, runs, was given up or is held (instructors)."""
    with services.database.reading() as session:
        return course_operations(session, actor, course)


@router.get("/courses/{course}/holds")
def course_holds(services: CurrentServices, actor: CurrentActor, course: str) -> tuple[HoldOut, ...]:
    """What is held in a course now (instructors)."""
    with services.database.reading() as session:
        return holds.list_course_holds(session, actor, course)


@router.post("/courses/{course}/holds", status_code=HTTPStatus.CREATED)
def hold_in_course(services: CurrentServices, actor: CurrentActor, course: str, hold: HoldIn) -> HoldOut:
    """Hold the grading of a course, a set, or a student in the course (instructors)."""
    with services.database.writing() as session:
        return holds.hold_in_course(session, actor, course, hold)


@router.get("/holds")
def all_holds(services: CurrentServices, actor: CurrentActor) -> tuple[HoldOut, ...]:
    """What is held anywhere now (admins)."""
    with services.database.reading() as session:
        return holds.list_all_holds(session, actor)


@router.post("/holds", status_code=HTTPStatus.CREATED)
def hold_everything(services: CurrentServices, actor: CurrentActor, hold: QuarantineIn) -> HoldOut:
    """Hold all grading of the service (admins)."""
    with services.database.writing() as session:
        return holds.hold_everything(session, actor, hold.reason)


@router.post("/holds/{hold}/lift")
def lift(services: CurrentServices, actor: CurrentActor, hold: HoldId) -> HoldOut:
    """Let grading go on."""
    with services.database.writing() as session:
        return holds.lift_hold(session, actor, hold)


@router.post("/submissions/{submission}/quarantine")
def quarantine(
    services: CurrentServices, actor: CurrentActor, submission: str, body: QuarantineIn
) -> SubmissionOut:
    """Keep a submission from being graded (instructors)."""
    with services.database.writing() as session:
        place_in_quarantine(session, actor, submission, body.reason)
        session.flush()
        return describe(session, actor, submission)


@router.delete("/submissions/{submission}/quarantine")
def release(services: CurrentServices, actor: CurrentActor, submission: str) -> SubmissionOut:
    """Treat a submission like any other again (instructors)."""
    with services.database.writing() as session:
        lift_quarantine(session, actor, submission)
        session.flush()
        return describe(session, actor, submission)
