"""Whatever the API's own description allows, and what it does not: asked as everybody, answered as described."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = pytest.mark.slow

EVERYBODY = ("ada", "tess", "iris", "root", "eve", None)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 200 if os.environ.get("GRADECLI_LONG") else 4
GROWTH_BYTES = 256 * 2**20
SLOWEST_SECONDS = 20.0


def _operations(app: FastAPI) -> Iterator[Any]:
    described = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    for found in described.get_all_operations():
        yield found.ok()


@pytest.fixture
def named(open_school) -> dict[str, list[str]]:
    """What addresses may name here, by parameter: a guess would find nothing."""
    graded, waiting = open_school.submit("ada"), None
    open_school.grade(7.0)
    waiting = open_school.submit("ada", b"y = 2\n")
    open_school.app.state.watchers.closing = True  # else the events of what waits go on for a while
    return {"course": ["dl", "other"], "pset": ["pset1"], "submission": [graded, waiting]}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("who", EVERYBODY)
def test_every_operation_answers_as_described(open_school, named, who):
    token = open_school.tokens.get(who)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wrong: dict[str, str] = {}

    for operation in _operations(open_school.app):

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(data=st.data())
        def ask(data, operation=operation):
            mode = data.draw(st.sampled_from((GenerationMode.POSITIVE, GenerationMode.NEGATIVE)))
            case = data.draw(operation.as_strategy(generation_mode=mode))
            for parameter, values in named.items():
                if parameter in (case.path_parameters or {}) and data.draw(st.booleans()):
                    case.path_parameters[parameter] = data.draw(st.sampled_from(values))
            began = time.monotonic()
            response = case.call(headers=headers)
            assert time.monotonic() - began < SLOWEST_SECONDS
            case.validate_response(response, checks=CHECKS)

        try:
            ask()
        except BaseException as error:  # every operation is asked; all that is wrong is told together
            wrong[operation.label] = str(error)

    assert not wrong, "\n\n".join(f"== {label}\n{said}" for label, said in wrong.items())
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < GROWTH_BYTES
