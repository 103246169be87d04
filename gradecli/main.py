"""The ``gradecli`` command: every subcommand by its name, and the one place where errors end.

Only typer and the command signatures are imported here.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gradecli import audit, author, grading, operator, regrading, staff, student, tokens
from gradecli.errors import CommandError, PlatformError

__all__ = ["app", "run"]


_ORDER = (
    *("login", "logout", "psets", "start", "check", "submit", "scores", "feedback", "token"),
    *(
        "course",
        "roster",
        "publish",
        "gradebook",
        "mistakes",
        "jobs",
        "hold",
        "quarantine",
        "replay",
        "regrade",
        "audit",
        "password",
    ),
    *("new", "verify", "grade", "admit"),
    *("serve", "worker", "db", "sandbox", "retention", "doctor"),
)


class _Commands(TyperGroup):
    """The commands in the order in which people meet them; a sentence, not a traceback, when one fails."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(self.commands, key=_ORDER.index)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandError as error:
            failure, code = str(error), error.exit_code
        except BrokenPipeError:
            raise  # whoever read our output has left: typer ends quietly
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            failure, code = f"{error.strerror or error}{where}", PlatformError.exit_code
        from gradecli.terminal import complain

        complain(failure)
        raise typer.Exit(code)


app = typer.Typer(
    name="gradecli",
    cls=_Commands,
    help="Homework for deep learning courses: start it, check it, hand it in, see what it earned.",
    epilog=(
        "Exit codes: 0 done; 1 done, and the answer is no; 2 bad input; 3 the server or this machine "
        "failed, nothing is lost; 4 not logged in; 5 the server refused; 6 (serve, worker) the service's "
        "data cannot be used; 130 interrupted."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,  # with it, --help would wait for rich
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"gradecli {version('gradecli')}")
        raise typer.Exit


@app.callback()
def gradecli(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def _group(name: str, purpose: str, kind: type[TyperGroup] = TyperGroup) -> typer.Typer:
    group = typer.Typer(cls=kind, help=purpose, no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(group, name=name)
    return group


app.command()(student.login)
app.command()(student.logout)
_token = _group("token", "See, make and end tokens.", tokens.TokenCommands)
_token.command("list")(tokens.list_tokens)
_token.command("create")(tokens.create)
_token.command("revoke")(tokens.revoke)
_token.command("issue")(tokens.issue)
app.command()(student.psets)
app.command()(student.start)
app.command()(student.check)
app.command()(student.submit)
app.command()(student.scores)
app.command()(student.feedback)

_course = _group("course", "Create a course, or change how it works.")
_course.command("create")(staff.course_create)
_course.command("set")(grading.course_set)
_group("roster", "Add people to a course.").command("import")(staff.roster_import)
app.command()(staff.publish)
app.command()(staff.gradebook)
app.command()(staff.mistakes)
app.command()(audit.audit)
_group("password", "Help people to a password.").command("link")(tokens.password_link)
app.command()(grading.jobs)
_hold = _group("hold", "Stop grading for a while, and let it go on.")
_hold.command("place")(grading.hold_place)
_hold.command("lift")(grading.hold_lift)
_hold.command("list")(grading.hold_list)
app.command()(grading.quarantine)
app.command()(regrading.replay)
_regrade = _group("regrade", "Run student code again; see, apply or discard what was graded again.")
_regrade.command("run")(regrading.regrade_run)
_regrade.command("list")(regrading.regrade_list)
_regrade.command("show")(regrading.regrade_show)
_regrade.command("apply")(regrading.regrade_apply)
_regrade.command("discard")(regrading.regrade_discard)

app.command()(author.new)
app.command()(author.verify)
app.command()(author.grade)
app.command()(author.admit)

app.command()(operator.serve)
app.command()(operator.worker)
_database = _group("db", "Look after the service's database: upgrade, back up, restore, check.")
_database.command("status")(operator.db_status)
_database.command("upgrade")(operator.db_upgrade)
_database.command("backup")(operator.db_backup)
_database.command("restore")(operator.db_restore)
_database.command("check")(operator.db_check)
_group("sandbox", "Prepare what submissions run in.").command("build")(operator.sandbox_build)
_retention = _group("retention", "Remove old files, as the settings say.")
_retention.command("preview")(operator.retention_preview)
_retention.command("apply")(operator.retention_apply)
app.command()(operator.doctor)


def run() -> None:
    """The entry point of the installed command."""
    from gradecli.terminal import clean, make_streams_forgiving

    make_streams_forgiving()
    try:
        app()
    except Exception:  # not one of ours: a bug, and whoever sees it should be able to report it
        import traceback

        sys.stderr.write(clean(traceback.format_exc()))
        sys.stderr.write(
            "\nThis is a mistake in gradecli itself, not in your homework. "
            "Please send the lines above to your instructor.\n"
        )
        sys.exit(PlatformError.exit_code)
