"""Replay: the same report without student code, and corrected checks on the recorded answers."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sandbox
from grader import GradeReport, ProblemSet, Submission, grade, instance_key, load_pset
from grader.errors import TranscriptError
from grader.replay import Replayed, Replayer, grade_from_transcript
from grader.transcripts import Transcript, TranscriptWriter, read_transcript
from sandbox import find

WritePset = Callable[..., Path]
CHECKS = "from grader.authoring import *\nimport numpy as np\n"
TIGHT = (
    CHECKS
    + """
@check("Arrays are doubled", points=5)
def doubled(student, reference, rng):
    x = rng.normal(*rng.sizes(2, 2, 6))
    expect.close(student.double(x), reference.double(x), what="the result", rtol=1e-9)
"""
)
CALL_1 = "its call 1 (call) is not the recorded one"
NEARLY = "def double(x): return 2.000001 * x\ndef shift(x, by): return x + by\n"


class Recorded:
    """A submission graded once, with what was written down."""

    def __init__(self, pset: ProblemSet, source: str, **more: Any) -> None:
        self.submission = Submission.from_files({pset.problems[0].file_name: source.encode()}, pset)
        file = io.BytesIO()
        with TranscriptWriter(file) as writer:
            self.report: GradeReport = grade(
                pset,
                self.submission,
                find("subprocess"),
                key=instance_key(b"s", self.submission.digest),
                transcript=writer,
                **more,
            )
        self.transcript: Transcript = read_transcript(file.getvalue())

    def again(self, pset: ProblemSet) -> Replayed:
        return grade_from_transcript(pset, self.submission, self.transcript)


@pytest.fixture
def change(write_pset: WritePset) -> Callable[..., ProblemSet]:
    """``change(hidden=..., toml=...)``: the doubling set with these files; each call is a new version."""
    folder = write_pset(doubling={"checks/hidden.py": TIGHT})

    def version(**files: str) -> ProblemSet:
        names = {"hidden": "checks/hidden.py", "public": "checks/public.py", "toml": "problem.toml"}
        for name, text in files.items():
            (folder / "doubling" / names.get(name, f"{name}.py")).write_text(text)
        return load_pset(folder)

    return version


Change = Callable[..., ProblemSet]


def the_check(replayed: Replayed, name: str = "doubled") -> Any:
    assert replayed.report is not None, replayed.divergences
    return next(c for problem in replayed.report.problems for c in problem.checks if c.name == name)


def reason(replayed: Replayed) -> str:
    assert replayed.report is None
    ((problem, check, why),) = replayed.divergences
    return f"{problem}/{check}: {why}"


FAULTS = {
    "right": "def double(x): return x + x\n",
    "wrong": "def double(x): return 3 * x\n",
    "prints": "def double(x):\n    print('saw', x.shape)\n    return x + x\n",
    "raises": "def double(x):\n    raise KeyError('a')\n",
    "odd": "def double(x): return {'a': None}\n",
    "handle": "class A: pass\ndef double(x): return A()\n",
    "unsupported": "def double(x): return [object] * 20000\n",
    "missing": "def triple(x): return x\n",
    "signature": "def double(): return 1\n",
    "dies": "import os\ndef double(x): os._exit(3)\n",
    "too long": "def double(x):\n    while True: pass\n",
    "floods": "def double(x):\n    for _ in range(10**6): print('many words')\n",
    "syntax": "def double(x:\n",
    "import": "import no_such_library\n",
    "random": "import numpy as np\ndef double(x): return 2 * x + np.random.normal()\n",
    "counts": "calls = []\ndef double(x):\n    calls.append(1)\n    return len(calls) * 2 * x\n",
}


@pytest.mark.parametrize("source", FAULTS.values(), ids=FAULTS.keys())
def test_a_replay_of_the_same_set_gives_the_same_report(change: Change, source: str) -> None:
    pset = change(toml='title = "D"\npoints = 5\nruntime = "numpy"\n[limits]\ntime_seconds = 1.5\n')
    recorded = Recorded(pset, source)
    replayed = recorded.again(pset)
    assert replayed.report is not None, replayed.divergences
    assert replayed.report.model_dump_json() == recorded.report.model_dump_json()


def test_no_student_code_runs_and_no_sandbox_starts(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    pset = change()
    recorded = Recorded(pset, NEARLY)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr("subprocess.Popen", refuse)
    monkeypatch.setattr(sandbox.session.Sandbox, "__init__", refuse)
    assert recorded.again(pset).report == recorded.report


def test_a_corrected_tolerance_changes_the_score_on_the_same_instance(change: Change) -> None:
    recorded = Recorded(change(), NEARLY)
    assert recorded.report.score == 0
    loose = change(hidden=TIGHT.replace("1e-9", "1e-4"))
    passed = the_check(recorded.again(loose))
    assert (passed.score, passed.verdict) == (5.0, "passed")
    assert passed.instance == recorded.report.problems[0].checks[1].instance


def test_a_tolerance_made_tighter_takes_points(change: Change) -> None:
    recorded = Recorded(change(hidden=TIGHT.replace("1e-9", "1e-4")), NEARLY)
    assert recorded.report.score == 5.0
    assert the_check(recorded.again(change(hidden=TIGHT))).verdict == "failed"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('what="the result"', 'what="your array"', "your array has wrong values."),
        ("Arrays are doubled", "Every array is doubled", "the result has wrong values."),
        ("def doubled", "def twice_the_array", "the result has wrong values."),
    ],
)
def test_sentences_titles_and_names_may_change(change: Change, old: str, new: str, told: str) -> None:
    recorded = Recorded(change(), "def double(x): return 3 * x\n")
    replayed = recorded.again(change(hidden=TIGHT.replace(old, new)))
    (found,) = (c for c in replayed.report.problems[0].checks if c.max_score) if replayed.report else ()
    assert (found.verdict, found.message) == ("failed", told)
    assert new in (found.title, f"def {found.name}", f'what="{found.message[:10]}"')


def test_points_may_change(change: Change) -> None:
    recorded = Recorded(change(), FAULTS["right"])
    toml = 'title = "D"\npoints = 8\nruntime = "numpy"\n'
    report = recorded.again(change(toml=toml, hidden=TIGHT.replace("points=5", "points=8"))).report
    assert report is not None
    assert (report.score, report.max_score) == (8.0, 8.0)
    assert report.problems[0].digest != recorded.report.problems[0].digest


ANOTHER = """
@check("The shape stays", points=1)
def shape_stays(student, reference, rng):
    x = rng.normal(*rng.sizes(2, 2, 6))
    expect.shape(student.double(x), x.shape, what="the result")
