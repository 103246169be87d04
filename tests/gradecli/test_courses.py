"""Which course a command is about."""

from __future__ import annotations

import pytest

from gradecli.courses import choose_course
from gradecli.errors import BadInputError
from gradecli.payloads import Enrolment, Me


def person(*courses: str, is_admin: bool = False) -> Me:
    enrolments = tuple(Enrolment(course=course, title=course, role="student") for course in courses)
    return Me(id="1", name="Ada", email="ada@example.edu", is_admin=is_admin, enrolments=enrolments)


def test_the_only_course_is_implied() -> None:
    assert choose_course(person("dl"), asked=None) == "dl"


def test_what_is_asked_wins_over_the_folder_which_wins_over_the_usual_one() -> None:
    me = person("a", "b", "c")
    assert choose_course(me, asked="a", folder="b", remembered="c") == "a"
    assert choose_course(me, asked=None, folder="b", remembered="c") == "b"
    assert choose_course(me, asked=None, remembered="c") == "c"
    assert choose_course(me, asked=None, folder="gone", remembered="c") == "c"


@pytest.mark.parametrize(
    ("me", "asked", "remembered", "sentence"),
    [
        (person("a", "b"), None, None, "several courses: a, b. Say which with --course NAME"),
        (person("a"), "b", None, "not in a course called b. You are in: a"),
        (person(), "b", None, "not in any course here yet"),
        (person(), None, None, "Ask your instructor to add ada@example.edu"),
        (person("a", "b"), None, "c", "Your usual course, c, is no longer one of yours"),
        (person(is_admin=True), None, None, "As an administrator, say which"),
    ],
)
def test_otherwise_it_says_what_to_do(
    me: Me, asked: str | None, remembered: str | None, sentence: str
) -> None:
    with pytest.raises(BadInputError, match=sentence):
        choose_course(me, asked=asked, remembered=remembered)


def test_an_admin_may_name_any_course() -> None:
    assert choose_course(person(is_admin=True), asked="x") == "x"
    assert choose_course(person(is_admin=True), asked=None, remembered="x") == "x"
