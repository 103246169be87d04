"""Recordings: what a reference answered is answered again, to the same questions and to no others."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from grader import BadSubmissionError
from grader.recording import (
    Exchange,
    RecordedSession,
    RecordingSession,
    exchanges_from_json,
    exchanges_to_json,
)
from sandbox import InProcessSession, load
from sandbox.errors import StudentExceptionError
from sandbox.remote import RemoteModule, module_from, observe, support, value

SOURCE = """
class Value:
    def __init__(self, data): self.data = data
    def __mul__(self, other): return Value(self.data * other)
def double(x): return 2 * x
def pair(x, scale=1): return x * scale, {"n": len(x)}
def same(x): return x
def fail(): raise ValueError("no")
"""


@pytest.fixture
def recorder() -> Iterator[RecordingSession]:
    with InProcessSession() as session:
        yield RecordingSession(session)


@pytest.fixture
def module(recorder: RecordingSession) -> RemoteModule:
    return load(recorder, {"a.py": SOURCE}, "a.py")


def replayed(recorder: RecordingSession) -> Any:
    """A module that answers from the recording, written as JSON and read back."""
    (exchanges,) = exchanges_from_json(exchanges_to_json({"check": tuple(recorder.exchanges)})).values()
    return module_from(RecordedSession(exchanges))


def conversation(module: Any) -> list[Any]:
    x = np.arange(4.0).reshape(2, 2)
    three = module.Value(np.float64(3.0)) * 2
    seen = observe(module.same, x)
    return [
        module.double(x.T), module.pair([1.5, np.nan], scale=2), module.double(slice(1,
        2)) if False else None,
        module.same({"k": (None, True, b"b", 2**70, 1j)}), value(three, "data"), seen.value, *seen.args_after,
        module.same(x[:, :0]), module.same(slice(1, None)),
    ]  # fmt: skip


def test_the_same_questions_have_the_same_answers(recorder: RecordingSession, module: RemoteModule) -> None:
    for live, recorded in zip(conversation(module), conversation(replayed(recorder)), strict=True):
        assert type(recorded) is type(live)
        assert repr(recorded) == repr(live)


def test_what_is_asked_with_a_function_of_support_is_recorded(recorder: RecordingSession) -> None:
    files = {"a.py": "def at_two(f): return f(2.0)", "support.py": "def cube(x): return x**3"}
    live = load(recorder, files, "a.py")
    assert live.at_two(value(support(live), "cube")) == 8.0
    recorded = replayed(recorder)
    assert recorded.at_two(value(support(recorded), "cube")) == 8.0
    other = replayed(recorder)
    with pytest.raises(BadSubmissionError):
        value(support(other), "square")


def test_tensors_are_recorded_too(recorder: RecordingSession, module: RemoteModule) -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor([1.0, float("nan")], dtype=torch.bfloat16)
    live = module.double(x)
    assert torch.equal(replayed(recorder).double(x).view(torch.int16), live.view(torch.int16))


def test_a_check_may_change_its_arrays_after_it_has_sent_or_received_them(
    recorder: RecordingSession, module: RemoteModule
) -> None:
    def numerical_gradient(module: Any) -> list[float]:
        x, found = np.ones(2), []
        for place in range(2):
            x[place] += 0.5
            answer = module.double(x)
            found.append(float(answer[place]))
            answer[:] = -1
            x[place] -= 0.5
        return found

    live = numerical_gradient(module)
    assert live == [3.0, 3.0]
    assert numerical_gradient(replayed(recorder)) == live


def test_numbers_may_differ_in_their_last_digits_between_machines(
    recorder: RecordingSession, module: RemoteModule
) -> None:
    x = np.array([1.0, 1e6])
    module.double(x)
    assert np.array_equal(replayed(recorder).double(x * (1 + 1e-12)), 2 * x)


@pytest.mark.parametrize(
    "ask",
    [
        lambda module: module.double(np.array([1.0, 2.5])),
        lambda module: module.double(np.array([1.0])),
        lambda module: module.double(np.array([1, 2])),
        lambda module: module.double([1.0, 2.0]),
        lambda module: module.double(1.0),
        lambda module: module.triple(np.array([1.0, 2.0])),
        lambda module: module.double(x=np.array([1.0, 2.0])),
        lambda module: module.double(),
        lambda module: observe(module.double, np.array([1.0, 2.0])),
        lambda module: value(module, "double"),
        lambda module: [module.double(np.array([1.0, 2.0])) for _ in range(2)],
    ],
)
def test_another_question_says_to_download_again(
    recorder: RecordingSession, module: RemoteModule, ask: Any
) -> None:
    module.double(np.array([1.0, 2.0]))
    with pytest.raises(BadSubmissionError, match="Download the set again with `gradecli start`"):
        ask(replayed(recorder))


def test_loading_is_not_recorded_and_neither_is_a_failure(
    recorder: RecordingSession, module: RemoteModule
) -> None:
    assert recorder.exchanges == []
    with pytest.raises(StudentExceptionError):
        module.fail()
    assert recorder.exchanges == []


def test_a_recording_holds_no_prints(recorder: RecordingSession) -> None:
    module = load(recorder, {"a.py": "def f():\n    print('hidden words')\n    return 1"}, "a.py")
    module.f()
    (exchange,) = recorder.exchanges
    assert exchange.answer.printed == ""


def test_recordings_of_several_checks_are_kept_apart(
    recorder: RecordingSession, module: RemoteModule
) -> None:
    module.double(1.0)
    recordings = {"one": tuple(recorder.exchanges), "two": (), "three": tuple(recorder.exchanges) * 2}
    again = exchanges_from_json(exchanges_to_json(recordings))
    assert {name: len(exchanges) for name, exchanges in again.items()} == {"one": 1, "two": 0, "three": 2}
    assert all(isinstance(exchange, Exchange) for exchange in again["three"])


def test_equal_recordings_make_equal_text(recorder: RecordingSession, module: RemoteModule) -> None:
    conversation(module)
    text = exchanges_to_json({"check": tuple(recorder.exchanges)})
    assert exchanges_to_json(exchanges_from_json(text)) == text


@pytest.mark.parametrize(
    "damage",
    [
        "", "{", "null", "[]", "3", '{"check": null}', '{"check": 3}', '{"check": [3]}', '{"check": [["a"]]}',
        '{"check": [["a", "b"]]}', '{"check": [["R0NX", "R0NX"]]}', '{"check": [[null, null]]}',
        '{"check": [["!!!!", "!!!!"]]}', '{"check": {"a": "b"}}', '{"check": [["", ""]]}',
    ],
)  # fmt: skip
def test_a_damaged_recording_is_refused(damage: str) -> None:
    with pytest.raises(ValueError):
        exchanges_from_json(damage)


def test_a_recording_whose_parts_are_exchanged_is_refused(
    recorder: RecordingSession, module: RemoteModule
) -> None:
    module.double(1.0)
    ((request, answer),) = json.loads(exchanges_to_json({"check": tuple(recorder.exchanges)}))["check"]
    for pair in ([answer, request], [request, request], [answer, answer]):
        with pytest.raises(ValueError, match="no recording"):
            exchanges_from_json(json.dumps({"check": [pair]}))
    cut = base64.b64encode(base64.b64decode(request)[:-1]).decode()
    with pytest.raises(ValueError):
        exchanges_from_json(json.dumps({"check": [[cut, answer]]}))
