"""A student's module and objects, as the trusted side sees them.

A :class:`RemoteModule` answers ``module.function(x)``; an instance of a student's class is a
:class:`RemoteObject` that can be called, have methods called, be operated on and iterated. What is
not a plain call is a function of this module (:func:`value`, :func:`set_value`, :func:`observe`,
:func:`vjp`, :func:`state`, :func:`load_state`, :func:`support`), so that no name of ours hides a name of
the student's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sandbox.errors import ProtocolViolationError, StudentCodeError, StudentExceptionError
from sandbox.session import MAX_PRINTED, Answer, Session
from sandbox.wire.messages import Operation
from sandbox.wire.values import HandleRef

__all__ = [
    "Gradients",
    "Observation",
    "RemoteFunction",
    "RemoteModule",
    "RemoteObject",
    "load",
    "load_state",
    "module_from",
    "observe",
    "set_value",
    "state",
    "support",
    "value",
    "vjp",
]

MAX_ITEMS = 10_000
SUPPORT_FILE = "support.py"


@dataclass(frozen=True, slots=True)
class Observation:
    """A call's value, its positional arguments as they were after it, and what it printed."""

    value: Any
    args_after: tuple[Any, ...]
    printed: str


@dataclass(frozen=True, slots=True)
class Gradients:
    """A vector-Jacobian product: the value, and the gradient of each argument and parameter.

    ``args[i]`` is None where argument ``i`` is not a floating tensor or has no influence.
    """

    value: Any
    args: tuple[Any, ...]
    parameters: dict[str, Any]


class _NoLengthError(StudentExceptionError, TypeError):
    """No ``len``: a TypeError too, because Python asks for a length before it iterates."""


class _Connection:
    """What every remote object of one guest shares: the session, and the check's time limit."""

    def __init__(self, session: Session, time_limit: float | None) -> None:
        self.session = session
        self.time_limit = time_limit
        self.support: HandleRef | None = None
        self.printed: list[str] = []
        self.forgotten: list[int] = []

    def ask(self, operation: Operation, *operands: object) -> Any:
        return self.answer(operation, *operands).value

    def answer(self, operation: Operation, *operands: object) -> Answer:
        forgotten, self.forgotten = self.forgotten, []
        plain = tuple(_outgoing(operand) for operand in operands)
        try:
            answer = self.session.request(
                operation, *plain, time_limit=self.time_limit, release=tuple(forgotten)
            )
        except StudentCodeError as error:
            error.called = _name_of(operation, operands)
            self.keep_printed(error.printed)
            raise
        self.keep_printed(answer.printed)
        return Answer(self._incoming(answer.value), answer.printed)

    def keep_printed(self, text: str) -> None:
        """Keep ``text`` as far as there is room: a check may make many calls that each print much."""
        text = text[: max(MAX_PRINTED - sum(map(len, self.printed)), 0)]
        if text:
            self.printed.append(text)

    def _incoming(self, value: object) -> Any:
        if type(value) is HandleRef:
            return RemoteObject(self, value)
        if type(value) in (list, tuple):
            return type(cast("list[object]", value))(map(self._incoming, cast("list[object]", value)))
        if type(value) is dict:
            return {key: self._incoming(item) for key, item in value.items()}
        return value


class RemoteFunction:
    """A name in a student's module or object that has not been looked up yet. Calling it is one request."""

    __slots__ = ("_connection", "_path", "_target")

    def __init__(self, connection: _Connection, target: HandleRef, path: str) -> None:
        self._connection, self._target, self._path = connection, target, path

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self._connection.ask(Operation.CALL, self._target, self._path, args, kwargs, False)

    def __repr__(self) -> str:
        return f"<remote {self._path}>"


class _Named:
    """What modules and objects have in common: any attribute is a callable name."""

    __slots__ = ("_connection", "_ref")

    def __init__(self, connection: _Connection, ref: HandleRef) -> None:
        self._connection, self._ref = connection, ref

    def __getattr__(self, name: str) -> RemoteFunction:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return RemoteFunction(self._connection, self._ref, name)

    def __repr__(self) -> str:
        return f"<remote {type(self).__name__} {self._ref.class_name}>"