"""


def test_a_new_check_that_asks_recorded_calls_is_answered_from_them(change: Change) -> None:
    recorded = Recorded(change(), "def double(x): return 3 * x\n")
    new = change(hidden=TIGHT.replace("points=5", "points=4") + ANOTHER)
    replayed = recorded.again(new)
    assert the_check(replayed, "shape_stays").verdict == "passed"
    assert the_check(replayed).verdict == "failed"
    assert replayed.report is not None
    assert replayed.report.score == 1.0


def test_a_corrected_reference_needs_no_student_code(change: Change) -> None:
    recorded = Recorded(change(), FAULTS["right"])
    fixed = change(reference="def double(x): return 3 * x\ndef shift(x, by): return x + by\n")
    assert the_check(recorded.again(fixed)).verdict == "failed"


def test_a_check_that_asks_less_is_answered(change: Change) -> None:
    twice = TIGHT + "    expect.close(student.double(-x), reference.double(-x), what='the other')\n"
    recorded = Recorded(change(hidden=twice), FAULTS["right"])
    assert the_check(recorded.again(change(hidden=TIGHT))).verdict == "passed"


# Where calls differ ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("student.double(x)", "student.double(x + 0.0 * x)", None),
        ("student.double(x)", "student.double(np.nextafter(x, 9))", CALL_1),
        ("student.double(x)", "student.shift(x)", CALL_1),
        ("student.double(x)", "value(student, 'double')", "its call 1 (get) is not the recorded one"),
        ("student.double(x)", "student.double(x.astype('f4'))", CALL_1),
        ("student.double(x)", "student.double(x=x)", CALL_1),
        ("student.double(x)", "student.double(student.double(x))", "it asks more than the 1 recorded calls"),
        ('points=5)', "points=5, fresh_sandbox=True)", "it asks for a sandbox of its own now"),
    ],
)  # fmt: skip
def test_another_call_diverges_and_says_which(change: Change, old: str, new: str, why: str | None) -> None:
    recorded = Recorded(change(), FAULTS["right"])
    replayed = recorded.again(change(hidden=TIGHT.replace(old, new)))
    if why is None:  # the same number bit for bit, however it was come by
        assert replayed.report is not None
    else:
        assert reason(replayed) == f"doubling/doubled: {why}"


def test_a_check_that_hides_what_its_calls_raise_diverges_all_the_same(change: Change) -> None:
    recorded = Recorded(change(), FAULTS["right"])
    hiding = TIGHT + "    try: student.double(1)\n    except Exception: pass\n"
    assert "asks more than the 1 recorded calls" in reason(recorded.again(change(hidden=hiding)))


def test_every_check_that_diverges_is_named(change: Change) -> None:
    recorded = Recorded(change(hidden=TIGHT.replace("points=5", "points=4") + ANOTHER), FAULTS["right"])
    other = (TIGHT.replace("points=5", "points=4") + ANOTHER).replace("rng.normal(", "rng.uniform(")
    replayed = recorded.again(change(hidden=other))
    assert [check for _problem, check, _why in replayed.divergences] == ["doubled", "shape_stays"]


def test_a_check_that_was_skipped_then_must_be_run(change: Change) -> None:
    needing = ANOTHER.replace("points=1", "points=1, needs=('doubled',)")
    text = TIGHT.replace("points=5", "points=4") + needing
    recorded = Recorded(change(hidden=text), NEARLY)
    replayed = recorded.again(change(hidden=text.replace("1e-9", "1e-4")))
    assert reason(replayed).startswith("doubling/shape_stays: it was skipped then")


def test_a_new_hidden_check_is_not_answered_on_published_inputs(change: Change) -> None:
    public = TIGHT.replace(", points=5", "").replace("def doubled", "def example")
    recorded = Recorded(change(public=public), FAULTS["right"])
    asks_like_the_public_one = TIGHT.replace("points=5", "points=4") + ANOTHER.replace(
        "rng.normal(*rng.sizes(2, 2, 6))", "rng.normal(3)"
    )
    assert reason(recorded.again(change(hidden=asks_like_the_public_one))) == (
        "doubling/shape_stays: it is new, and asks what no check asked then"
    )


def test_a_hidden_check_that_became_public_must_be_run(change: Change) -> None:
    recorded = Recorded(change(), FAULTS["prints"])
    published = TIGHT.replace(", points=5", "")
    new = change(public=published, hidden=TIGHT.replace("def doubled", "def hidden_one"))
    replayed = recorded.again(new)
    assert "doubled" in {check for _, check, _ in replayed.divergences}


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ("memory_mib = 2048", "the problem has another runtime or memory limit now"),
        ("memory_mib = 64", "the problem has another runtime or memory limit now"),
    ],
)
def test_other_limits_on_memory_must_be_run(change: Change, limits: str, why: str) -> None:
    recorded = Recorded(change(), FAULTS["right"])
    new = change(toml=f'title = "D"\npoints = 5\nruntime = "numpy"\n[limits]\n{limits}\n')
    assert reason(recorded.again(new)) == f"doubling/: {why}"


def limited(seconds: float) -> str:
    return f'title = "D"\npoints = 5\nruntime = "numpy"\n[limits]\ntime_seconds = {seconds}\n'


def test_time_limits_may_change_where_the_recorded_time_decides(change: Change) -> None:
    late = Recorded(change(toml=limited(1.0)), FAULTS["too long"])
    assert "took longer than the 0.5 s" in the_check(late.again(change(toml=limited(0.5)))).message
    assert {why for _, _, why in late.again(change(toml=limited(2.0))).divergences} == {
        "the code was stopped at a time limit that is longer now"
    }
    slow = Recorded(
        change(toml=limited(5.0)), "import time\ndef double(x):\n    time.sleep(0.3)\n    return 2 * x"
    )
    assert the_check(slow.again(change(toml=limited(9.0)))).verdict == "passed"
    assert {why for _, _, why in slow.again(change(toml=limited(0.2))).divergences} == {
        "the code took longer then than the time limit is now"
    }


def test_published_code_that_changed_must_be_run(change: Change) -> None:
    recorded = Recorded(change(support="A = 1\n"), FAULTS["right"])
    assert "support.py" in reason(recorded.again(change(support="A = 2\n")))


def test_what_was_forbidden_then_was_not_run(change: Change) -> None:
    toml = 'title = "D"\npoints = 5\nruntime = "numpy"\nforbidden = ["numpy.add"]\n'
    recorded = Recorded(change(toml=toml), "import numpy as np\ndef double(x): return np.add(x, x)\n")
    allowed = change(toml=toml.replace("numpy.add", "numpy.sum"))
    assert reason(recorded.again(allowed)) == "doubling/: the problem's file was not run then"


def test_what_is_forbidden_now_needs_no_run(change: Change) -> None:
    recorded = Recorded(change(), "import numpy as np\ndef double(x): return np.add(x, x)\n")
    toml = 'title = "D"\npoints = 5\nruntime = "numpy"\nforbidden = ["numpy.add"]\n'
    assert the_check(recorded.again(change(toml=toml))).verdict == "forbidden"


def test_another_submission_s_transcript_is_refused(change: Change) -> None:
    pset = change()
    one, other = Recorded(pset, FAULTS["right"]), Recorded(pset, FAULTS["wrong"])
    with pytest.raises(TranscriptError, match="another submission"):
        grade_from_transcript(pset, one.submission, other.transcript)


def test_a_transcript_holds_one_instance_of_each_check(change: Change) -> None:
    with pytest.raises(ValueError, match="one instance of each check"):
        Recorded(change(), FAULTS["right"], instance="all")


# Many at once ------------------------------------------------------------------------------------


def test_a_reference_s_answers_are_calculated_once_for_equal_questions(
    change: Change, tmp_path: Path
) -> None:
    log = tmp_path / "asked"
    noting = f"def double(x):\n    with open({str(log)!r}, 'a') as log: log.write('x')\n    return 2 * x\n"
    pset = change(reference=noting)
    recorded = [Recorded(pset, FAULTS["right"] + "\n" * n, instance=3) for n in range(3)]
    log.write_text("")
    with Replayer(pset) as replayer:
        for one in recorded:
            assert replayer.replay(one.submission, one.transcript).report == one.report
    assert log.read_text() == "xx"  # once in each of the two checks


def test_a_reference_that_is_fed_a_student_s_values_answers_each_submission_anew(change: Change) -> None:
    feeding = (
        CHECKS
        + """
@check("Twice is four times", points=5)
def doubled(student, reference, rng):
    x = rng.normal(3)
    first = reference.double(x)
    expect.close(student.double(student.double(x)), reference.double(student.double(x)), what="it", rtol=1e-9)
    expect.close(reference.double(first), 4 * x, what="a reference asked before and after")
"""
    )
    pset = change(hidden=feeding)
    sources = [FAULTS["right"], NEARLY, FAULTS["wrong"], FAULTS["counts"], FAULTS["right"] + "\n"]
    recorded = [Recorded(pset, source, instance=0) for source in sources]
    with Replayer(pset) as replayer:
        for one in recorded + recorded[::-1]:
            assert replayer.replay(one.submission, one.transcript).report == one.report
