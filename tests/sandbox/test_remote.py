"""A student's module and objects as a check sees them, over the guest's own code in this process."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from sandbox.errors import MemoryLimitError, ProtocolViolationError, StudentExceptionError
from sandbox.inprocess import InProcessSession
from sandbox.remote import (
    MAX_ITEMS,
    RemoteModule,
    RemoteObject,
    load,
    load_state,
    observe,
    set_value,
    state,
    support,
    value,
    vjp,
)
from sandbox.session import MAX_PRINTED, Answer, Session
from sandbox.wire import HandleRef
from sandbox.wire.messages import Operation

VALUE = """
class Value:
    made = 0
    def __init__(self, data):
        self.data = data
        Value.made += 1
    def __add__(self, other): return Value(self.data + getattr(other, "data", other))
    def __radd__(self, other): return Value(other + self.data)
    def __sub__(self, other): return Value(self.data - getattr(other, "data", other))
    def __rsub__(self, other): return Value(other - self.data)
    def __mul__(self, other): return Value(self.data * getattr(other, "data", other))
    __rmul__ = __mul__
    def __truediv__(self, other): return Value(self.data / getattr(other, "data", other))
    def __rtruediv__(self, other): return Value(other / self.data)
    def __floordiv__(self, other): return Value(self.data // other)
    def __mod__(self, other): return Value(self.data % other)
    def __pow__(self, other): return Value(self.data ** other)
    def __rpow__(self, other): return Value(other ** self.data)
    def __matmul__(self, other): return Value(("matmul", self.data, other))
    def __neg__(self): return Value(-self.data)
    def __pos__(self): return Value(+self.data)
    def __abs__(self): return Value(abs(self.data))
    def __eq__(self, other): return self.data == getattr(other, "data", other)
    def __lt__(self, other): return self.data < getattr(other, "data", other)
    def __le__(self, other): return self.data <= getattr(other, "data", other)
    def __float__(self): return float(self.data)
    def __bool__(self): return self.data != 0
    def __call__(self, x, scale=1): return self.data * x * scale
    def same(self): return self
class Box:
    def __init__(self, items): self.items = list(items)
    def __len__(self): return len(self.items)
    def __getitem__(self, key): return self.items[key]
    def __setitem__(self, key, item): self.items[key] = item
    def __contains__(self, item): return item in self.items
    def __iter__(self): return iter(self.items)
def total(values): return sum(v.data for v in values)
def pair(): return Value(1), [Value(2)], {"three": Value(3)}
def count(n):
    for i in range(n): yield i
def forever():
    while True: yield 0
def talk(text):
    print(text)
    return 1
def talk_and_fail(text):
    print(text)
    raise ValueError("no")
def fill(x):
    x[:] = 7
    return None
"""


SUPPORT = """
CALLS = 0
def double(x):
    global CALLS
    CALLS += 1
    return 2 * x
"""


class Listening:
    """A session that keeps what it is asked, and can be told what to answer instead."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.asked: list[tuple[Operation, tuple[object, ...]]] = []
        self.released: list[int] = []
        self.instead: Callable[[], object] | None = None

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        self.asked.append((operation, operands))
        self.released += release
        if self.instead is not None:
            return Answer(self.instead(), "")
        return self._session.request(operation, *operands, time_limit=time_limit, release=release)


@pytest.fixture
def session() -> Iterator[Listening]:
    with InProcessSession() as inner:
        yield Listening(inner)


@pytest.fixture
def module(session: Listening) -> RemoteModule:
    return load(session, {"value.py": VALUE}, "value.py", seed=3, time_limit=5.0)


def torch_module(session: Session, source: str) -> Any:
    pytest.importorskip("torch")
    return load(session, {"net.py": f"import torch\n{source}"}, "net.py")


# Calls, attributes, operators --------------------------------------------------------------------


def test_functions_are_called_with_positional_and_named_arguments(module: RemoteModule) -> None:
    three = module.Value(data=3)
    assert three(2, scale=5) == 30
    assert module.total([module.Value(1), module.Value(2)]) == 3


def test_attributes_are_read_and_set_by_name(module: RemoteModule) -> None:
    three = module.Value(3)
    assert value(three, "data") == 3
    set_value(three, "data", np.arange(2))
    assert np.array_equal(value(three, "data"), np.arange(2))
    assert value(value(three, "same")(), "data")[1] == 1
    assert value(module, "Value").__class__ is RemoteObject


@pytest.mark.parametrize(
    ("operate", "expected"),
    [
        (lambda v: v + 2, 8), (lambda v: 2 + v, 8), (lambda v: v - 2, 4), (lambda v: 2 - v, -4),
        (lambda v: v * 2, 12),
        (lambda v: 2 * v, 12), (lambda v: v / 4, 1.5), (lambda v: 3 / v, 0.5), (lambda v: v // 4, 1),
        (lambda v: v % 4, 2), (lambda v: v**2, 36), (lambda v: 2**v, 64), (lambda v: v @ 1, ("matmul", 6, 1)),
        (lambda v: -v, -6), (lambda v: +v, 6), (lambda v: abs(-v), 6), (lambda v: v + v * v, 42),
    ],
)  # fmt: skip
def test_operators_give_new_objects(
    module: RemoteModule, operate: Callable[[Any], Any], expected: object
) -> None:
    assert value(operate(module.Value(6)), "data") == expected


def test_comparisons_and_conversions_give_plain_values(module: RemoteModule) -> None:
    one, two = module.Value(1), module.Value(2)
    assert [one < two, one <= two, one > two, one >= two, one == two, one != two] == [1, 1, 0, 0, 0, 1]
    assert float(two) == 2.0
    assert bool(one)
    assert not module.Value(0)


def test_a_container_is_indexed_set_measured_and_searched(module: RemoteModule) -> None:
    box = module.Box([1, 2, 3])
    box[0] = 9
    assert (box[0], box[1:], len(box), 9 in box, 4 in box) == (9, [2, 3], 3, True, False)
    assert list(box) == [9, 2, 3]


def test_numpys_numbers_on_the_left_of_an_operator_leave_it_to_the_object(
    session: Listening, module: RemoteModule
) -> None:
    two = module.Value(2)
    before = len(session.asked)
    assert value(np.float64(1.5) * two, "data") == 3.0
    assert value(np.float64(1.5) - two, "data") == -0.5
    assert len(session.asked) == before + 4


def test_objects_inside_answers_and_arguments_are_handles_too(module: RemoteModule) -> None:
    one, (two,), third = module.pair()
    assert [value(v, "data") for v in (one, two, third["three"])] == [1, 2, 3]
    assert module.total((one, two, third["three"])) == 6


def test_objects_are_not_hashable_and_dunder_names_are_not_looked_up(
    session: Listening, module: RemoteModule
) -> None:
    before = len(session.asked)
    one = module.Value(1)
    with pytest.raises(TypeError):
        hash(one)
    assert not hasattr(module, "__array__")
    assert not hasattr(one, "__wrapped__")
    assert len(session.asked) == before + 1


# Iteration ---------------------------------------------------------------------------------------


def test_iteration_is_one_request_and_bounded(session: Listening, module: RemoteModule) -> None:
    three = module.count(3)
    before = len(session.asked)
    assert [*iter(three)] == [0, 1, 2]
    assert len(session.asked) == before + 1
    assert len([*iter(module.count(MAX_ITEMS))]) == MAX_ITEMS
    for endless in (module.count(MAX_ITEMS + 1), module.forever()):
        with pytest.raises(ProtocolViolationError, match="more than"):
            iter(endless)


def test_list_of_an_object_without_a_length_works(module: RemoteModule) -> None:
    assert list(module.count(3)) == [0, 1, 2]
    with pytest.raises(TypeError):
        len(module.count(3))


@pytest.mark.parametrize(
    "answer",
    [None, 3, (), ([],), ([], 1), ((), True), ([], True, 0), ([0] * (MAX_ITEMS + 1), True), HandleRef(5, "x"),
     (HandleRef(5, "x"), True)],
    ids=lambda answer: str(answer)[:30],
)  # fmt: skip
def test_items_that_do_not_come_back_as_items_are_a_violation(
    session: Listening, module: RemoteModule, answer: object
) -> None:
    box = module.Box([1])
    session.instead = lambda: answer
    with pytest.raises(ProtocolViolationError):
        iter(box)


@pytest.mark.parametrize(
    "ask",
    [len, bool, float, state, lambda box: observe(box, 1), lambda box: vjp(box, 1, cotangent=1)],
    ids=["len", "bool", "float", "state", "observe", "vjp"],
)
@pytest.mark.parametrize(
    "answer", [None, "text", [1], (1,), (1, (), {}), (1, 2), (1, ()), (1, (2,), []), (1, [2]), (1, (2, 3))],
    ids=str
)  # fmt: skip
def test_an_answer_of_another_type_is_a_violation(
    session: Listening, module: RemoteModule, ask: Callable[[Any], object], answer: object
) -> None:
    box = module.Box([1])
    session.instead = lambda: answer
    with pytest.raises(ProtocolViolationError):
        ask(box)


@pytest.mark.parametrize(
    "answer", [None, (), [], 5, (5,), (None, None), ([HandleRef(1, "module")],)], ids=str
)
def test_loading_that_gives_no_module_is_a_violation(session: Listening, answer: object) -> None:
    session.instead = lambda: answer
    with pytest.raises(ProtocolViolationError):
        load(session, {"value.py": VALUE}, "value.py")


@pytest.mark.parametrize("answer", [(HandleRef(1, "module"), None), (HandleRef(1, "module"), 3)], ids=str)
def test_loading_that_gives_no_support_where_there_is_one_is_a_violation(
    session: Listening, answer: object
) -> None:
    session.instead = lambda: answer
    with pytest.raises(ProtocolViolationError):
        load(session, {"value.py": VALUE, "support.py": SUPPORT}, "value.py")


# Published code ----------------------------------------------------------------------------------


def test_a_function_of_support_is_handed_to_a_function_of_the_students(session: Listening) -> None:
    files = {"answer.py": "def twice(f, x): return f(f(x))", "support.py": SUPPORT}
    module = load(session, files, "answer.py")
    assert module.twice(value(support(module), "double"), 3.0) == 12.0
    assert support(module).double(np.arange(2)).tolist() == [0, 2]
    assert value(support(module), "CALLS") == 3


def test_support_is_loaded_anew_with_the_students_file(session: Listening) -> None:
    files = {"answer.py": "import support\nsupport.CALLS = 7", "support.py": SUPPORT}
    assert value(support(load(session, files, "answer.py")), "CALLS") == 7
    assert value(support(load(session, files | {"answer.py": ""}, "answer.py")), "CALLS") == 0


def test_asking_for_support_where_there_is_none_says_so(module: RemoteModule) -> None:
    with pytest.raises(LookupError, match=r"no support\.py"):
        support(module)


# Handles -----------------------------------------------------------------------------------------


def test_handles_that_are_forgotten_are_released_with_the_next_request(
    session: Listening, module: RemoteModule
) -> None:
    kept, dropped = module.Value(1), module.Value(2)
    number = dropped._ref.id
    del dropped
    gc.collect()
    assert number not in session.released
    assert module.total([kept]) == 1
    assert session.released.count(number) == 1
    assert kept._ref.id not in session.released
    assert module.total([kept]) == 1
    assert session.released.count(number) == 1


def test_the_guest_keeps_only_the_objects_that_are_still_held(
    session: Listening, module: RemoteModule
) -> None:
    total = module.Value(0)
    for _ in range(50):
        total = total + 1
    held = session._session._servant._handles  # type: ignore[attr-defined]
    assert value(total, "data") == 50
    assert len(held) <= 4


def test_an_argument_is_not_released_before_its_call_was_answered(module: RemoteModule) -> None:
    assert module.total([module.Value(1), module.Value(2)]) == 3
    assert value(module.Value(2) * module.Value(3), "data") == 6


def test_loading_again_forgets_the_objects_of_the_last_load(session: Listening, module: RemoteModule) -> None:
    module.Value(1)
    again = load(session, {"value.py": VALUE}, "value.py")
    assert value(value(again, "Value"), "made") == 0
    assert value(again.Value(5), "data") == 5


# Errors and prints -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "called"),
    [
        (lambda m: m.total([1]), "total"),
        (lambda m: m.Value(1).same(1), "same"),
        (lambda m: m.Value("a")(None), "__call__"),
        (lambda m: m.Value("a") - 1, "__sub__"),
        (lambda m: len(m.Value(1)), "__len__"),
        (lambda m: iter(m.Value(1)), "__iter__"),
        (lambda m: value(m, "nothing"), "nothing"),
        (lambda m: state(m.Value(1)), "state_dict"),
        (lambda m: load_state(m.Value(1), {}), "load_state_dict"),
        (lambda m: observe(m.total, [1]), "total"),
    ],
)
def test_an_error_names_what_the_host_asked_for(
    module: RemoteModule, ask: Callable[[Any], object], called: str
) -> None:
    with pytest.raises(StudentExceptionError) as caught:
        ask(module)
    assert caught.value.called == called


def test_a_file_that_does_not_load_was_called_nothing(session: Listening) -> None:
    with pytest.raises(StudentExceptionError) as caught:
        load(session, {"a.py": "x = 1\n1/0\n"}, "a.py")
    assert caught.value.called == ""
    assert [(f.line, f.source) for f in caught.value.frames] == [(2, "1/0")]


def test_prints_are_kept_also_those_before_an_exception_and_bounded_in_all(
    session: Listening, module: RemoteModule
) -> None:
    module.talk("one")
    with pytest.raises(StudentExceptionError):
        module.talk_and_fail("two")
    assert module.printed_output == "one\ntwo\n"
    for _ in range(10):
        module.talk("x" * 10_000)
    assert len(module.printed_output) == MAX_PRINTED
    loud = load(session, {"a.py": "print('while loading')"}, "a.py")
    assert loud.printed_output == "while loading\n"


# Observation, gradients, state -------------------------------------------------------------------


def test_observe_shows_what_a_call_did_to_its_arguments(module: RemoteModule) -> None:
    sent = np.zeros(3)
    seen = observe(module.fill, sent)
    assert seen.value is None
    assert np.array_equal(seen.args_after[0], np.full(3, 7.0))
    assert np.array_equal(sent, np.zeros(3))
    assert observe(module.talk, "hello").printed == "hello\n"
    assert observe(module.Value(4), 2, scale=3).value == 24


def test_vjp_is_autograds(session: Listening) -> None:
    torch = pytest.importorskip("torch")
    net = torch_module(session, "def f(x, k, y):\n    return (x ** 2 * k).sum(0), y * 3")
    x, y = torch.arange(6.0).reshape(2, 3), torch.ones(2, dtype=torch.float64)
    cotangents = (torch.tensor([1.0, 10.0, 100.0]), torch.tensor([1.0, -1.0], dtype=torch.float64))
    found = vjp(net.f, x, 2, y, cotangent=cotangents)
    assert torch.equal(found.value[0], (x**2 * 2).sum(0))
    assert torch.equal(found.args[0], 4 * x * cotangents[0])
    assert found.args[1] is None
    assert torch.equal(found.args[2], 3 * cotangents[1])
    assert found.parameters == {}
    assert not x.requires_grad


def test_vjp_gives_the_gradients_of_a_modules_parameters(session: Listening) -> None:
    torch = pytest.importorskip("torch")
    source = """
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(2, 1)
        self.unused = torch.nn.Parameter(torch.ones(1))
    def forward(self, x): return self.inner(x)
"""
    net = torch_module(session, source).Net()
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    found = vjp(net, x, cotangent=torch.ones(2, 1), parameters=True)
    assert torch.equal(found.parameters["inner.weight"], torch.tensor([[4.0, 6.0]]))
    assert torch.equal(found.parameters["inner.bias"], torch.tensor([2.0]))
    assert found.parameters["unused"] is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("x.detach() * 2", "no gradient"),
        ("torch.zeros(3)", "no gradient"),
        ("x.sum()", "unsupported value"),
        ("(x, x)", "unsupported value"),
        ("x.tolist()", "unsupported value"),
        ("[x]", "unsupported value"),
    ],
)
def test_a_result_without_the_asked_gradient_says_which_way(
    session: Listening, body: str, reason: str
) -> None:
    torch = pytest.importorskip("torch")
    net = torch_module(session, f"def f(x): return {body}")
    with pytest.raises(StudentExceptionError) as caught:
        vjp(net.f, torch.ones(3), cotangent=torch.ones(3))
    assert caught.value.reason == reason