class RemoteModule(_Named):
    """A loaded submission. ``module.name(...)`` calls, :func:`value` reads."""

    __slots__ = ()

    @property
    def printed_output(self) -> str:
        """What the student's code has printed while answering through this module, bounded."""
        return "".join(self._connection.printed)


class RemoteObject(_Named):
    """An object that stays in the guest. Operators, ``len``, ``bool``, ``float`` and iteration work."""

    __slots__ = ("__weakref__",)
    __array_ufunc__ = None  # an array on the left of an operator leaves it to this class

    def __del__(self) -> None:
        self._connection.forgotten.append(self._ref.id)

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self._connection.ask(Operation.CALL, self._ref, "", args, kwargs, False)

    def __iter__(self) -> Iterator[Any]:
        found = self._connection.ask(Operation.TAKE, self._ref, MAX_ITEMS)
        if type(found) is not tuple or tuple(map(type, found)) != (list, bool) or len(found[0]) > MAX_ITEMS:
            raise ProtocolViolationError("an iterator did not come back as a list of its items")
        items, complete = found
        if not complete:
            raise ProtocolViolationError(f"an iterator gave more than {MAX_ITEMS} items")
        return iter(items)

    def __len__(self) -> int:
        try:
            return cast("int", _exactly(int, self._operate("len", self)))
        except StudentExceptionError as error:
            if error.kind == "TypeError":
                missing = _NoLengthError(error.kind, error.text, error.frames, printed=error.printed)
                missing.called = error.called
                raise missing from error
            raise

    def __bool__(self) -> bool:
        return cast("bool", _exactly(bool, self._operate("bool", self)))

    def __float__(self) -> float:
        return cast("float", _exactly(float, self._operate("float", self)))

    def __eq__(self, other: object) -> Any:
        return self._operate("eq", self, other)

    __hash__ = None  # type: ignore[assignment]

    def _operate(self, name: str, *operands: object) -> Any:
        return self._connection.ask(Operation.OPERATE, name, operands)


def _install_operators() -> None:
    """Give :class:`RemoteObject` the binary operators, their reflections, and the unary ones."""

    def binary(name: str) -> Any:
        return lambda self, other: self._operate(name, self, other)

    def reflected(name: str) -> Any:
        return lambda self, other: self._operate(name, other, self)

    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
        setattr(RemoteObject, f"__{name}__", binary(name))
        setattr(RemoteObject, f"__r{name}__", reflected(name))
    for name in ("ne", "lt", "le", "gt", "ge", "getitem", "contains"):
        setattr(RemoteObject, f"__{name}__", binary(name))
    for name in ("neg", "pos", "abs"):
        setattr(RemoteObject, f"__{name}__", lambda self, name=name: self._operate(name, self))
    setattr(RemoteObject, "__setitem__", lambda self, key, item: self._operate("setitem", self, key, item))  # noqa: B010 - as above


_install_operators()


def load(
    session: Session, files: Mapping[str, str], main: str, *, seed: int = 0, time_limit: float | None = None
) -> RemoteModule:
    """Load a submission anew and return its module.

    Args:
        files: name → text of what the guest may import: the student's file, and ``support.py``.
        main: the name of the student's file in ``files``.
        seed: seeds the guest's own random generators.
        time_limit: seconds for this and for every later request through the module.

    Raises:
        StudentCodeError: the file does not load.
    """
    answer = session.request(Operation.LOAD, dict(files), main, seed, time_limit=time_limit)
    expected = (HandleRef, HandleRef if SUPPORT_FILE in files else type(None))
    if type(answer.value) is not tuple or tuple(map(type, answer.value)) != expected:
        raise ProtocolViolationError("loading a file did not give a module")
    module, published = cast("tuple[HandleRef, HandleRef | None]", answer.value)
    connection = _Connection(session, time_limit)
    connection.support = published
    connection.keep_printed(answer.printed)
    return RemoteModule(connection, module)


def module_from(session: Session) -> RemoteModule:
    """A module whose every answer comes from ``session``, which has nothing to load."""
    connection = _Connection(session, None)
    connection.support = HandleRef(2, "module")  # as a guest numbers what it loads
    return RemoteModule(connection, HandleRef(1, "module"))


