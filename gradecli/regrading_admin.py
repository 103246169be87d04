"""Grading again: asking for it, waiting for its preview, showing it, applying and discarding it."""

from __future__ import annotations

from collections.abc import Sequence

from gradecli import messages
from gradecli.errors import BadInputError, CommandError, RefusedError
from gradecli.regrade_client import Preview, Regrade, RegradedSubmission, RegradeService, open_regrading
from gradecli.session import Session
from gradecli.terminal import Styled, live_line, note, one_line, say, table

__all__ = ["apply", "ask_and_wait", "discard", "find", "listed", "show_list", "show_preview"]

_LOOK_SECONDS = 1.0
_SHOWN = 60
_NOTHING_TO_GRADE_AGAIN = ("invalid_request", "removed")
"""Why a set is refused in which nothing is graded yet, or whose files are gone: others may have more."""


def ask_and_wait(
    what: str | None, *, kind: str, reason: str, package: str, course: str | None, apply_it: bool
) -> list[Preview]:
    """Have a submission, a set, or (``None``) every set of a course graded again, and wait for the previews.

    Interrupted, it leaves them on the server, and says how to come back to them.
    """
    with open_regrading() as (session, service):
        asked = []
        for chosen, pset, submission in _targets(session, service, what, course):
            try:
                regrade = service.request(
                    chosen, pset, kind=kind, reason=reason, submission=submission, package=package
                )
            except RefusedError as refusal:
                if what is not None or refusal.code not in _NOTHING_TO_GRADE_AGAIN:
                    raise
                note(f"{one_line(pset)} is left out: {refusal}")
            else:
                asked.append(regrade)
        if not asked:
            raise BadInputError("Nothing in this course can be graded again.")
        try:
            previews = [_waited(service, one) for one in asked]
        except KeyboardInterrupt:
            for one in asked:
                note(f"The server goes on. Come back with: gradecli regrade show {one.id}")
            raise
        if apply_it:
            for preview in previews:
                if preview.regrade.state == "ready":
                    one = preview.regrade
                    service.apply(one.course, one.pset, one.id)
            previews = [service.preview(p.regrade.course, p.regrade.pset, p.regrade.id) for p in previews]
        return previews


def find(number: int, course: str | None) -> Preview:
    """The preview of a regrade of any set of the course."""
    with open_regrading() as (session, service):
        one = _found(session, service, number, course)
        return service.preview(one.course, one.pset, one.id)


def listed(course: str | None) -> list[Regrade]:
    """The regrades of all sets of a course, the newest first."""
    with open_regrading() as (session, service):
        return _all(session, service, course)


def apply(number: int, course: str | None) -> None:
    """Let its reports count."""
    with open_regrading() as (session, service):
        one = _found(session, service, number, course)
        done = service.apply(one.course, one.pset, one.id)
    say(f"Applied regrade {done.id} of {done.pset}: {_counted(done)}.")


def discard(number: int, course: str | None) -> None:
    """Leave every grade as it is."""
    with open_regrading() as (session, service):
        one = _found(session, service, number, course)
        done = service.discard(one.course, one.pset, one.id)
    say(f"Discarded regrade {done.id} of {done.pset}. No grade was changed.")


def show_list(regrades: Sequence[Regrade]) -> None:
    if not regrades:
        note("Nothing was graded again yet. Ask with: gradecli replay PSET --reason TEXT")
        return
    rows = [
        [str(one.id), one_line(one.pset), one.kind, one.state, str(one.counts.submissions),
         str(one.counts.higher), str(one.counts.lower), one_line(one.requested_by), one_line(one.reason)]
        for one in regrades
    ]  # fmt: skip
    headers = ["number", "set", "kind", "state", "submissions", "higher", "lower", "by", "reason"]
    table(headers, rows, numbers=(0, 4, 5, 6))