def test_a_wrong_number_of_arguments_to_vjp_is_a_signature(session: Listening) -> None:
    torch = pytest.importorskip("torch")
    net = torch_module(session, "def f(x, y): return x")
    with pytest.raises(StudentExceptionError) as caught:
        vjp(net.f, torch.ones(3), cotangent=torch.ones(3))
    assert caught.value.reason == "signature"
    assert "(x, y)" in caught.value.text


def test_a_modules_state_is_read_and_loaded(session: Listening) -> None:
    torch = pytest.importorskip("torch")
    net = torch_module(session, "def make(): return torch.nn.BatchNorm1d(3)").make()
    found = state(net)
    assert found["weight"].shape == (3,)
    assert type(found["weight"]) is torch.Tensor
    load_state(net, found | {"weight": torch.tensor([1.0, 2.0, 3.0])})
    assert torch.equal(state(net)["weight"], torch.tensor([1.0, 2.0, 3.0]))
    for wrong in ({}, found | {"weight": torch.zeros(4)}, found | {"other": torch.zeros(1)}):
        with pytest.raises(StudentExceptionError) as caught:
            load_state(net, wrong)
        assert caught.value.kind == "RuntimeError"


# The guest's own rules ---------------------------------------------------------------------------


def test_equal_seeds_draw_equal_numbers(session: Listening) -> None:
    torch = pytest.importorskip("torch")
    source = """
import random, numpy, torch
def draw(): return random.random(), numpy.random.rand(), torch.rand(2)
"""

    def draw(seed: int) -> tuple[Any, ...]:
        return tuple(load(session, {"a.py": source}, "a.py", seed=seed).draw())

    one, again, other = draw(5), draw(5), draw(6)
    assert one[:2] == again[:2]
    assert torch.equal(one[2], again[2])
    assert one[0] != other[0]
    assert one[1] != other[1]


