"""Decides which course a command is about, so that most people never have to say."""

from __future__ import annotations

from gradecli import messages
from gradecli.errors import BadInputError
from gradecli.payloads import Me

__all__ = ["choose_course"]


def choose_course(
    me: Me, *, asked: str | None, folder: str | None = None, remembered: str | None = None
) -> str:
    """The course named on the command line, else the folder's, else the usual one, else the only one.

    Args:
        me: The person. An admin may name a course without being in it.
        asked: What ``--course`` said.
        folder: The course that the folder being worked in was started from.
        remembered: What ``gradecli login --course`` said.

    Raises:
        BadInputError: it is none of the person's, or it is not clear which is meant.
    """
    mine = [enrolment.course for enrolment in me.enrolments]
    if asked is not None:
        if asked not in mine and not me.is_admin:
            raise BadInputError(messages.not_your_course(asked, mine))
        return asked
    if folder is not None and folder in mine:
        return folder
    if remembered is not None:
        if remembered not in mine and not me.is_admin:
            raise BadInputError(messages.usual_course_is_gone(remembered, mine))
        return remembered
    if len(mine) == 1:
        return mine[0]
    if mine:
        raise BadInputError(messages.which_course(mine))
    if me.is_admin:
        raise BadInputError(messages.admin_says_which_course())
    raise BadInputError(messages.in_no_course(me.email))
