"""Advice is said beside a verdict, and never in its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.advising import Advisor, Budget
from grader.answers import Answers
from grader.authoring import Check, check
from grader.errors import NotRecordedError, PackageError
from grader.loading import LoadedCheck
from grader.report import CheckResult, Diagnosis, Verdict, Visibility
from grader.verification import InProcessAnswers
from sandbox.errors import InfrastructureError, ProcessDiedError
from tests.grader.conftest import MakePset


@check("Something holds", points=1)
def something(student: object, reference: object, rng: object) -> None:
    """Never run here."""


LOADED = (LoadedCheck(something, Visibility.HIDDEN),)
TOLD = Diagnosis(mistake="halved", sentence="You halve.")


def _result(verdict: Verdict) -> CheckResult:
    return CheckResult(
        name="something",
        title="Something holds",
        visibility=Visibility.HIDDEN,
        verdict=verdict,
        score=0.0,
        max_score=1.0,
    )


def _tell(_check: Check, result: CheckResult, _answers: Answers, _budget: Budget) -> CheckResult:
    return result.model_copy(update={"diagnosis": TOLD})


@pytest.fixture
def answers(make_pset: MakePset) -> Iterator[InProcessAnswers]:
    with InProcessAnswers(make_pset().problems[0], "") as found:
        yield found


@pytest.mark.parametrize("error", [KeyError(1), TypeError("odd"), NotRecordedError("not there")])
def test_a_look_that_stumbles_over_an_odd_answer_costs_neither_the_verdict_nor_the_other_looks(
    answers: InProcessAnswers, error: Exception
) -> None:
    def stumble(_check: Check, _result: CheckResult, _answers: Answers, _budget: Budget) -> CheckResult:
        raise error

    (advised,) = Advisor(LOADED, (stumble, _tell)).advise([_result(Verdict.FAILED)], answers, {"something"})
    assert advised == _result(Verdict.FAILED).model_copy(update={"diagnosis": TOLD})


def _died(*, maybe_ours: bool) -> ProcessDiedError:
    error = ProcessDiedError("signal 9")
    error.maybe_ours = maybe_ours
    return error


@pytest.mark.parametrize(("maybe_ours", "looks"), [(True, 2), (False, 1)])
def test_a_look_whose_guest_was_killed_by_who_knows_whom_is_made_once_more(
    answers: InProcessAnswers, maybe_ours: bool, looks: int
) -> None:
    made = []

    def look(_check: Check, result: CheckResult, _answers: Answers, _budget: Budget) -> CheckResult:
        made.append(result)
        if len(made) == 1:
            raise _died(maybe_ours=maybe_ours)
        return _tell(_check, result, _answers, _budget)

    (advised,) = Advisor(LOADED, (look,)).advise([_result(Verdict.FAILED)], answers, {"something"})
    assert len(made) == looks
    assert (advised.diagnosis == TOLD) is maybe_ours


def test_a_look_is_not_made_a_third_time(answers: InProcessAnswers) -> None:
    made = []

    def look(_check: Check, result: CheckResult, _answers: Answers, _budget: Budget) -> CheckResult:
        made.append(result)
        raise _died(maybe_ours=True)

    assert Advisor(LOADED, (look,)).advise([_result(Verdict.FAILED)], answers, {"something"}) == [
        _result(Verdict.FAILED)
    ]
    assert len(made) == 2


@pytest.mark.parametrize("error", [InfrastructureError("no sandbox"), PackageError(Path("checks"), "broken")])
def test_what_is_ours_is_told_and_not_taken_for_silence(answers: InProcessAnswers, error: Exception) -> None:
    def fail(_check: Check, _result: CheckResult, _answers: Answers, _budget: Budget) -> CheckResult:
        raise error

    with pytest.raises(type(error)):
        Advisor(LOADED, (fail,)).advise([_result(Verdict.ERROR)], answers, {"something"})


def test_only_what_was_answered_is_looked_at(answers: InProcessAnswers) -> None:
    dead = [_result(Verdict.ERROR)]
    assert Advisor(LOADED, (_tell,)).advise(dead, answers, ()) == dead
