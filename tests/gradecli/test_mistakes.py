"""What staff see of the mistakes of a class."""

from __future__ import annotations

import json
from typing import Any

import httpx2

FIELDS = {"problem": "linear", "check": "weights", "title": "dW is right"}
FOUND = {
    "pset": "pset1",
    "students": 80,
    "mistakes": [
        {
            **FIELDS,
            "mistake": "twice",
            "sentence": "You divide twice.",
            "students": 31,
            "examples": ["s1", "s2"],
        }
    ],
    "unnamed": [{**FIELDS, "message": "dW has wrong values.", "students": 37, "examples": ["s3"]}],
    "unnamed_alone": 1,
}
NOTHING = {"pset": "pset1", "students": 1, "mistakes": [], "unnamed": [], "unnamed_alone": 0}
PATH = ("GET", "/courses/dl/psets/pset1/mistakes")


def test_mistakes_come_with_their_count_and_an_unnamed_error_with_what_to_do(
    logged_in: Any, gradecli: Any
) -> None:
    logged_in.override[PATH] = httpx2.Response(200, json=FOUND)
    done = gradecli("mistakes", "pset1")
    assert done.exit_code == 0
    assert done.stdout == (
        "Mistakes in pset1, of 80 students with a grade:\n"
        "  31  linear/twice\n"
        "      You divide twice.\n"
        "      dW is right: s1, s2\n"
        "\n"
        "Errors without a name that several share:\n"
        "  37  linear/weights\n"
        "      dW has wrong values.\n"
        "      dW is right: s3\n"
        "\n"
        "Read one of them, name its mistake, publish the set again, and tell them all:\n"
        '  gradecli admit pset1 linear --from s3 --name NAME --sentence "You ..."\n'
        "  gradecli publish pset1\n"
        '  gradecli replay pset1 --reason "a mistake has a name"\n'
        "\n"
        "1 check failed by an error without a name that nobody else makes.\n"
    )


def test_a_section_is_asked_for_by_name(logged_in: Any, gradecli: Any) -> None:
    logged_in.override[PATH] = httpx2.Response(200, json=NOTHING)
    done = gradecli("mistakes", "pset1", "--section", "A")
    assert "No mistakes to tell in pset1, of 1 student with a grade." in done.stdout + done.stderr
    (asked,) = [one for one in logged_in.requests if one.url.path.endswith("/mistakes")]
    assert dict(asked.url.params) == {"section": "A"}


def test_json_is_for_programs(logged_in: Any, gradecli: Any) -> None:
    logged_in.override[PATH] = httpx2.Response(200, json=FOUND)
    assert json.loads(gradecli("mistakes", "pset1", "--json").stdout)["unnamed"][0]["students"] == 37
