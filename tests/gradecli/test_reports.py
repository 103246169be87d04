"""How a report reads."""

from __future__ import annotations

from typing import Any

import pytest

from gradecli.payloads import Report
from gradecli.reports import show_public_checks, show_report


def shown(report: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> str:
    show_report(Report.model_validate(report))
    return capsys.readouterr().out


def test_a_public_check_shows_what_the_code_printed(make: Any, capsys: pytest.CaptureFixture[str]) -> None:
    public = make.check(
        visibility="public",
        score=0.0,
        max_score=0.0,
        verdict="failed",
        message="Wrong shape.",
        detail="(3,) is not (4,)",
        printed="hello\nworld",
    )
    assert shown(make.report(public), capsys) == (
        "pset1: Backprop by hand\n\n"
        "linear: A linear layer  0/0 points\n"
        "  failed         public  The shape is right\n"
        "                         Wrong shape.\n"
        "                         (3,) is not (4,)\n"
        "                         printed:\n"
        "                           hello\n"
        "                           world\n\n"
        "Total: 0/0 points\n"
    )


def test_a_known_mistake_is_named_before_what_the_check_says_and_once(
    make: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {
        "verdict": "failed",
        "score": 0.0,
        "message": "dW has wrong values.",
        "diagnosis": {"mistake": "not_divided", "sentence": "You do not divide by N."},
    }
    out = shown(make.report(make.check("one", **wrong), make.check("two", **wrong)), capsys)
    assert out.count("You do not divide by N.") == 1
    assert out.count("dW has wrong values.") == 2
    assert out.index("You do not divide by N.") < out.index("dW has wrong values.")


def test_staff_are_told_what_was_called_under_another_name(
    make: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    report = make.report()
    report["problems"][0]["flags"] = [{"name": "torch.conv2d", "calls": 2}, {"name": "torch.mm", "calls": 1}]
    assert shown(report, capsys).splitlines()[3:5] == [
        "  Called under another name as it ran: torch.conv2d, 2 times. Forbidden here: read the file.",
        "  Called under another name as it ran: torch.mm, once. Forbidden here: read the file.",
    ]


def test_a_flood_of_prints_is_shortened(make: Any, capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(make.report(make.check(printed="line\n" * 1000)), capsys)
    assert "... (960 more lines)" in out
    assert len(out.splitlines()) < 60


def test_a_name_cannot_forge_a_line(make: Any, capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(make.report(make.check("x\nTotal: 9/9 points", message="a\nTotal: 9/9 points")), capsys)
    assert [line for line in out.splitlines() if line.startswith("Total")] == ["Total: 2/2 points"]


def test_an_unknown_verdict_of_a_newer_server_is_shown_as_it_is(
    make: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "gpu limit" in shown(make.report(make.check(verdict="gpu limit")), capsys)


@pytest.mark.parametrize(
    ("verdicts", "sentence", "passed"),
    [
        (["passed", "passed"], "All 2 public checks pass. They are a start", True),
        (["passed", "failed"], "1 of 2 public checks pass.", False),
        (["skipped"], "0 of 1 public checks pass.", False),
    ],
)
def test_public_checks_are_counted(
    make: Any, capsys: pytest.CaptureFixture[str], verdicts: list[str], sentence: str, passed: bool
) -> None:
    checks = [
        make.check(verdict=verdict, visibility="public", score=0.0, max_score=0.0) for verdict in verdicts
    ]
    assert show_public_checks(Report.model_validate(make.report(*checks))) is passed
    assert sentence in capsys.readouterr().out


def test_the_first_small_example_of_a_problem_is_shown_as_lines_to_copy(
    make: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    example = {"code": "from linear import f\nf(2.0)[1]", "got": "4.0", "right": "2.0"}
    failed = make.check(verdict="failed", score=0.0, message="dW is off.", counterexample=example)
    other = make.check("Another", name="other", verdict="failed", score=0.0, counterexample=example)
    out = shown(make.report(failed, other), capsys)
    assert out.count("Paste it beside linear.py") == 1
    assert (
        "                         A small example. Paste it beside linear.py:\n"
        "    from linear import f\n"
        "    f(2.0)[1]\n"
        "    # you get: 4.0\n"
        "    # right  : 2.0\n"
    ) in out


def test_a_small_example_cannot_forge_a_line(make: Any, capsys: pytest.CaptureFixture[str]) -> None:
    example = {"code": "f(2.0)", "got": "1\nTotal: 9/9 points", "right": "\x1b[31m2"}
    out = shown(make.report(make.check(verdict="failed", score=0.0, counterexample=example)), capsys)
    assert [line for line in out.splitlines() if line.startswith("Total")] == ["Total: 0/2 points"]
    assert "\x1b" not in out
