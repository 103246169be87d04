"""What a package says agrees with what it does: its handout, starter, sentences and expectations."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.authoring import Check
from grader.package import Problem
from grader.report import Visibility
from grader.verification.package import Expectations, Kind, PackageAnswer, answers_of, wrong_answers
from grader.verification.proof import Finding
from grader.verification.trying import TriedProblem

__all__ = ["text_findings"]

_FEWEST_ACCEPTED: Final = 3
_FEWEST_WRONG: Final = 5
_ROW: Final = re.compile(r"^\| (.+) \| ([\d.]+) \|$", flags=re.MULTILINE)
_SENTENCE: Final = re.compile(r"[A-Z`][^\n]*[^.\n]\.")


def text_findings(tried: TriedProblem, expectations: Expectations) -> Iterator[Finding]:
    """Everything that the package's texts leave out, or say otherwise than it is."""
    problem = tried.problem
    hidden = [check for check, seen_by in tried.checks if seen_by is Visibility.HIDDEN]
    yield from _enough_answers(problem)
    yield from _expectations(problem, hidden, expectations)
    yield from _sentences(wrong_answers(problem))
    yield from _handout(problem, hidden)
    yield from _starter(problem)


def _enough_answers(problem: Problem) -> Iterator[Finding]:
    for kind, fewest, purpose in (
        (
            Kind.ACCEPTED,
            _FEWEST_ACCEPTED,
            "written in another way: tolerances and checks must not prefer one",
        ),
        (Kind.WRONG, _FEWEST_WRONG, "with one classic mistake: they prove that the checks tell apart"),
    ):
        count = sum(answer.kind is kind for answer in answers_of(problem))
        if count < fewest:
            yield Finding(
                about=f"submissions/{kind}",
                what=f"There are {count} answers here; a problem has {fewest} or more.",
                advice=f"Add answers, each {purpose}.",
            )


def _expectations(problem: Problem, hidden: list[Check], expectations: Expectations) -> Iterator[Finding]:
    files, listed = {answer.name for answer in wrong_answers(problem)}, expectations.failing
    names = {check.name for check in hidden}
    about = "submissions/expectations.toml"
    for name in sorted(files - listed.keys()):
        advice = f'Write `{name} = ["CHECK", ...]` below [wrong_answer]: the checks that should catch it.'
        yield Finding(about=about, what=f"It does not list wrong_answer/{name}.py.", advice=advice)
    for name in sorted(listed.keys() - files):
        advice = "Remove the line, or write the answer."
        yield Finding(about=about, what=f"It lists {name}, and there is no such wrong answer.", advice=advice)
    mentioned = set[str]().union(*listed.values(), expectations.kept)
    for name in sorted(mentioned - names):
        yield Finding(
            about=about, what=f"{name} is no hidden check.", advice=f"There are: {', '.join(sorted(names))}."
        )


def _sentences(answers: tuple[PackageAnswer, ...]) -> Iterator[Finding]:
    taken: dict[str, str] = {}
    for answer in answers:
        sentence = ast.get_docstring(_tree(answer.path)) or ""
        if not _SENTENCE.fullmatch(sentence):
            yield Finding(
                about=answer.title,
                what="Its docstring is not one sentence on one line that ends with a full stop.",
                advice='Tell the student what went wrong: """Your scores are not divided by sqrt(d_k).""".',
            )
        elif sentence in taken:
            yield Finding(
                about=answer.title,
                what=f"It says the same as {taken[sentence]}.",
                advice="Two mistakes need two sentences; else keep one of the files.",
            )
        taken[sentence] = answer.title


def _handout(problem: Problem, hidden: list[Check]) -> Iterator[Finding]:
    handout = problem.text("handout.md")
    wanted = [(check.title, f"{check.points:g}") for check in hidden]
    if _ROW.findall(handout) != wanted:
        table = "\n".join(f"| {title} | {points} |" for title, points in wanted)
        advice = f"Its rows are, in this order:\n{table}"
        yield Finding(
            about="handout.md", what="It has no table of the hidden checks as they are.", advice=advice
        )
    for name in problem.forbidden:
        if name not in handout:
            advice = "Say that it may not be used, and what to write instead."
            yield Finding(
                about="handout.md", what=f"It does not name {name}, which is forbidden.", advice=advice
            )


def _starter(problem: Problem) -> Iterator[Finding]:
    starter, reference = (_signatures(problem.folder / name) for name in ("starter.py", "reference.py"))
    for name in sorted(starter.keys() | reference.keys()):
        mine, right = (side.get(name, "(not there)") for side in (starter, reference))
        if mine != right:
            what = f"{name} takes {mine} there, and {right} in reference.py."
            yield Finding(about="starter.py", what=what, advice="Make both alike.")
        elif name != "__init__" and name not in problem.text("handout.md"):
            advice = "Say what it should do, or start its name with an underscore."
            yield Finding(about="handout.md", what=f"It does not mention {name}.", advice=advice)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _signatures(path: Path) -> dict[str, str]:
    """The public functions, classes and methods of a file with their arguments."""
    found = {}
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef) and (node.name == "__init__" or not node.name.startswith("_")):
            found[node.name] = f"({ast.unparse(node.args)})"
        elif isinstance(node, ast.ClassDef):
            found[node.name] = "(class)"
    return found
