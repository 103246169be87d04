"""What the packages say agrees with what they do: handouts, starters, wrong answers and expectations."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from grader import Problem, Visibility, discover, load_pset
from grader.loading import load_checks

PROBLEMS = Path(__file__).resolve().parents[2] / "problems"
ALL = [
    pytest.param(problem, id=problem.name)
    for listing in discover(PROBLEMS)
    for problem in load_pset(listing.folder).problems
]
every_problem = pytest.mark.parametrize("problem", ALL)


def _expectations(problem: Problem) -> dict[str, list[str]]:
    table = tomllib.loads(problem.text("submissions/expectations.toml"))
    return dict(table["wrong_answer"])


def _hidden_checks(problem: Problem) -> dict[str, tuple[str, float]]:
    checks = load_checks(problem)
    return {c.name: (c.title, c.points) for c, seen_by in checks if seen_by is Visibility.HIDDEN}


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _signatures(path: Path) -> dict[str, str]:
    """The public functions, classes and methods of a file with their arguments."""
    found = {}
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef) and (node.name == "__init__" or not node.name.startswith("_")):
            found[node.name] = ast.unparse(node.args)
        elif isinstance(node, ast.ClassDef):
            found[node.name] = "class"
    return found


@every_problem
def test_each_hidden_check_is_the_only_one_to_catch_some_wrong_answer(problem: Problem) -> None:
    alone = {failed[0] for failed in _expectations(problem).values() if len(failed) == 1}
    assert set(_hidden_checks(problem)) - alone == set()


@every_problem
def test_expectations_name_every_wrong_answer_and_only_hidden_checks(problem: Problem) -> None:
    files = {path.stem for path in (problem.folder / "submissions" / "wrong_answer").glob("*.py")}
    expected = _expectations(problem)
    assert set(expected) == files
    assert len(files) >= 5
    assert set().union(*expected.values()) <= set(_hidden_checks(problem))


@every_problem
def test_each_wrong_answer_says_what_its_mistake_is_in_one_sentence(problem: Problem) -> None:
    sentences = []
    for path in sorted((problem.folder / "submissions" / "wrong_answer").glob("*.py")):
        sentence = ast.get_docstring(_tree(path))
        assert sentence, path
        assert re.fullmatch(r"(You|Your|No|The|A) [^\n]*[^.\n]\.", sentence), path
        sentences.append(sentence)
    assert len(set(sentences)) == len(sentences)


@every_problem
def test_there_are_three_accepted_answers_besides_the_reference(problem: Problem) -> None:
    accepted = list((problem.folder / "submissions" / "accepted").glob("*.py"))
    assert len(accepted) >= 3
    assert all(ast.get_docstring(_tree(path)) for path in accepted)


@every_problem
def test_the_handout_lists_each_hidden_check_with_its_points(problem: Problem) -> None:
    rows = re.findall(r"^\| (.+) \| ([\d.]+) \|$", problem.text("handout.md"), flags=re.MULTILINE)
    assert rows == [(title, f"{points:g}") for title, points in _hidden_checks(problem).values()]


@every_problem
def test_the_handout_names_what_is_forbidden(problem: Problem) -> None:
    handout = problem.text("handout.md")
    assert [name for name in problem.forbidden if name not in handout] == []


@every_problem
def test_the_starter_asks_for_what_the_reference_defines(problem: Problem) -> None:
    starter = _signatures(problem.folder / "starter.py")
    assert starter == _signatures(problem.folder / "reference.py")
    assert all(name in problem.text("handout.md") for name in starter if name != "__init__")
