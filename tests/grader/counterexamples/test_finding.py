"""A small failing example is found for a wrong answer, comes out the same when pasted, and is true."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grader import Problem, ProblemSet
from grader.answers import Listen, Trial
from grader.authoring import Check
from grader.counterexamples import Examples, find_example
from grader.counterexamples.pasting import paste
from grader.counterexamples.writing import MOST_LINES
from grader.loading import load_checks
from grader.transcripts.records import Purpose
from grader.verification import InProcessAnswers
from sandbox import Session, load
from sandbox.errors import TimeLimitError
from sandbox.session import Answer
from sandbox.wire.messages import Operation
from tests.grader.counterexamples.conftest import WRONG, FindExample, written


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # as in a sandbox
def test_every_wrong_answer_gets_a_small_example_that_comes_out_the_same_when_pasted(
    small: Problem, find: FindExample
) -> None:
    found = {name: find(small, written(**bodies)) for name, bodies in WRONG.items()}
    assert [name for name, one in found.items() if one is None] == []
    cases = [(written(**WRONG[name]), one.example) for name, one in found.items() if one is not None]
    for pasted, (name, one) in zip(paste(small, cases), found.items(), strict=True):
        assert one is not None
        assert pasted.agrees(one.example), (name, one.example, pasted)
        assert one.numbers <= 12
        assert one.example.code.count("\n") < MOST_LINES
        assert one.example.got != one.example.right


def test_an_example_is_a_call_and_what_it_gives(small: Problem, find: FindExample) -> None:
    found = find(small, written(mean="return x.sum(axis=0)"))
    assert found is not None
    lines = found.example.code.splitlines()
    assert lines[:2] == ["import numpy as np", "from small import mean"]
    assert lines[2].startswith("mean(np.array(")


def test_a_right_answer_gets_none(small: Problem, find: FindExample) -> None:
    assert find(small, written()) is None


def test_where_an_accepted_answer_differs_from_the_reference_nothing_is_shown(
    make_pset: Callable[..., ProblemSet], find: FindExample
) -> None:
    free = make_pset(
        free={
            "problem.toml": 'title = "Free"\npoints = 1\nruntime = "numpy"\n',
            "reference.py": "def sides(x):\n    return x, -x\n",
            "checks/public.py": (
                "from grader.authoring import check\n\n@check('There are sides')\n"
                "def there(student, reference, rng):\n    student.sides(1.0)\n"
            ),
            "checks/hidden.py": (
                "from grader.authoring import check, expect\n\n@check('In any order', points=1)\n"
                "def any_order(student, reference, rng):\n"
                "    x = float(rng.normal())\n"
                "    expect.close(sorted(student.sides(x)), sorted((x, -x)), what='The sides')\n"
            ),
            "submissions/accepted/other.py": "def sides(x):\n    return -x, x\n",
        }
    ).problems[0]
    assert find(free, "def sides(x):\n    return x, x\n") is None


class _Endless(InProcessAnswers):
    """Answers of a file that never answers a call."""

    def trial(self, check: Check, purpose: Purpose, number: int, seconds: float, listen: Listen) -> Trial:
        session = listen(_Stuck(self._session))
        return Trial(1, load(session, self._files, self._problem.file_name))


class _Stuck:
    def __init__(self, session: Session) -> None:
        self._session = session

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        if operation is Operation.LOAD:
            return self._session.request(operation, *operands)
        raise TimeLimitError(1.0)


def test_a_file_that_never_answers_has_no_example_and_no_error(small: Problem) -> None:
    checks = [check for check, _visibility in load_checks(small)]
    with _Endless(small, written()) as answers, Examples(small) as examples:
        assert find_example(examples, answers, checks) is None


@pytest.mark.parametrize("body", ["raise NotImplementedError", "return object()"])
def test_what_the_message_has_said_already_is_not_shown_again(
    body: str, small: Problem, find: FindExample
) -> None:
    found = find(small, written(mean=body))
    assert found is None or "NotImplementedError" not in found.example.got


def test_what_a_file_says_in_an_exception_is_short_and_clean(small: Problem, find: FindExample) -> None:
    found = find(small, written(mean="raise ValueError('\\x1b[31m' + 'x' * 5000 + chr(10) + 'second')"))
    assert found is not None
    assert len(found.example.got) < 200
    assert "\x1b" not in found.example.got
    assert "second" not in found.example.got
