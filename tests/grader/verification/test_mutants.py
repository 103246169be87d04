"""Mutants: small changes of a reference that the checks must notice."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import load_pset
from grader.verification import Chosen, Extent, ProblemProof, verify
from grader.verification.mutants import mutants_of

SOURCE = '''
"""A solution."""
import numpy as np


def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Along an axis."""
    if z.ndim == 0:
        raise ValueError("no axis: " + str(0 + 1))
    shifted = z - z.max(axis=axis, keepdims=True)
    e = np.exp(shifted).copy()
    return e / e.sum(axis=axis, keepdims=True)


class Mean:
    def of(self, x):
        total = 0.0
        for i in range(len(x)):
            total += x[i]
        return -total.T @ x[1:] if x is not None else 0
'''


def test_every_mutant_is_other_code_that_parses_and_has_a_key_of_its_own() -> None:
    mutants = mutants_of(SOURCE)
    assert len({mutant.key for mutant in mutants}) == len(mutants) == len({m.source for m in mutants})
    original = ast.unparse(ast.parse(SOURCE))
    for mutant in mutants:
        assert ast.unparse(ast.parse(mutant.source)) == mutant.source != original
    assert mutants == mutants_of(SOURCE)


def test_each_kind_of_slip_is_made_and_named_by_its_place() -> None:
    found = {mutant.key: mutant.operator for mutant in mutants_of(SOURCE)}
    for key, operator in {
        "softmax: z - z.max(axis=axis, keepdims=True) -> z + z.max(axis=axis, keepdims=True)": "arithmetic",
        "softmax: z - z.max(axis=axis, keepdims=True) -> z": "dropped term",
        "softmax: z.max -> z.min": "reduction",
        "softmax: np.exp(shifted) -> shifted": "dropped term",
        "softmax: np.exp(shifted).copy() -> np.exp(shifted)": "dropped term",
        "softmax: z.max(axis=axis, keepdims=True) -> z.max(axis=axis, keepdims=False)": "constant",
        "Mean.of: range(len(x)) -> range(len(x) - 1)": "off by one",
        "Mean.of: total += x[i] -> total = x[i]": "dropped term",
        "Mean.of: -total.T -> total.T": "sign",
        "Mean.of: total.T -> total": "transposition",
        "Mean.of: -total.T @ x[1:] -> x[1:] @ -total.T": "swapped argument",
        "Mean.of: x[1:] -> x[2:]": "off by one",
        "Mean.of: x is not None -> x is None": "comparison",
    }.items():
        assert found[key] == operator
    assert not any("ValueError" in key or "no axis" in key or "solution" in key for key in found)


HANDOUT = """# Scaling

`scaled(x)` is three times x plus one, `ends(x)` its first and last number.

| What is checked | Points |
|---|---|
| The values are right | 5 |
"""
REFERENCE = """import numpy as np


def scaled(x):
    return 3.0 * x + 1.0


def ends(x):
    return np.array([x[0], x[len(x) - 1]])
"""
HIDDEN = """
from grader.authoring import check, expect

@check("The values are right", points=5)
def values(student, reference, rng):
    x = rng.normal(LENGTH) + 3.0
    expect.close(student.scaled(x), reference.scaled(x), what="scaled(x)")
    expect.close(student.ends(x), reference.ends(x), what="ends(x)")
"""
PUBLIC = HIDDEN.replace("LENGTH", "3").replace("points=5", "points=0").replace("def values", "def example")
INPUTS = """
def ask(answer, rng):
    x = rng.normal(int(rng.integers(1, 6)))
    yield answer.scaled(x)
    yield answer.ends(x)
"""
STARTER = "def scaled(x):\n    raise NotImplementedError\n\n\ndef ends(x):\n    raise NotImplementedError\n"


def _wrong(says: str, old: str, new: str) -> str:
    return f'"""{says}"""\n\n' + REFERENCE.replace(old, new)


@pytest.fixture
def prove(write_pset: Callable[..., Path]) -> Callable[..., ProblemProof]:
    numbers = itertools.count()

    def prove(length: str, explained: str | None = None) -> ProblemProof:
        """The proof, with its mutants, of a problem whose check draws vectors of this length."""
        files: dict[str, str | None] = {
            "problem.toml": 'title = "Scaling"\npoints = 5\nruntime = "numpy"\n',
            "handout.md": HANDOUT,
            "starter.py": STARTER,
            "reference.py": REFERENCE,
            "checks/public.py": HIDDEN.replace("LENGTH", "3")
            .replace("5)", "0)")
            .replace("values", "example"),
            "checks/hidden.py": HIDDEN.replace("LENGTH", length),
            "submissions/mutants/inputs.py": INPUTS,
            "submissions/mutants/explained.toml": explained,
            "submissions/expectations.toml": "[wrong_answer]\n"
            + "".join(f'{name} = ["values"]\n' for name in ("none_added", "sign", "twice", "half", "added")),
            "submissions/wrong_answer/none_added.py": _wrong("You add nothing.", " + 1.0", ""),
            "submissions/wrong_answer/sign.py": _wrong("Your sign is wrong.", "3.0", "-3.0"),
            "submissions/wrong_answer/twice.py": _wrong("You take twice the number.", "3.0", "2.0"),
            "submissions/wrong_answer/half.py": _wrong("You take half the number.", "3.0", "0.5"),
            "submissions/wrong_answer/added.py": _wrong("You add two.", "1.0", "2.0"),
        }
        files |= {f"submissions/accepted/{name}.py": REFERENCE for name in "abc"}
        pset = load_pset(write_pset(f"pset{next(numbers)}", scaling=files))
        chosen = [Chosen(pset, pset.problems[0])]
        return verify(chosen, Extent(instances=2, runs=1, inputs=200), jobs=0, mutants=True).problems[0]

    return prove


def test_checks_that_notice_everything_leave_no_mutant(prove: Callable[..., ProblemProof]) -> None:
    proof = prove("int(rng.integers(4, 7))")
    assert proof.findings == ()
    assert proof.mutants.made >= 15
    assert proof.mutants.killed == proof.mutants.made - proof.mutants.equivalent
    assert proof.mutants_diagnosed >= 3
    assert proof.misdiagnosed == 0


def test_a_mutant_that_the_checks_do_not_notice_is_shown_until_it_is_explained(
    prove: Callable[..., ProblemProof],
) -> None:
    proof = prove("2")  # of two numbers the last is the second
    keys = [one.mutant for one in proof.survivors]
    assert keys
    assert proof.mutants.survived == len(keys)
    assert all("No check kills the mutant" in finding.what for finding in proof.findings)
    reasons = "".join(f'"{key}" = "Vectors have two numbers here."\n' for key in keys)
    again = prove("2", explained=f"[survivors]\n{reasons}")
    assert again.ok
    assert {one.explained for one in again.survivors} == {"Vectors have two numbers here."}


def test_an_explanation_of_what_did_not_survive_is_a_finding(prove: Callable[..., ProblemProof]) -> None:
    proof = prove("int(rng.integers(4, 7))", explained='[survivors]\n"long gone" = "It was."\n')
    (finding,) = proof.findings
    assert finding.what == "It explains `long gone`, which did not survive."