def support(module: RemoteModule) -> RemoteModule:
    """The problem's ``support.py`` as it was loaded beside ``module``: functions to hand to a student's.

    ::

        field = value(support(student), "saddle")
        slope = student.numerical_gradient(field, x)

    Raises:
        LookupError: the problem has no ``support.py``.
    """
    connection = module._connection
    if connection.support is None:
        raise LookupError(f"this problem has no {SUPPORT_FILE}")
    return RemoteModule(connection, connection.support)


def value(target: RemoteModule | RemoteObject, name: str) -> Any:
    """The attribute ``name``, by value where it is plain."""
    return target._connection.ask(Operation.GET, target._ref, name)


def set_value(target: RemoteModule | RemoteObject, name: str, new: object) -> None:
    """Set the attribute ``name``."""
    target._connection.ask(Operation.SET, target._ref, name, new)


def observe(function: RemoteFunction | RemoteObject, *args: object, **kwargs: object) -> Observation:
    """Call, and look at the positional arguments again afterwards."""
    connection, target, path = _callee(function)
    answer = connection.answer(Operation.CALL, target, path, args, kwargs, True)
    if type(answer.value) is not tuple or len(answer.value) != 2:
        raise ProtocolViolationError("a call did not come back with its arguments")
    result, after = answer.value
    if type(after) is not tuple or len(after) != len(args):
        raise ProtocolViolationError("a call did not come back with its arguments")
    return Observation(result, after, answer.printed)


def vjp(
    function: RemoteFunction | RemoteObject,
    *args: object,
    cotangent: object,
    parameters: bool = False,
    **kwargs: object,
) -> Gradients:
    """The vector-Jacobian product of a student's torch function, by autograd inside the guest.

    Args:
        function: a function or an ``nn.Module``.
        args: its arguments; the floating tensors among them are differentiated.
        cotangent: a tensor of the result's shape, or a tuple of them for a tuple of results.
        parameters: also return the gradients of the module's parameters.
    """
    connection, target, path = _callee(function)
    cotangents = cotangent if isinstance(cotangent, tuple) else (cotangent,)
    found = connection.ask(Operation.GRADIENTS, target, path, args, kwargs, cotangents, parameters)
    if type(found) is not tuple or len(found) != 3:
        raise ProtocolViolationError("gradients did not come back as gradients")
    result, by_position, by_name = found
    if type(by_position) is not tuple or len(by_position) != len(args) or type(by_name) is not dict:
        raise ProtocolViolationError("gradients did not come back as gradients")
    return Gradients(result, by_position, by_name)


def state(target: RemoteObject) -> dict[str, Any]:
    """The parameters and buffers of a student's ``nn.Module``, by name."""
    return cast("dict[str, Any]", _exactly(dict, target._connection.ask(Operation.STATE, target._ref)))


def load_state(target: RemoteObject, values: Mapping[str, object]) -> None:
    """Load parameters and buffers into a student's ``nn.Module``; names and shapes must match."""
    target._connection.ask(Operation.LOAD_STATE, target._ref, dict(values))


def _callee(function: RemoteFunction | RemoteObject) -> tuple[_Connection, HandleRef, str]:
    if isinstance(function, RemoteFunction):
        return function._connection, function._target, function._path
    return function._connection, function._ref, ""


def _name_of(operation: Operation, operands: tuple[object, ...]) -> str:
    """What was asked for, in the host's words: never a name that the submission chose."""
    match operation:
        case Operation.OPERATE:
            return f"__{operands[0]}__"
        case Operation.TAKE:
            return "__iter__"
        case Operation.STATE:
            return "state_dict"
        case Operation.LOAD_STATE:
            return "load_state_dict"
        case _:
            return str(operands[1]) or "__call__"


def _outgoing(value: object) -> object:
    if isinstance(value, _Named):
        return value._ref
    if type(value) in (list, tuple):
        return type(cast("list[object]", value))(map(_outgoing, cast("list[object]", value)))
    if type(value) is dict:
        return {key: _outgoing(item) for key, item in value.items()}
    return value


def _exactly(kind: type, found: object) -> Any:
    if type(found) is not kind:
        raise ProtocolViolationError(f"expected {kind.__name__}, got {type(found).__name__}")
    return found