def test_a_files_coding_comment_changes_nothing(session: Listening) -> None:
    source = "# coding: unicode_escape\nx = 1  #\\u000ax = 2\ndef f(): return x, 'é'"
    assert load(session, {"a.py": source}, "a.py").f() == (1, "é")


def test_an_array_too_large_for_any_memory_is_a_memory_limit(session: Listening) -> None:
    source = "import numpy as np\ndef f(): return np.zeros(2**50)"
    with pytest.raises(MemoryLimitError):
        load(session, {"a.py": source}, "a.py").f()


def test_each_load_removes_the_files_of_the_last(session: Listening) -> None:
    source = "import os\ndef files(): return sorted(os.listdir(os.path.dirname(os.path.dirname(__file__))))"
    for number in range(1, 4):
        assert load(session, {"a.py": source}, "a.py").files() == [f"submission{number}"]


def test_support_is_imported_by_its_name_and_anew_each_time(session: Listening) -> None:
    for answer in (1, 2):
        files = {"a.py": "import support\ndef f(): return support.answer", "support.py": f"answer = {answer}"}
        assert load(session, files, "a.py").f() == answer
    with pytest.raises(StudentExceptionError) as caught:
        load(session, {"a.py": "import support"}, "a.py")
    assert caught.value.reason == "import"


