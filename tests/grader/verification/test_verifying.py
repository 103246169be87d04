"""Verifying says of a package that tells right from wrong that it does, and of others what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader import PackageError, load_pset
from grader.verification import Chosen, Extent, ProblemProof, spread_text, verify

HANDOUT = """# Doubling

`double(x)` is twice the array; `shift(x, by)` adds a number. Do not use `numpy.add`.

| What is checked | Points |
|---|---|
| Arrays are doubled | 2 |
| Arrays are shifted | 3 |
"""
HIDDEN = """
from grader.authoring import check, expect

@check("Arrays are doubled", points=2)
def doubled(student, reference, rng):
    x = rng.normal(*rng.sizes(2, 2, 6))
    expect.close(student.double(x), reference.double(x), what="the result")

@check("Arrays are shifted", points=3)
def shifted(student, reference, rng):
    x, by = rng.normal(4), float(rng.uniform(low=1.0, high=2.0))
    expect.close(student.shift(x, by), reference.shift(x, by), what="the shifted array")
"""
EXPECTATIONS = """
[wrong_answer]
halved = ["doubled"]
negative = ["doubled"]
tripled = ["doubled"]
not_shifted = ["shifted"]
shifted_twice = ["shifted"]
"""


def _answer(double: str = "2 * x", shift: str = "x + by", says: str = "") -> str:
    start = f'"""{says}"""\n\n' if says else ""
    return f"{start}def double(x):\n    return {double}\n\n\ndef shift(x, by):\n    return {shift}\n"


PROVED: dict[str, str | bytes | None] = {
    "problem.toml": 'title = "Doubling"\npoints = 5\nruntime = "numpy"\nforbidden = ["numpy.add"]\n',
    "handout.md": HANDOUT,
    "reference.py": _answer(),
    "checks/hidden.py": HIDDEN,
    "submissions/expectations.toml": EXPECTATIONS,
    "submissions/accepted/added.py": _answer("x + x"),
    "submissions/accepted/divided.py": _answer("x / 0.5", "by + x"),
    "submissions/accepted/subtracted.py": _answer("x - -x", "x - -by"),
    "submissions/wrong_answer/halved.py": _answer("x / 2", says="You halve the array."),
    "submissions/wrong_answer/negative.py": _answer("-2 * x", says="Your result has the wrong sign."),
    "submissions/wrong_answer/tripled.py": _answer("3 * x", says="You multiply by three."),
    "submissions/wrong_answer/not_shifted.py": _answer(shift="x", says="You do not add anything."),
    "submissions/wrong_answer/shifted_twice.py": _answer(shift="x + by + by", says="You add twice."),
    "submissions/forbidden/added.py": "import numpy\n" + _answer("numpy.add(x, x)"),
}


@pytest.fixture
def prove(write_pset: Callable[..., Path]) -> Callable[..., ProblemProof]:
    def prove(**changes: str | None) -> ProblemProof:
        """The proof of the proved package with changed files: ``__`` for ``/``, without ``.py``."""
        folders = {name: "submissions/" if "__" in name and "checks" not in name else "" for name in changes}
        files = {f"{folders[name]}{name.replace('__', '/')}.py": text for name, text in changes.items()}
        pset = load_pset(write_pset(doubling=PROVED | files))
        return verify([Chosen(pset, pset.problems[0])], Extent(instances=4), jobs=0).problems[0]

    return prove


def _said(proof: ProblemProof) -> str:
    assert not proof.ok
    return "\n".join(f"{finding.about}: {finding.what} → {finding.advice}" for finding in proof.findings)


def test_a_package_that_tells_right_from_wrong_is_proved(prove: Callable[..., ProblemProof]) -> None:
    proof = prove(run_time_error__raises=_answer("x.no_such_name"))
    assert proof.findings == ()
    assert (proof.accepted, proof.rejected_right) == (4, 0)
    assert (proof.wrong_answers, proof.caught, proof.flaky, proof.misdiagnosed) == (5, 5, 0, 0)
    assert (proof.instances, proof.runs) == (4, 2)
    doubled, shifted = proof.checks
    assert 0 <= doubled.used < 1e-3
    assert doubled.nearest is not None
    assert doubled.nearest > 1e6
    assert doubled.alone == ("halved", "negative", "tripled")
    assert shifted.catches == ("not_shifted", "shifted_twice")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"accepted__added": _answer("x + 1.0001 * x")},
            "accepted/added.py: doubled does not accept it on instances 0, 4, 8, 12: the result has wrong",
        ),
        (
            {"accepted__added": _answer("2 * (x.astype('f4') if abs(x).max() > 1 else x)")},
            "accepted/added.py: doubled does not accept it",
        ),
        (
            {"accepted__added": _answer("((x + 1e6) - 1e6) * 2 if x.dtype == 'f4' else x + x")},
            "accepted/added.py: In float32 it does not pass doubled: the result has wrong values.",
        ),
        (
            {"wrong_answer__halved": _answer("x / 2 if len(x) == 3 else 2 * x", says="You halve.")},
            "wrong_answer/halved.py: doubled should catch it, and lets it pass on instance",
        ),
        (
            {"wrong_answer__halved": _answer("x / 2", "x", says="You halve.")},
            "wrong_answer/halved.py: It fails shifted too, on instances 0, 4, 8, 12: the shifted array",
        ),
        (
            {"wrong_answer__halved": _answer("x / 2", says="You add twice.")},
            "wrong_answer/shifted_twice.py: It says the same as wrong_answer/halved.py",
        ),
        (
            {"wrong_answer__halved": _answer("x / 2")},
            "wrong_answer/halved.py: Its docstring is not one sentence",
        ),
        ({"wrong_answer__halved": None}, "It lists halved, and there is no such wrong answer"),
        (
            {"wrong_answer__other": _answer("x", says="No.")},
            "It does not list wrong_answer/other.py",
        ),
        ({"accepted__added": None}, "submissions/accepted: There are 2 answers here"),
        ({"forbidden__added": _answer()}, "forbidden/added.py: It is not refused"),
        (
            {"run_time_error__raises": _answer()},
            "run_time_error/raises.py: Its checks end with: passed",
        ),
        ({"starter": _answer()}, "starter.py: It earns the points of doubled as it is handed out"),
        ({"starter": "def double(x):\n    raise NotImplementedError\n"}, "shift takes (not there) there"),
        (
            {
                "accepted__added": "import itertools, sys\nsys.n = getattr(sys, 'n', 0) + 1\n"
                + _answer("x * sys.n")
            },
            "accepted/added.py: Two runs do not agree: doubled, instance",
        ),
        (
            {"accepted__added": _answer("x * (2 + 5e-10)")},
            "doubled: A right answer uses 0.25 of a tolerance.",
        ),
        (
            {"wrong_answer__halved": _answer("x * (2 + 4e-9)", says="You are nearly there.")},
            "doubled: halved fails it by only 2 tolerances.",
        ),
        (
            {"checks__hidden": HIDDEN.replace("2, 2, 6", "2, 2, 3").replace('"Arrays', '"All arrays')},
            "handout.md: It has no table of the hidden checks as they are",
        ),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(
    prove: Callable[..., ProblemProof], changes: dict[str, str | None], complaint: str
) -> None:
    assert complaint in _said(prove(**changes))


def test_a_check_that_catches_nothing_alone_needs_a_reason(
    prove: Callable[..., ProblemProof], write_pset: Callable[..., Path], tmp_path: Path
) -> None:
    more = HIDDEN.replace("points=3", "points=2") + (
        '\n@check("Nothing is infinite", points=1)\ndef bounded(student, reference, rng):\n'
        "    expect.finite(student.double(rng.normal(3)), what='the result')\n"
    )
    files = {
        "checks/hidden.py": more,
        "handout.md": HANDOUT.replace("| 3 |", "| 2 |\n| Nothing is infinite | 1 |"),
    }
    reason = EXPECTATIONS + '\n[kept]\nbounded = "Whoever overflows should be told so."\n'
    for name, expectations in (("without", EXPECTATIONS), ("with", reason)):
        folder = write_pset(
            f"{name}-reason", doubling=PROVED | files | {"submissions/expectations.toml": expectations}
        )
        pset = load_pset(folder)
        proof = verify([Chosen(pset, pset.problems[0])], Extent(1, 1), jobs=0).problems[0]
        if name == "with":
            assert proof.ok
            assert proof.checks[2].kept == "Whoever overflows should be told so."
        else:
            assert "bounded: No wrong answer is caught by this check alone" in _said(proof)


def test_an_answer_that_never_ends_costs_itself_only(
    write_pset: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.verification.verifying.SECONDS", 5.0)
    files = {"submissions/accepted/added.py": _answer("[None for _ in iter(int, 1)]")}
    pset = load_pset(write_pset(doubling=PROVED | files))
    told = []
    proof = verify(
        [Chosen(pset, pset.problems[0])], Extent(1, 1), jobs=1, on_done=lambda *now: told.append(now)
    ).problems[0]
    assert "accepted/added.py: It could not be tried: it took longer than 5 s." in _said(proof)
    assert (proof.accepted, proof.caught) == (3, 5)
    assert told[-1] == (len(told), len(told), "doubling")


def test_what_was_measured_is_kept_and_growth_is_noticed(
    prove: Callable[..., ProblemProof], write_pset: Callable[..., Path]
) -> None:
    proof = prove()
    kept = spread_text(proof.checks)
    assert "[doubled]\nfloat64 = 0.0e+00\n" in kept
    spread = {"submissions/accepted/added.py": _answer("x * (2 + 1e-11)"), "submissions/spread.toml": kept}
    pset = load_pset(write_pset("later", doubling=PROVED | spread))
    later = verify([Chosen(pset, pset.problems[0])], Extent(1, 1), jobs=0).problems[0]
    assert "doubled: Right answers use 0.005 of its tolerance; it was 0 once." in _said(later)


def test_a_package_without_expectations_cannot_be_verified(write_pset: Callable[..., Path]) -> None:
    pset = load_pset(write_pset(doubling=PROVED | {"submissions/expectations.toml": "[wrong]\n"}))
    with pytest.raises(PackageError, match=r"has no table \[wrong\]"):
        verify([Chosen(pset, pset.problems[0])], Extent(1, 1), jobs=0)
