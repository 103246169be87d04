"""Verifies problem packages on this machine, and shows the proof or what is missing from it."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from gradecli.errors import BadInputError, CommandError
from gradecli.operator_grading import find_pset
from gradecli.operator_sandbox import choose_backend, sandbox_failures
from gradecli.terminal import Styled, note, progress_bar, say, say_hanging, say_indented, say_json, table
from grader import PackageError, discover, load_pset
from grader.verification import (
    SPREAD_FILE,
    CheckProof,
    Chosen,
    Extent,
    MutantCounts,
    ProblemProof,
    Proof,
    spread_text,
    verify,
)

__all__ = ["choose_problems", "verify_here"]

_SHOWN_NAMES = 4


def verify_here(
    name: str | None,
    *,
    problems: Path,
    instances: int | None,
    runs: int,
    sandbox: str | None,
    mutants: bool,
    inputs: int,
    measure: bool,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Verify, and print the proof.

    Raises:
        BadInputError: there is no such package, or it cannot be read.
        PlatformError: a sandbox could not be had.
        typer.Exit: with 1, where not all holds.
    """
    try:
        chosen = choose_problems(name, problems)
        if sandbox is not None:
            sandbox = choose_backend(sandbox, {one.problem.runtime for one in chosen}).name
        with progress_bar() as show, sandbox_failures("The sandbox failed, not the package"):
            proof = verify(
                chosen,
                Extent(instances, runs, sandbox, inputs),
                jobs=jobs or os.cpu_count() or 1,
                mutants=mutants,
                on_done=show,
            )
    except PackageError as error:
        raise BadInputError(str(error)) from error
    if measure:
        for one, proved in zip(chosen, proof.problems, strict=True):
            (one.problem.folder / SPREAD_FILE).write_text(spread_text(proved.checks), encoding="utf-8")
    if as_json:
        say_json(proof.model_dump(mode="json"))
    else:
        _show(proof)
    if not proof.ok:
        raise typer.Exit(CommandError.exit_code)


def choose_problems(name: str | None, problems: Path) -> tuple[Chosen, ...]:
    """The problems of the set or the problem called ``name``, or at that folder; of every set without one.

    Raises:
        BadInputError: there is none.
        PackageError: a package cannot be read.
    """
    if name is not None and (Path(name) / "problem.toml").is_file():
        folder = Path(name).resolve()
        pset = load_pset(folder.parent)
        return (Chosen(pset, pset.problem(folder.name)),)
    if name is not None and ((Path(name) / "pset.toml").is_file() or not problems.is_dir()):
        pset = find_pset(name, problems)
        return tuple(Chosen(pset, problem) for problem in pset.problems)
    psets = [load_pset(listing.folder) for listing in discover(problems)]
    chosen = tuple(
        Chosen(pset, problem)
        for pset in psets
        for problem in pset.problems
        if name in {None, pset.name, problem.name}
    )
    if not chosen:
        known = ", ".join(pset.name for pset in psets) or "nothing"
        wanted = "problem set" if name is None else f"problem set or problem {name!r}"
        raise BadInputError(f"There is no {wanted} in {problems}, which holds {known}.")
    return chosen


def _show(proof: Proof) -> None:
    headers = ("problem", "right", "wrong", "caught", "diagnosed", "falsely", "flaky", "mutants killed", "")
    table(headers, [_row(one) for one in proof.problems], numbers=(1, 2, 3, 4, 5, 6, 7))
    if len(proof.problems) == 1:
        _show_checks(proof.problems[0])
    for one in proof.problems:
        _show_findings(one)
    held = sum(one.ok for one in proof.problems)
    tried = proof.problems[0]
    say()
    extent = f"{tried.instances} instances in {tried.runs} runs"
    say(f"{held} of {len(proof.problems)} problems proved, on {extent}.")
    if held < len(proof.problems):
        note("What to do about each finding stands below it. Then verify again.")


def _row(one: ProblemProof) -> tuple[str | Styled, ...]:
    right = one.accepted + one.rejected_right
    return (
        f"{one.pset}/{one.name}",
        _of(one.accepted, right),
        str(one.wrong_answers),
        _of(one.caught, one.wrong_answers),
        _of(one.diagnosed, one.wrong_answers),
        _none(one.misdiagnosed),
        _none(one.flaky),
        _killed(one.mutants),
        Styled("proved", "green") if one.ok else Styled(f"{len(one.findings)} findings", "bold red"),
    )


def _of(count: int, total: int) -> str | Styled:
    return str(count) if count == total else Styled(f"{count} of {total}", "red")


def _killed(mutants: MutantCounts) -> str | Styled:
    return _of(mutants.killed, mutants.made - mutants.equivalent) if mutants.made else "not tried"


def _none(count: int) -> str | Styled:
    return Styled(str(count), "red") if count else "0"


def _show_checks(one: ProblemProof) -> None:
    say()
    rows = [
        (
            check.name,
            f"{check.points:g}",
            str(len(check.catches)),
            f"{check.used:.0e}",
            "" if check.nearest is None else f"{check.nearest:.0e}",
            _alone(check),
        )
        for check in one.checks
    ]
    headers = ("hidden check", "points", "catches", "right use", "wrong miss by", "alone")
    table(headers, rows, numbers=(1, 2, 3, 4))
    note("Right answers use that part of the tolerance; the nearest wrong one misses by so many tolerances.")


def _alone(check: CheckProof) -> str:
    if not check.alone:
        return f"none: {check.kept}" if check.kept else "none"
    more = len(check.alone) - _SHOWN_NAMES
    return ", ".join(check.alone[:_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def _show_findings(one: ProblemProof) -> None:
    for finding in one.findings:
        say()
        say(Styled(f"{one.pset}/{one.name}: ", "bold"), finding.about)
        say_indented(finding.what, 2)
        say_hanging(("  ", Styled("→ ", "cyan")), finding.advice)