@pytest.mark.parametrize(
    ("source", "reason", "line"),
    [
        ("x = 1\ndef f(:\n", "syntax", 2), ("x = (1,\n", "syntax", 1), ("if 1:\nx\n", "syntax", 2),
        ("x\n", "raised", 1), ("\nimport nowhere_at_all\n", "import", 2), ("import os\nraise SystemExit\n",
        "raised", 2),
        ("def f():\n  return 1\n\n\nf(1)\n", "raised", 5),
    ],
)  # fmt: skip
def test_a_file_that_does_not_load_says_where(
    session: Listening, source: str, reason: str, line: int
) -> None:
    with pytest.raises(StudentExceptionError) as caught:
        load(session, {"a.py": source}, "a.py")
    assert caught.value.reason == reason
    assert caught.value.frames[-1].line == line


def test_an_attribute_error_inside_a_function_is_not_a_missing_function(session: Listening) -> None:
    module = load(session, {"a.py": "def f(x): return x.nothing"}, "a.py")
    with pytest.raises(StudentExceptionError) as caught:
        module.f(1)
    assert (caught.value.reason, caught.value.kind) == ("raised", "AttributeError")
    with pytest.raises(StudentExceptionError) as caught:
        module.g(1)
    assert (caught.value.reason, caught.value.text) == ("missing", "g")
