"""A failed check is told its known mistake by what it answers, and nothing where that is not sure."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import Problem, ProblemSet, Submission, discover, grade, instance_key, load_pset
from grader.authoring import mistake
from grader.diagnosis import Finding, require_sound_mistakes
from grader.errors import PackageError
from grader.replay import grade_from_transcript
from grader.report import CheckResult, Diagnosis, GradeReport
from grader.transcripts import TranscriptWriter, read_transcript
from sandbox import find

Written = Callable[..., str]
Examine = Callable[[Problem, str, str], Finding]
Averages = Callable[..., ProblemSet]

SUM = "return np.add.reduce(x)"  # as `mean_is_the_sum`, written otherwise
CLIPS_ABOVE = "return np.array([min(one, low) for one in x])"
RECOGNISES = """
from grader.authoring import mistake

@mistake("counts_one_more", checks=("count",))
def counts_one_more(student, reference, rng):
    x = rng.normal(7)
    return student.count(x) == reference.count(x) + 1
"""


def _told(finding: Finding) -> str | None:
    return None if finding.diagnosis is None else finding.diagnosis.mistake


def test_a_known_mistake_is_named_however_it_is_written(
    averages: Averages, written: Written, examine: Examine
) -> None:
    found = examine(averages().problems[0], "mean", written(mean=SUM))
    assert found == Finding(
        Diagnosis(mistake="mean_is_the_sum", sentence="You add up the rows: divide by how many there are."),
        (),
    )


def test_a_second_mistake_in_another_function_does_not_hide_it(
    averages: Averages, written: Written, examine: Examine
) -> None:
    both = written(mean=SUM, clip="return x")
    assert _told(examine(averages().problems[0], "mean", both)) == "mean_is_the_sum"


def test_a_mistake_that_is_made_in_one_of_two_places_is_named(
    averages: Averages, written: Written, examine: Examine
) -> None:
    two = """
from grader.authoring import check, expect

@check("Mean and count are right", points=5)
def mean(student, reference, rng):
    x = rng.normal(3, 4)
    expect.close(student.mean(x), reference.mean(x), what="The mean")
    expect.close(student.clip(x, 0.0), reference.clip(x, 0.0), what="The clipping")
