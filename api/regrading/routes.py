"""Grading again: asking for it, its preview, applying and discarding it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.dependencies import CurrentActor, CurrentServices
from api.regrading import finding, service
from api.regrading.schemas import RegradeDetail, RegradeIn, RegradeOut

__all__ = ["RegradeId", "router"]

RegradeId = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""A regrade's number in an address, within what every database can look up."""

router = APIRouter(prefix="/courses/{course}/psets/{pset}/regrades", tags=["regrades"])


@router.post("", status_code=HTTPStatus.CREATED)
def request(
    services: CurrentServices, actor: CurrentActor, course: str, pset: str, wanted: RegradeIn
) -> RegradeOut:
    """Grade submissions again with another version of the package (instructors; graders: one submission)."""
    with services.database.writing() as session:
        return service.request_regrade(session, actor, course, pset, wanted)


@router.get("")
def regrades(
    services: CurrentServices, actor: CurrentActor, course: str, pset: str
) -> tuple[RegradeOut, ...]:
    """The set's regrades, the newest first (staff)."""
    with services.database.reading() as session:
        return finding.list_regrades(session, actor, course, pset)


@router.get("/{regrade}")
def preview(
    services: CurrentServices, actor: CurrentActor, course: str, pset: str, regrade: RegradeId
) -> RegradeDetail:
    """What a regrade comes to, submission by submission and student by student (staff)."""
    with services.database.reading() as session:
        return finding.show_regrade(session, actor, course, pset, regrade)


@router.post("/{regrade}/apply")
def apply(
    services: CurrentServices, actor: CurrentActor, course: str, pset: str, regrade: RegradeId
) -> RegradeOut:
    """Let a regrade's reports count (instructors; graders: one submission's)."""
    return service.apply_regrade(services, actor, course, pset, regrade)


@router.post("/{regrade}/discard")
def discard(
    services: CurrentServices, actor: CurrentActor, course: str, pset: str, regrade: RegradeId
) -> RegradeOut:
    """Leave every grade as it is (instructors; graders: one submission's)."""
    with services.database.writing() as session:
        return service.discard_regrade(session, actor, course, pset, regrade)
