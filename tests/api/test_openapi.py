"""Whatever the API's own description allows, and much that it does not: each asked by everybody, each
answered as described."""

from __future__ import annotations

import copy
import os
import resource
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
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

LONG = bool(os.environ.get("GRADECLI_LONG"))
EXAMPLES = 300 if LONG else 3
EVERYBODY = ("ada", "tess", "iris", "root", "eve", None)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
GROWTH_BYTES = (1024 if LONG else 256) * 2**20  # what the generator keeps of its own is in it
SLOWEST_SECONDS = 20.0


def _operations(app: FastAPI) -> Iterator[Any]:
    """Each operation of the description. Who asks is decided here, so nothing is left to guess of that."""
    described = copy.deepcopy(app.openapi())
    described["components"].pop("securitySchemes", None)
    for operations in described["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(described)
    schema.app = app
    for found in schema.get_all_operations():
        yield found.ok()


@pytest.fixture
def named(open_school) -> dict[str, list[str]]:
    """What addresses may name here, by parameter: a guess would find nothing."""
    graded = open_school.submit("ada")
    open_school.grade(7.0)
    waiting = open_school.submit("ada", b"y = 2\n")
    open_school.app.state.watchers.closing = True  # else the events of what waits go on for a while
    return {"course": ["dl", "other"], "pset": ["pset1"], "submission": [graded, waiting]}


def _ask(school, operation: Any, named: dict[str, list[str]], answers: Counter[int]) -> None:
    """Send what the generator makes up for ``operation`` as each person in turn."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=not LONG,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def ask(data):
        mode = data.draw(st.sampled_from((GenerationMode.POSITIVE, GenerationMode.NEGATIVE)))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        for parameter, values in named.items():
            if parameter in (case.path_parameters or {}) and data.draw(st.integers(0, 3)):
                case.path_parameters[parameter] = data.draw(st.sampled_from(values))
        for who in EVERYBODY:
            case.headers.pop("Authorization", None)
            if who is not None:
                case.headers["Authorization"] = f"Bearer {school.tokens[who]}"
            if "idempotency-key" in case.headers and data.draw(st.booleans()):
                case.headers["idempotency-key"] = str(uuid.uuid4())
            began = time.monotonic()
            response = case.call()
            assert time.monotonic() - began < SLOWEST_SECONDS
            answers[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

    ask()


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_every_operation_answers_everybody_as_described(open_school, named):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wrong: dict[str, str] = {}
    answered: dict[str, Counter[int]] = {}
    for operation in _operations(open_school.app):
        answered[operation.label] = Counter()
        try:
            _ask(open_school, operation, named, answered[operation.label])
        except BaseException as error:  # every operation is asked; all that is wrong is told together
            wrong[operation.label] = str(error)

    assert not wrong, "\n\n".join(f"== {label}\n{said}" for label, said in wrong.items())
    # Nobody asked in vain: the addresses, the tokens and the people were right.
    reached = {label for label, answers in answered.items() if any(status < 400 for status in answers)}
    assert {"GET /api/v1/me", "GET /api/v1/submissions/{submission}"} <= reached
    assert all(answers.keys() - {HTTPStatus.UNAUTHORIZED} for answers in answered.values())
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < GROWTH_BYTES