"""
    both = '"""You double everything."""\n' + written(
        mean="return 2 * x.mean(axis=0)", clip="return 2 * np.maximum(x, low)"
    )
    problem = averages(
        {
            "checks/hidden.py": two,
            "submissions/wrong_answer/doubles.py": both,
            "submissions/expectations.toml": '[wrong_answer]\ndoubles = ["mean"]\n',
        }
    ).problems[0]
    one = written(mean="return x.sum(axis=0) * 2 / len(x)")
    assert _told(examine(problem, "mean", one)) == "doubles"
    assert _told(examine(problem, "mean", written(mean="return 2 * x.mean(0)", clip="return x"))) is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("return x.mean(axis=0) * 1.5", id="other values"),
        pytest.param("return x.sum(axis=0) * (1 + 1e-7)", id="nearly the values of a known mistake"),
        pytest.param("return x.sum(axis=0).astype(np.float32)", id="another dtype"),
        pytest.param("return x.sum(axis=0)[None]", id="another shape"),
        pytest.param("raise ValueError", id="an exception"),
        pytest.param(
            "return x.sum(axis=0) if len(x) > 1 else x[0] * 2", id="a known mistake half of the time"
        ),
    ],
)
def test_it_stays_silent_about_anything_else(
    averages: Averages, written: Written, examine: Examine, body: str
) -> None:
    found = examine(averages().problems[0], "mean", written(mean=body))
    assert found.diagnosis is None
    assert found.signature


def test_a_right_answer_has_neither_diagnosis_nor_signature(
    averages: Averages, written: Written, examine: Examine
) -> None:
    problem = averages().problems[0]
    for check in ("mean", "clip", "count"):
        assert examine(problem, check, written()) == Finding(None, ())


def test_where_a_check_says_only_yes_or_no_everything_that_was_answered_decides(
    averages: Averages, written: Written, examine: Examine
) -> None:
    assert _told(examine(averages().problems[0], "clip", written(clip=CLIPS_ABOVE))) == "clips_above"


def test_a_few_small_numbers_prove_nothing(averages: Averages, written: Written, examine: Examine) -> None:
    body = "return int((x > 0).sum()) + 1"
    assert _told(examine(averages().problems[0], "count", written(count=body))) is None


def test_an_authored_recognition_decides_where_outputs_cannot(
    averages: Averages, written: Written, examine: Examine
) -> None:
    problem = averages({"submissions/mistakes.py": RECOGNISES}).problems[0]
    assert _told(examine(problem, "count", written(count="return 1 + (x > 0).tolist().count(True)"))) == (
        "counts_one_more"
    )
    assert _told(examine(problem, "count", written(count="return 1"))) is None
    assert _told(examine(problem, "count", written(count="raise ValueError"))) is None


def test_two_recognitions_that_both_hold_say_nothing(
    averages: Averages, written: Written, examine: Examine
) -> None:
    other = '\n@mistake("mean_of_columns", checks=("count",))\ndef other(*_):\n    return True\n'
    problem = averages({"submissions/mistakes.py": RECOGNISES + other}).problems[0]
    assert _told(examine(problem, "count", written(count="return int((x > 0).sum()) + 1"))) is None


def test_a_recognition_names_its_checks() -> None:
    with pytest.raises(TypeError, match="names of checks"):
        mistake("some", checks="mean")  # type: ignore[arg-type]


def test_two_known_mistakes_that_answer_alike_say_nothing(
    averages: Averages, written: Written, examine: Examine
) -> None:
    twin = '"""You forget to divide."""\n' + written(mean="return x.sum(axis=0)")
    expectations = "[wrong_answer]\n" + "\n".join(
        f'{name} = ["mean"]' for name in ("mean_is_the_sum", "not_divided", "mean_of_columns")
    )
    problem = averages(
        {"submissions/wrong_answer/not_divided.py": twin, "submissions/expectations.toml": expectations}
    ).problems[0]
    assert _told(examine(problem, "mean", written(mean=SUM))) is None
    assert _told(examine(problem, "mean", written(mean="return x.mean(1)"))) == "mean_of_columns"


def test_a_broken_expectation_is_the_packages_mistake(
    averages: Averages, written: Written, examine: Examine
) -> None:
    problem = averages({"submissions/expectations.toml": "[wrong_answer]\nmean_is_the_sum = 3\n"}).problems[0]
    with pytest.raises(PackageError, match="lists under"):
        examine(problem, "mean", written(mean=SUM))


@pytest.mark.parametrize(
    ("name", "check"), [("nobody", "count"), ("counts_one_more", "mean"), ("counts_one_more", "nothing")]
)
def test_publishing_refuses_a_recognition_of_what_there_is_not(
    averages: Averages, name: str, check: str
) -> None:
    changed = RECOGNISES.replace('"counts_one_more"', f'"{name}"').replace('("count",)', f'("{check}",)')
    problem = averages({"submissions/mistakes.py": changed}).problems[0]
    with pytest.raises(PackageError, match=f"recognises {name} by {check}"):
        require_sound_mistakes(problem)


def test_publishing_accepts_the_projects_own(curriculum: Path) -> None:
    for listing in discover(curriculum):
        for problem in load_pset(listing.folder).problems:
            require_sound_mistakes(problem)


def _signature(problem: Problem, examine: Examine, source: str) -> tuple[float, ...]:
    return examine(problem, "mean", source).signature


def test_signatures_are_alike_for_the_same_unknown_mistake_and_unlike_for_others(
    averages: Averages, written: Written, examine: Examine
) -> None:
    problem = averages().problems[0]
    one, same, other, shaped = (
        _signature(problem, examine, written(mean=body))
        for body in (
            "return x.mean(axis=0) ** 2",
            "m = sum(x) / len(x)\n    return m * m",
            "return x.mean(axis=0) ** 3",
            "return x",
        )
    )
    assert one[0] == same[0]
    assert one[1:] == pytest.approx(same[1:], rel=1e-9)
    assert other[0] == one[0]
    assert other[1:] != pytest.approx(one[1:], rel=0.01)
    assert shaped[0] != one[0]


def test_a_signature_is_finite_whatever_comes_back(
    averages: Averages, written: Written, examine: Examine
) -> None:
    problem = averages().problems[0]
    for body in ("return x[0] * 0 + 1.7e308", "return x[0] * np.nan", "return x[0] / 0", "return [10**400]"):
        found = _signature(problem, examine, written(mean=body))
        assert found
        assert all(map(math.isfinite, found))


class _Graded:
    """A submission graded in a sandbox, with its transcript."""

    def __init__(self, pset: ProblemSet, source: str) -> None:
        self.submission = Submission.from_files({"averages.py": source.encode()}, pset)
        file = io.BytesIO()
        with TranscriptWriter(file) as writer:
            self.report: GradeReport = grade(
                pset,
                self.submission,
                find("subprocess"),
                key=instance_key(b"s", self.submission.digest),
                transcript=writer,
            )
        self.transcript = read_transcript(file.getvalue())

    def again(self, pset: ProblemSet) -> GradeReport:
        replayed = grade_from_transcript(pset, self.submission, self.transcript)
        assert replayed.report is not None
        return replayed.report


def _check(report: GradeReport, name: str) -> CheckResult:
    return next(check for check in report.problems[0].checks if check.name == name)


def test_a_report_tells_the_student_the_mistake_and_keeps_the_signature_for_staff(
    averages: Averages, written: Written
) -> None:
    pset = averages()
    graded = _Graded(pset, written(mean=SUM, clip="return x"))
    told = _check(graded.report.for_student(), "mean").diagnosis
    assert told is not None
    assert told.sentence == "You add up the rows: divide by how many there are."
    assert _check(graded.report, "clip").signature
    assert _check(graded.report.for_student(), "clip").signature == ()
    assert graded.again(pset) == graded.report


def test_a_new_wrong_answer_reaches_a_graded_submission_without_running_it(
    averages: Averages, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    pset = averages()
    graded = _Graded(pset, written(mean="return x.mean(axis=0) ** 2"))
    assert _check(graded.report, "mean").diagnosis is None
    folder = pset.problems[0].folder / "submissions"
    (folder / "wrong_answer" / "squared.py").write_text(
        '"""You square the mean."""\n' + written(mean="m = x.mean(axis=0)\n    return m * m")
    )
    with (folder / "expectations.toml").open("a") as file:
        file.write('squared = ["mean"]\n')

    monkeypatch.setattr("sandbox.Sandbox.__init__", lambda *_: pytest.fail("a sandbox was started"))
    again = graded.again(pset)
    assert _check(again, "mean").diagnosis == Diagnosis(mistake="squared", sentence="You square the mean.")
    assert again.score == graded.report.score
