"""Flags: what is forbidden and was called under another name, as staff are told it, and never for points."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from grader import GradeReport, ProblemSet, Submission, Verdict, grade, instance_key
from grader.replay import grade_from_transcript
from grader.report import Flag
from grader.transcripts import TranscriptWriter, read_transcript
from sandbox import Backend, find

MakePset = Callable[..., ProblemSet]
TOML = (
    'title = "D"\npoints = 5\nruntime = "numpy"\n[forbidden]\n"numpy.add" = "x + x"\n"numpy.mean" = "a sum"\n'
)
ALIAS = (
    "import numpy as np\nf = vars(np)['add']\ndef double(x): return f(x, x)\n"
    "def shift(x, by): return x + by\n"
)
LIAR = (
    "\nimport gc\nfor w in gc.get_objects():\n"
    "    if type(w).__name__ == 'Watch':\n        w._counts = {lie}\n"
)
SEEN = (Flag(name="numpy.add", calls=2),)


@pytest.fixture
def pset(make_pset: MakePset) -> ProblemSet:
    return make_pset(doubling={"problem.toml": TOML})


def graded(
    pset: ProblemSet, source: str, backend: Backend | None = None, writer: TranscriptWriter | None = None
) -> GradeReport:
    submission = Submission.from_files({"doubling.py": source.encode()}, pset)
    key = instance_key(b"s", submission.digest)
    return grade(pset, submission, backend or find("subprocess"), key=key, transcript=writer)


def test_a_forbidden_call_under_an_alias_is_a_flag_for_staff_and_costs_nothing(
    pset: ProblemSet, ready_backend: Callable[..., Backend]
) -> None:
    bubblewrap = ready_backend("bubblewrap")
    report = graded(pset, ALIAS, bubblewrap)
    (problem,) = report.problems
    assert report.score == 5.0
    assert problem.flags == SEEN
    assert "numpy.add" not in report.for_student().model_dump_json()
    unwatched = "import builtins\nbuiltins.__look__ = lambda called: called\n"
    hidden = graded(pset, unwatched + ALIAS, bubblewrap)
    assert (hidden.score, hidden.problems[0].flags) == (5.0, ())


def test_a_file_that_calls_nothing_forbidden_has_no_flag(pset: ProblemSet, right: bytes) -> None:
    source = right.decode() + "\nimport numpy\nprint(numpy.median([1.0, 2.0]))\n"
    assert graded(pset, source).problems[0].flags == ()


@pytest.mark.parametrize(
    ("lie", "flags"),
    [
        ("{'numpy.add': 10**30, 'a secret': 3, 'numpy.mean': 'a secret'}", [("numpy.add", 4 * 999_999)]),
        ("{'numpy.add': -1, 'numpy.mean': True}", []),
        ("['numpy.add']", []),
        ("object()", []),
        ("{'numpy.add': object}", []),
    ],
)
def test_what_a_guest_says_is_read_from_a_closed_list(
    pset: ProblemSet, right: bytes, lie: str, flags: list[tuple[str, int]]
) -> None:
    report = graded(pset, right.decode() + LIAR.replace("{lie}", lie))
    assert {(flag.name, flag.calls) for flag in report.problems[0].flags} == set(flags)
    assert {check.verdict for check in report.problems[0].checks} == {Verdict.PASSED}
    assert "secret" not in report.model_dump_json()


def test_a_crash_keeps_the_flags_of_the_checks_before_it(pset: ProblemSet) -> None:
    crash = ALIAS.replace("return x + by", "__import__('os')._exit(1)")
    (problem,) = graded(pset, crash).problems
    assert [check.verdict for check in problem.checks] == [Verdict.PASSED, Verdict.PASSED, Verdict.ERROR]
    assert problem.flags == SEEN


def test_a_replay_gives_the_same_flags_and_those_of_old_transcripts_are_none(
    pset: ProblemSet, make_pset: MakePset
) -> None:
    watched, unwatched = io.BytesIO(), io.BytesIO()
    allowed = make_pset("old", doubling={"problem.toml": TOML[: TOML.index("[")]})
    with TranscriptWriter(watched) as writer:
        report = graded(pset, ALIAS, writer=writer)
    with TranscriptWriter(unwatched) as writer:
        graded(allowed, ALIAS, writer=writer)
    submission = Submission.from_files({"doubling.py": ALIAS.encode()}, pset)
    again = grade_from_transcript(pset, submission, read_transcript(watched.getvalue()))
    assert again.report == report
    assert report.problems[0].flags == SEEN
    old = grade_from_transcript(pset, submission, read_transcript(unwatched.getvalue())).report
    assert old is not None
    assert (old.score, old.problems[0].flags) == (5.0, ())
    freed = grade_from_transcript(allowed, submission, read_transcript(watched.getvalue())).report
    assert freed is not None
    assert freed.problems[0].flags == ()
