"""What a student does with a problem set: start it, check it, hand it in."""

from __future__ import annotations

import re
from pathlib import Path

from gradecli import messages
from gradecli.errors import BadInputError, PlatformError, RefusedError, UnreachableError
from gradecli.handouts import Origin, origin_of, read_handout, unpack
from gradecli.home import Home
from gradecli.outbox import Addressee, Outbox
from gradecli.payloads import Pset, Report
from gradecli.session import Session, open_session
from gradecli.submitting import hand_in
from gradecli.terminal import note, say
from gradecli.workfolder import Described, Draft, described, find_folder, is_pset_folder, read_draft

__all__ = ["check", "start", "submit"]

_PSET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?<!\.)", re.ASCII)


def start(pset: str, *, into: Path, course: str | None, force: bool) -> Path:
    """Download the handout of ``pset`` into a folder of that name inside ``into``; the folder."""
    if not _PSET_NAME.fullmatch(pset):
        raise BadInputError(messages.not_a_pset_name(pset))
    with open_session() as session:
        chosen = session.course(course)
        _find(session, chosen, pset)
        files = read_handout(session.service.handout(chosen, pset), pset)
        origin = Origin(url=session.credentials.url, course=chosen, pset=pset)
    folder = _folder_for(pset, into)
    unpacked = unpack(files, folder, origin, force=force)
    for name, backup in unpacked.replaced.items():
        note(messages.replaced_yours(name, backup))
    if unpacked.kept:
        note(messages.kept_yours(unpacked.kept))
    say(messages.started(folder, pset))
    return folder


def check(pset: str | None, *, path: Path | None, where: Path) -> Report:
    """Run the public checks of the folder of ``pset`` on this machine, without the server.

    What is checked is in that folder, or at ``path``: read as :func:`submit` reads it.

    Raises:
        BadInputError: there is no such folder, or its files cannot be checked.
        PlatformError: this machine lacks what the checks need.
    """
    from gradecli.operator_sandbox import check_here
    from grader import GraderError

    folder = find_folder(pset, where)
    if not is_pset_folder(folder):
        raise BadInputError(messages.not_started_here(str(folder)))
    here = described(folder)
    try:
        if here is None:
            report = check_here(folder)  # which says what is wrong with it
        else:
            draft = read_draft(folder if path is None else path, here.problem_names)
            _advise(draft)
            report = check_here(folder, draft.sources)
    except GraderError as error:
        raise BadInputError(str(error)) from error
    return Report.model_validate(report.model_dump(mode="json"))


def submit(pset: str | None, *, path: Path | None, where: Path, course: str | None) -> Report:
    """Hand in the files at ``path``, or those of the folder of ``pset`` as seen from ``where``.

    Raises:
        BadInputError: there is nothing to hand in.
        PlatformError: the server or the network failed; the submission is kept, and the message says so.
        RefusedError: the server will not take it.
    """
    source = path if path is not None else find_folder(pset, where)
    here = described(source) if source.is_dir() else None
    # Without a path, the folder knows best: ``gradecli submit .`` means the set whose folder this is.
    name = here.name if here is not None and (path is None or pset is None) else pset
    if name is None:
        raise BadInputError(messages.which_pset(str(source)))
    try:
        with open_session() as session:
            addressee, problems = _addressed(session, source, name, course)
            draft = read_draft(source, problems)
            _advise(draft)
            return hand_in(session.service, session.home, addressee, draft.files)
    except UnreachableError as error:
        # Not even the first question was answered. The folder knows enough to keep the submission.
        raise _kept_offline(source, here, course, error) from error


def _addressed(session: Session, source: Path, name: str, course: str | None) -> tuple[Addressee, list[str]]:
    """Where a submission goes, and the problems that it may answer."""
    url = session.credentials.url
    origin = origin_of(source)
    from_here = origin.course if origin is not None and origin.url == url else None
    chosen = session.course(course, folder=from_here)
    found = _find(session, chosen, name)
    addressee = Addressee(url=url, user_id=session.me.id, course=chosen, pset=found.name)
    return addressee, [problem.name for problem in found.problems]


def _kept_offline(
    source: Path, here: Described | None, course: str | None, error: UnreachableError
) -> PlatformError:
    """Keep the submission for when the server answers; the error that says so."""
    home = Home()
    credentials = home.credentials()
    origin = origin_of(source)
    if here is None or origin is None or origin.url != credentials.url:
        return PlatformError(messages.not_kept(str(error)))
    draft = read_draft(source, here.problem_names)
    addressee = Addressee(
        url=origin.url, user_id=credentials.user_id, course=course or origin.course, pset=here.name
    )
    outbox = Outbox(home.outbox)
    kept = outbox.kept(addressee)
    if kept is None or kept.files != draft.files:
        outbox.keep(addressee, draft.files)
    elif kept.submission_id is not None:
        return PlatformError(messages.already_there(here.name, kept.submission_id, str(error)))
    return PlatformError(messages.kept_for_later(here.name, str(error)))


def _find(session: Session, course: str, pset: str) -> Pset:
    published = session.service.psets(course)
    for candidate in published:
        if candidate.name == pset:
            return candidate
    known = [candidate.name for candidate in published]
    raise RefusedError(messages.unknown_pset(pset, known), code="unknown_pset", status=404)


def _folder_for(pset: str, into: Path) -> Path:
    """``into/pset``; ``into`` itself when it is that folder already, so that running this inside it works."""
    origin = origin_of(into)
    return into if origin is not None and origin.pset == pset else into / pset


def _advise(draft: Draft) -> None:
    if draft.missing:
        note(messages.file_missing(draft.missing))
    if draft.untouched:
        note(messages.still_the_starter(draft.untouched))