def show_preview(preview: Preview) -> None:
    """What would change, the largest changes first; what stays as it is, only counted."""
    regrade = preview.regrade
    say(f"Regrade {regrade.id} of {one_line(regrade.pset)}: {regrade.state}, {_counted(regrade)}")
    if regrade.problem:
        say(f"It says: {one_line(regrade.problem)}")
    told = [one for one in preview.submissions if one.changes or one.state == "failed" or one.stale]
    if told:
        table(["student", "attempt", "before", "after", "what"], [_row(one) for one in told[:_SHOWN]],
              numbers=(1, 2, 3))  # fmt: skip
    if len(told) > _SHOWN:
        note(f"{len(told) - _SHOWN} more: --json has them all.")
    if preview.grades:
        say("\nGrades (the best attempt counts):")
        table(["student", "before", "after"], [
            [one_line(one.student.name), _points(one.before), _points(one.after)] for one in preview.grades
        ], numbers=(1, 2))  # fmt: skip
    if regrade.state == "ready":
        note("Nothing is changed yet. To let it count, or to leave everything as it is:")
        note(f"  gradecli regrade apply {regrade.id}\n  gradecli regrade discard {regrade.id}")
    elif regrade.at_work:
        note(f"The preview is being made. Look again: gradecli regrade show {regrade.id}")


def _targets(
    session: Session, service: RegradeService, what: str | None, course: str | None
) -> list[tuple[str, str, str | None]]:
    """Course, set and submission of each regrade to ask for."""
    if what is None:
        chosen = session.course(course)
        psets = service.psets(chosen)
        if not psets:
            raise BadInputError(messages.no_psets_yet())
        return [(chosen, pset.name, None) for pset in psets]
    try:
        chosen = session.course(course)
        if any(pset.name == what for pset in service.psets(chosen)):
            return [(chosen, what, None)]
    except BadInputError:  # in several courses: a submission says itself which one is meant
        pass
    try:
        found = service.submission(what)
    except RefusedError:
        raise BadInputError(
            f"{what!r} is neither a published set nor a submission that you see. `gradecli psets` lists sets."
        ) from None
    return [(found.course, found.pset, found.id)]


def _waited(service: RegradeService, asked: Regrade) -> Preview:
    with live_line() as line:
        while True:
            preview = service.preview(asked.course, asked.pset, asked.id)
            counts = preview.regrade.counts
            done = counts.scored + counts.failed
            again = f", {counts.rerun} to be run again" if counts.rerun else ""
            line.show_in_passing(f"{asked.pset}: {done} of {counts.submissions}{again}")
            if not preview.regrade.at_work:
                return preview
            service.wait(_LOOK_SECONDS)


def _all(session: Session, service: RegradeService, course: str | None) -> list[Regrade]:
    chosen = session.course(course)
    found = [one for pset in service.psets(chosen) for one in service.regrades(chosen, pset.name)]
    return sorted(found, key=lambda one: -one.id)


def _found(session: Session, service: RegradeService, number: int, course: str | None) -> Regrade:
    for one in _all(session, service, course):
        if one.id == number:
            return one
    raise CommandError(f"There is no regrade {number} in this course. `gradecli regrade list` lists them.")


def _counted(regrade: Regrade) -> str:
    counts = regrade.counts
    parts = [
        f"{counts.submissions} submission{'' if counts.submissions == 1 else 's'}",
        f"{counts.higher} higher",
        f"{counts.lower} lower",
        f"{counts.changed} with other results",
    ]
    parts += [f"{counts.failed} failed"] if counts.failed else []
    parts += [f"{counts.waiting + counts.rerun} not done"] if counts.waiting + counts.rerun else []
    return ", ".join(parts)


def _row(one: RegradedSubmission) -> list[str | Styled]:
    changes = "; ".join(
        f"{one_line(change.title)}: {change.before or 'new'} → {change.after or 'gone'}"
        if change.before != change.after
        else f"{one_line(change.title)}: another sentence or points"
        for change in one.changes
    )
    told = "graded otherwise since: out of date" if one.stale else changes
    if one.state == "failed":
        told = f"keeps its score: {one_line(one.detail or '')}"
    return [one_line(one.student.name), str(one.attempt), _points(one.before), _points(one.after), told]


def _points(score: float | None) -> str:
    return "-" if score is None else messages.points(score)
