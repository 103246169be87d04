"""Answers requests about one loaded submission. The grader runs the same class in-process."""

from __future__ import annotations

import inspect
import itertools
import linecache
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.guest import operations
from sandbox.guest.loading import Loader
from sandbox.guest.printing import BoundedText, PrintedTooMuch
from sandbox.guest.watching import Watch
from sandbox.wire.messages import (
    MAX_FRAMES,
    MAX_TEXT,
    Failure,
    Frame,
    Operation,
    Raised,
    Reply,
    Request,
    Returned,
)
from sandbox.wire.values import HandleRef, UnsupportedValueError

__all__ = ["Servant"]

MAX_HANDLES = 10_000
_CALLS = (Operation.CALL, Operation.GRADIENTS)


class _Missing(Exception):  # noqa: N818 - a signal between two methods
    """The student's file or object has no such name."""


class Servant:
    """Holds the handles of one guest and answers one request at a time.

    Args:
        workdir: a writable folder for the student's files.
        printed_limit: characters a single request may print.
    """

    def __init__(self, workdir: Path, *, printed_limit: int) -> None:
        self._watch = Watch()
        self._loader = Loader(workdir, self._watch)
        self._handles: dict[int, object] = {}
        self._numbers = itertools.count(1)
        self._sink = BoundedText(printed_limit)
        self._answer: dict[Operation, Callable[..., object]] = {
            Operation.LOAD: self._load,
            Operation.CALL: self._call,
            Operation.GET: self._get,
            Operation.SET: self._set,
            Operation.OPERATE: operations.operate,
            Operation.TAKE: operations.take,
            Operation.STATE: operations.state,
            Operation.LOAD_STATE: operations.load_state,
            Operation.GRADIENTS: self._gradients,
            Operation.WATCH: self._watch.begin,
            Operation.CALLED: self._watch.take,
        }

    def handle(self, value: object) -> HandleRef:
        """Keep ``value`` here and name it for the host.

        Raises:
            UnsupportedValueError: too many objects are kept already.
        """
        if len(self._handles) >= MAX_HANDLES:
            raise UnsupportedValueError(f"more than {MAX_HANDLES} objects are in use")
        number = next(self._numbers)
        self._handles[number] = value
        return HandleRef(number, str(type(value).__name__))

    def resolve(self, ref: HandleRef) -> object:
        """The object behind a handle of this guest."""
        return self._handles[ref.id]

    def answer(self, request: Request) -> Reply:
        """Do what is asked; whatever the student's code raises becomes a :class:`Raised`."""
        for number in request.release:
            self._handles.pop(number, None)
        stdout, stderr = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = self._sink
        try:
            value = self._answer[request.operation](*request.operands)
        except PrintedTooMuch:
            return self._raised(request, Failure.OUTPUT_LIMIT, "", "the code printed more than is accepted")
        except BaseException as error:
            return self._explain(request, error)
        finally:
            sys.stdout, sys.stderr = stdout, stderr
        return Returned(request.number, value, self._sink.take())

    def unsupported(self, request: Request, error: UnsupportedValueError) -> Raised:
        """The reply when a returned value cannot cross the wire."""
        return self._raised(request, Failure.UNSUPPORTED_VALUE, "TypeError", str(error))

    def _load(self, files: dict[str, str], main: str, seed: int) -> tuple[HandleRef, HandleRef | None]:
        self._handles.clear()
        module, support = self._loader.load(files, main, seed)
        return self.handle(module), None if support is None else self.handle(support)

    def _call(
        self, target: object, path: str, args: tuple[Any, ...], kwargs: dict[str, Any], observe: bool
    ) -> object:
        value = self._find(target, path)(*args, **kwargs)
        return (value, args) if observe else value

    def _gradients(
        self,
        target: object,
        path: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        cotangents: tuple[Any, ...],
        parameters: bool,
    ) -> object:
        return operations.gradients(self._find(target, path), args, kwargs, cotangents, parameters)

    def _get(self, target: object, path: str) -> object:
        return self._find(target, path)

    def _set(self, target: object, path: str, value: object) -> None:
        setattr(target, path, value)

    def _find(self, target: object, path: str) -> Any:
        if not path:
            return target
        try:
            return getattr(target, path)
        except AttributeError as error:
            if error.name == path and error.obj is target:
                raise _Missing(path) from error
            raise

    def _explain(self, request: Request, error: BaseException) -> Raised:
        frames = self._own_frames(error)
        if isinstance(error, _Missing):
            return self._raised(request, Failure.MISSING, "AttributeError", str(error))
        if isinstance(error, operations.NoGradientError):
            return self._raised(request, Failure.NO_GRADIENT, "RuntimeError", str(error))
        if isinstance(error, UnsupportedValueError):
            return self._raised(request, Failure.UNSUPPORTED_VALUE, "TypeError", str(error))
        if isinstance(error, MemoryError):  # NumPy's own is a subclass with a name of its own
            return self._raised(request, Failure.RAISED, "MemoryError", _describe(error), frames)
        failure = Failure.RAISED
        if isinstance(error, SyntaxError) and not frames and error.filename:
            source = str(error.text or "").strip()
            frames = (Frame(Path(error.filename).name, max(error.lineno or 1, 1), "", source[:MAX_TEXT]),)
            return self._raised(request, Failure.SYNTAX, type(error).__name__, str(error.msg), frames)
        if isinstance(error, ImportError) and request.operation is Operation.LOAD:
            failure = Failure.IMPORT
        elif isinstance(error, TypeError) and not frames and request.operation in _CALLS:
            failure = Failure.SIGNATURE
            return self._raised(request, failure, "TypeError", self._signature_text(request, error))
        return self._raised(request, failure, type(error).__name__, _describe(error), frames)

    def _signature_text(self, request: Request, error: TypeError) -> str:
        target, path = request.operands[0], str(request.operands[1])
        try:
            return (
                f"{_describe(error)} (its signature is {path}{inspect.signature(self._find(target, path))})"
            )
        except (TypeError, ValueError, _Missing):
            return _describe(error)

    def _raised(
        self, request: Request, failure: Failure, kind: str, text: str, frames: tuple[Frame, ...] = ()
    ) -> Raised:
        return Raised(request.number, failure, kind[:200], text[:MAX_TEXT], frames, self._sink.take())

    def _own_frames(self, error: BaseException) -> tuple[Frame, ...]:
        folder, frames = str(self._loader.folder), []
        traceback: types.TracebackType | None = error.__traceback__
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if code.co_filename.startswith(folder):
                source = linecache.getline(code.co_filename, traceback.tb_lineno).strip()
                name = Path(code.co_filename).name
                frames.append(Frame(name, traceback.tb_lineno, code.co_name[:200], source[:MAX_TEXT]))
            traceback = traceback.tb_next
        return tuple(frames[-MAX_FRAMES:])


def _describe(error: BaseException) -> str:
    try:
        return str(error)[:MAX_TEXT]
    except BaseException:
        return "(its message could not be made into text)"
