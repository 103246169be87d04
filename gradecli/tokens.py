"""The commands about tokens and passwords, of one's own and of people one answers for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from gradecli.operator import DataOption

if TYPE_CHECKING:
    from gradecli.account_client import Token

__all__ = ["TokenCommands", "create", "issue", "list_tokens", "password_link", "revoke"]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class TokenCommands(TyperGroup):
    """``gradecli token EMAIL`` is short for ``gradecli token issue EMAIL``."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if args and "@" in args[0]:
            args = ["issue", *args]
        return super().parse_args(ctx, args)


def list_tokens(as_json: JsonOption = False) -> None:
    """List your tokens, and where you are logged in to the pages."""
    from gradecli.account_client import open_account
    from gradecli.terminal import say_json, table

    with open_account() as service:
        found = service.tokens()
    if as_json:
        say_json([token.model_dump(mode="json") for token in found])
        return
    now = datetime.now(UTC)
    table(["id", "for", "kind", "may", "last used", "ends"], [_row(token, now) for token in found])


def _row(token: Token, now: datetime) -> list[str]:
    from gradecli import messages
    from gradecli.terminal import one_line

    def when(moment: datetime | None) -> str:
        return "never" if moment is None else messages.distance((moment - now).total_seconds())

    here = " (this one)" if token.is_this else ""
    return [
        token.id,
        one_line(token.label) + here,
        one_line(token.kind),
        one_line(" ".join(token.scopes)),
        when(token.last_used_at),
        when(token.expires_at),
    ]


def create(
    label: Annotated[str, typer.Argument(metavar="LABEL", help="What it is for, such as 'nightly script'.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="SCOPE", help="read, submit, staff or admin; may be repeated."),
    ] = None,
    days: Annotated[
        float | None, typer.Option("--days", metavar="N", help="How long it lasts; else as long as yours.")
    ] = None,
) -> None:
    """Make a token, no wider and no longer-lived than your own.

    It is printed once. Without --scope it may only read.
    """
    from gradecli.account_client import open_account
    from gradecli.terminal import note, say

    with open_account() as service:
        made = service.create_token(label, scope or ["read"], days)
    say(made.token)
    note("This is shown only once. Keep it where only you can read it.")


def revoke(
    token_id: Annotated[
        int | None, typer.Argument(metavar="ID", min=1, help="Which: see gradecli token list.")
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="EMAIL", help="Everything of somebody; for staff."),
    ] = None,
) -> None:
    """End a token or a session of yours, or everything of a person.

    With --person: for administrators, and for instructors about people of their own courses alone.
    """
    from gradecli.account_client import open_account
    from gradecli.errors import BadInputError
    from gradecli.terminal import one_line, say

    if (token_id is None) == (person is None):
        raise BadInputError("Say which: an ID from `gradecli token list`, or --person EMAIL.")
    with open_account() as service:
        if person is not None:
            ended = service.revoke_person(person)
            what = "1 token or session" if ended == 1 else f"{ended} tokens and sessions"
            say(f"Ended {what} of {one_line(person)}. To log in again they need a password or a new token.")
            return
        service.revoke_token(str(token_id))
    say(f"Ended {token_id}.")


def issue(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose.")],
    data: DataOption = None,
) -> None:
    """Print a new token for somebody; `gradecli token EMAIL` for short.

    For operators, on the server itself, when somebody has lost theirs.
    """
    from gradecli.operator_service import issue_token
    from gradecli.terminal import say

    say(issue_token(email, data=data))


def password_link(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose.")],
    data: DataOption = None,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="With --data: the address that people reach it at."),
    ] = None,
) -> None:
    """Print a link with which somebody sets a password, once, within three days.

    For administrators, and for instructors about people of their own courses alone. With --data,
    for operators on the server itself. Give it to its person privately: nothing is sent.
    """
    from gradecli.terminal import note, say

    if data is not None:
        from gradecli.operator_service import issue_password_link

        say(issue_password_link(email, data=data, url=url))
    else:
        from gradecli.account_client import open_account

        with open_account() as service:
            made = service.password_link(email)
            say(f"{service.url}/password#{made.secret}")
    note("It works once, and ends links made before. Give it to its person privately.")
