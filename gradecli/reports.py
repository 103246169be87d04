"""Shows a grade report in a terminal."""

from __future__ import annotations

from gradecli import messages
from gradecli.payloads import Check, Counterexample, ProblemReport, Report
from gradecli.terminal import Styled, one_line, say, say_hanging, say_indented

__all__ = ["show_public_checks", "show_report"]

_STYLES = {"passed": "green", "skipped": "dim", "internal error": "yellow"}
_OTHER_STYLE = "red"
_VERDICT_WIDTH = len("memory limit")
_POINTS_WIDTH = len("0.5/1.5")
_TITLE_COLUMN = 2 + _VERDICT_WIDTH + 2 + _POINTS_WIDTH + 2
_CODE_COLUMN = 4
_MOST_PRINTED_LINES = 40


def show_report(report: Report) -> None:
    """Each check with its points and all that this copy of the report says about it, then the total."""
    _heading(report)
    for problem in report.problems:
        say()
        _problem(problem, f"{_of(problem.score, problem.max_score)} points")
    say()
    say(Styled(f"Total: {_of(report.score, report.max_score)} points", "bold"))


def show_public_checks(report: Report) -> bool:
    """The result of the public checks, which carry no points; whether all of them passed."""
    _heading(report)
    for problem in report.problems:
        say()
        _problem(problem, "")
    checks = [check for problem in report.problems for check in problem.checks]
    passed = sum(check.verdict == "passed" for check in checks)
    say()
    say(messages.public_checks_passed(passed, len(checks)))
    return passed == len(checks)


def _heading(report: Report) -> None:
    say(Styled(f"{one_line(report.pset)}: {one_line(report.title)}", "bold"))


def _problem(problem: ProblemReport, earned: str) -> None:
    heading = f"{one_line(problem.name)}: {one_line(problem.title)}"
    say(Styled(heading, "bold"), f"  {earned}" if earned else "")
    if problem.message:
        say_indented(problem.message, 2)
    for flag in problem.flags:
        say_indented(messages.forbidden_called(one_line(flag.name), flag.calls), 2, "yellow")
    example_shown = False  # one is enough to start with
    told: set[str] = set()  # one mistake may fail several checks: it is named at the first
    for check in problem.checks:
        mistake = "" if check.diagnosis is None else check.diagnosis.sentence
        _check(check, "" if mistake in told else mistake)
        told.add(mistake)
        if check.counterexample is not None and not example_shown:
            example_shown = True
            _example(check.counterexample, one_line(problem.name))


def _check(check: Check, mistake: str) -> None:
    verdict = one_line(check.verdict)
    points = _of(check.score, check.max_score) if check.max_score else "public"
    style = _STYLES.get(verdict, _OTHER_STYLE)
    lead: list[str | Styled] = [
        "  ",
        Styled(verdict.ljust(_VERDICT_WIDTH), style),
        f"  {points:>{_POINTS_WIDTH}}  ",
    ]
    say_hanging(lead, one_line(check.title))
    if mistake:
        say_indented(mistake, _TITLE_COLUMN, "bold")
    if check.message:
        say_indented(check.message, _TITLE_COLUMN)
    # On a public check students get everything; on a hidden one the server leaves these empty.
    if check.detail and check.detail != check.message:
        say_indented(check.detail, _TITLE_COLUMN, "dim")
    if check.printed:
        say_indented("printed:", _TITLE_COLUMN, "dim")
        say_indented(_shortened(check.printed), _TITLE_COLUMN + 2, "dim")


def _example(example: Counterexample, problem: str) -> None:
    """Lines that can be copied as they stand."""
    say_indented(f"A small example. Paste it beside {problem}.py:", _TITLE_COLUMN, "dim")
    told = _commented("you get", example.got) + _commented("right  ", example.right)
    say_indented("\n".join([*example.code.splitlines(), *told]), _CODE_COLUMN)


def _commented(label: str, text: str) -> list[str]:
    first, *others = text.splitlines() or [""]
    return [f"# {label}: {first}", *(f"#   {line}" for line in others)]


def _of(score: float, most: float) -> str:
    return f"{messages.points(score)}/{messages.points(most)}"


def _shortened(printed: str) -> str:
    lines = printed.splitlines()
    if len(lines) <= _MOST_PRINTED_LINES:
        return printed
    left_out = len(lines) - _MOST_PRINTED_LINES
    return "\n".join([*lines[:_MOST_PRINTED_LINES], f"... ({left_out} more lines)"])
