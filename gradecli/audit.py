"""``gradecli audit``: what staff did."""

from __future__ import annotations

import json
from typing import Annotated

import typer

__all__ = ["audit"]


def audit(
    course: Annotated[
        str | None, typer.Option("--course", metavar="NAME", help="The course, if you are in several.")
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--all", help="All courses and the server itself; for administrators.")
    ] = False,
    action: Annotated[
        str, typer.Option("--action", metavar="WORD", help="Only this, such as roster or roster.import.")
    ] = "",
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="Only what this person did.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many, the newest first.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show what staff did. For instructors."""
    from gradecli import messages
    from gradecli.account_client import open_account
    from gradecli.session import open_session
    from gradecli.terminal import note, one_line, say_json, table

    if everywhere:
        chosen = None
    else:
        with open_session() as session:
            chosen = session.course(course)
    with open_account() as service:
        found = service.trail(chosen, action=action, by=by, limit=limit)
    if as_json:
        say_json([deed.model_dump(mode="json") for deed in found.entries])
        return
    if not found.entries:
        note("Nothing of that kind is recorded.")
        return
    table(
        ["when", "who", "what", "course", "to what", "details"],
        [
            [
                messages.moment(deed.at),
                one_line(deed.by or "the operator"),
                one_line(deed.action),
                one_line(deed.course or "-"),
                one_line(deed.subject),
                one_line(json.dumps(deed.detail, ensure_ascii=False)) if deed.detail else "",
            ]
            for deed in found.entries
        ],
    )
    if found.older is not None:
        note("There are older entries: ask for more with --limit.")
