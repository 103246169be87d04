"""What can be done in a course, by which role, with which scope, and what others are told.

A table and nothing else: :mod:`api.access` decides by it.
"""

from __future__ import annotations

from enum import StrEnum, auto
from typing import Final

from api.roles import Role, Scope

__all__ = ["ALLOWED", "REFUSALS", "Action", "scope_for"]


class Action(StrEnum):
    """What can be done in a course."""

    SEE_COURSE = auto()
    SUBMIT = auto()
    SEE_EVERYBODYS_WORK = auto()
    RETRY_GRADING = auto()
    PUBLISH = auto()
    MANAGE_ROSTER = auto()
    SEE_AUDIT = auto()
    RUN_GRADING = auto()
    REGRADE = auto()


_STUDENT = frozenset({Action.SEE_COURSE, Action.SUBMIT})
_GRADER = _STUDENT | {Action.SEE_EVERYBODYS_WORK, Action.RETRY_GRADING}
_INSTRUCTOR = _GRADER | {
    Action.PUBLISH,
    Action.MANAGE_ROSTER,
    Action.SEE_AUDIT,
    Action.RUN_GRADING,
    Action.REGRADE,
}

ALLOWED: Final[dict[Role, frozenset[Action]]] = {
    Role.STUDENT: _STUDENT,
    Role.GRADER: _GRADER,
    Role.INSTRUCTOR: _INSTRUCTOR,
}
"""What each role may do."""

_SCOPES: dict[Action, Scope] = {Action.SEE_COURSE: Scope.READ, Action.SUBMIT: Scope.SUBMIT}
"""The scope that each action needs; those not listed here are staff's."""

REFUSALS: Final[dict[Action, str]] = {
    Action.SEE_COURSE: "You are not enrolled in this course. Ask its instructor to add you.",
    Action.SUBMIT: "You cannot submit in this course. Ask its instructor to enrol you.",
    Action.SEE_EVERYBODYS_WORK: "Only graders and instructors of this course can see everybody's work.",
    Action.RETRY_GRADING: "Only graders and instructors of this course can have a submission graded again.",
    Action.PUBLISH: "Only instructors of this course can publish problem sets or set due dates.",
    Action.MANAGE_ROSTER: "Only instructors of this course can change its roster.",
    Action.REGRADE: (
        "Only instructors of this course can grade several submissions again. "
        "As a grader, ask for one: gradecli replay SUBMISSION"
    ),
    Action.SEE_AUDIT: "Only instructors of this course can see what its staff did.",
    Action.RUN_GRADING: "Only instructors of this course can see its queue and say how it is graded.",
}
"""What somebody is told whose role does not include the action."""


def scope_for(action: Action) -> Scope:
    """The scope that a token needs for ``action``."""
    return _SCOPES.get(action, Scope.STAFF)
