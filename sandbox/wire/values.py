"""Values on the wire: a closed list of plain types, as tagged JSON nodes and raw buffers.

=================  ==========================================================
node               value
=================  ==========================================================
``null`` ...       None, True, False, int, finite float, str, list: as in JSON
``{"f": name}``    a float that JSON lacks: ``nan``, ``inf``, ``-inf``
``{"c": [r, i]}``  complex
``{"t": [...]}``   tuple
``{"d": [[k, v]]}``  dict, in order
``{"l": [a, b, c]}``  slice
``{"b": i}``       bytes, buffer ``i``
``{"a": [dtype, shape, i, order]}``  NumPy array; ``order`` is its axes from slowest to fastest
``{"s": [dtype, i]}``  NumPy scalar
``{"p": [dtype, shape, i, order]}``  torch tensor
``{"h": [id, name]}``  a handle: an object that stays in the guest; ``name`` is its class
=================  ==========================================================

Only exact types cross by value. An instance of any subclass (of ``int``, ``ndarray``, ``Tensor``, ...)
is not that type: it gets a handle, so no method a student wrote ever runs on the trusted side.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sandbox.wire.frames import Buffer, FrameLimits, WireError, WireOverflowError

if TYPE_CHECKING:
    import torch

__all__ = ["Decoder", "Encoder", "HandleRef", "UnsupportedValueError"]

_NUMPY_NAMES: Final = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip
_DTYPES: Final = {name: np.dtype(name).newbyteorder("<") for name in _NUMPY_NAMES}
_TORCH_ONLY: Final = {"bfloat16": np.dtype("<i2")}  # carried as the integers with the same bits
_MAX_INTEGER_BITS = 1024
_MAX_NAME = 200


class UnsupportedValueError(TypeError):
    """A value cannot cross the wire; the message says which and why, in a student's terms."""


@dataclass(frozen=True, slots=True)
class HandleRef:
    """An object that stays in the guest, named by a number that means something only there."""

    id: int
    class_name: str = ""


class Encoder:
    """Turns values into nodes, collecting their buffers in :attr:`buffers`.

    Args:
        handle: called for a value that is not of a plain type; returns the handle to send in its
            place, or raises :class:`UnsupportedValueError`. Without it such values are refused.
        limits: depth and node count are refused over these, which also ends cyclic lists.
    """

    def __init__(
        self, handle: Callable[[object], HandleRef] | None = None, limits: FrameLimits | None = None
    ) -> None:
        self.buffers: list[Buffer] = []
        self._handle = handle
        self._limits = limits or FrameLimits()
        self._nodes = 0

    def encode(self, value: object, depth: int = 0) -> object:
        """The node of ``value``.

        Raises:
            UnsupportedValueError: it, or something in it, cannot cross.
        """
        self._nodes += 1
        if depth > self._limits.depth:
            raise UnsupportedValueError(f"a value is nested more than {self._limits.depth} levels deep")
        if self._nodes > self._limits.nodes:
            raise UnsupportedValueError(f"a value has more than {self._limits.nodes} parts")
        kind = type(value)
        if value is None or kind is bool:
            return value
        if encode := _SCALARS.get(kind):
            return encode(value)
        if kind is complex:
            return {"c": [self.encode(part, depth + 1) for part in (value.real, value.imag)]}  # type: ignore[attr-defined]
        if kind is list:
            return [self.encode(item, depth + 1) for item in _items(value)]
        if kind is tuple or (isinstance(value, tuple) and _is_named(kind)):
            return {"t": [self.encode(item, depth + 1) for item in _members(value)]}
        if kind is dict:
            return {"d": [[self._encode_key(k, depth), self.encode(v, depth + 1)] for k, v in _pairs(value)]}
        if kind is slice:
            parts = (value.start, value.stop, value.step)  # type: ignore[attr-defined]
            return {"l": [self.encode(part, depth + 1) for part in parts]}
        if kind is bytes:
            return {"b": self._add(value)}  # type: ignore[arg-type]
        return self._encode_array(value)

    def _encode_key(self, key: object, depth: int) -> object:
        if not _plain_key(key):
            raise UnsupportedValueError(f"a dict with a key of type {type(key).__name__!r} cannot be sent")
        return self.encode(key, depth + 1)

    def _encode_array(self, value: object) -> object:
        kind = type(value)
        if kind is np.ndarray:
            array: np.ndarray[Any, Any] = value  # type: ignore[assignment]
            return {"a": self._array_parts(array, _dtype_name(array.dtype))}
        if isinstance(value, np.generic) and kind.__module__ == "numpy" and kind is value.dtype.type:
            return {"s": [_dtype_name(value.dtype), self._add(value.tobytes())]}
        if type(value) is HandleRef:
            return {"h": [value.id, value.class_name[:_MAX_NAME]]}
        torch = sys.modules.get("torch")
        if torch is not None and kind in (torch.Tensor, torch.nn.Parameter):
            return {"p": self._tensor_parts(value)}  # type: ignore[arg-type]
        if self._handle is None:
            raise UnsupportedValueError(f"a value of type {kind.__name__!r} cannot be sent")
        handle = self._handle(value)
        return {"h": [handle.id, handle.class_name[:_MAX_NAME]]}

    def _array_parts(self, array: np.ndarray[Any, Any], name: str) -> list[object]:
        if array.ndim > self._limits.dimensions:
            raise UnsupportedValueError(f"an array has {array.ndim} dimensions")
        order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
        data = np.ascontiguousarray(array.transpose(order), dtype=array.dtype.newbyteorder("<"))
        return [name, list(array.shape), self._add(data.reshape(-1).view(np.uint8).data), order]

    def _tensor_parts(self, tensor: torch.Tensor) -> list[object]:
        import torch

        name = str(tensor.dtype).removeprefix("torch.")
        if name not in _DTYPES and name not in _TORCH_ONLY:
            raise UnsupportedValueError(f"a tensor of dtype {name} cannot be sent")
        if tensor.layout is not torch.strided or tensor.is_meta or tensor.is_quantized:
            raise UnsupportedValueError("only dense tensors that hold values can be sent")
        plain = tensor.detach().cpu().resolve_conj().resolve_neg()
        if name in _TORCH_ONLY:
            plain = plain.view(torch.int16)
        return self._array_parts(plain.numpy(), name)

    def _add(self, buffer: Buffer) -> int:
        self.buffers.append(buffer)
        return len(self.buffers) - 1


class Decoder:
    """Turns nodes back into values. Arrays are views of the frame's buffers, each used once.

    Args:
        buffers: the frame's buffers, writable.
        limits: what is accepted.
        handle: makes the reader's object for a handle; without it handles are refused.
    """

    def __init__(
        self,
        buffers: list[memoryview],
        limits: FrameLimits | None = None,
        handle: Callable[[HandleRef], object] | None = None,
    ) -> None:
        self._buffers: list[memoryview | None] = list(buffers)
        self._limits = limits or FrameLimits()
        self._handle = handle
        self._nodes = 0

    def decode(self, node: object, depth: int = 0) -> object:
        """The value of ``node``.

        Raises:
            WireOverflowError: too deep or too many.
            WireError: not a node.
        """
        self._nodes += 1
        if depth > self._limits.depth or self._nodes > self._limits.nodes:
            raise WireOverflowError("a value is too deep or has too many parts")
        if node is None or isinstance(node, bool | int | float):
            return node
        if isinstance(node, str):
            return _text(node)
        if isinstance(node, list):
            return [self.decode(item, depth + 1) for item in node]
        if isinstance(node, dict) and len(node) == 1:
            ((tag, content),) = node.items()
            if tag in _TAGS:
                return _TAGS[tag](self, content, depth)
        raise WireError("a node is of no known kind")

    def finish(self) -> None:
        """Check that every buffer was used.

        Raises:
            WireError: one was not.
        """
        if any(buffer is not None for buffer in self._buffers):
            raise WireError("a buffer belongs to no value")

    def _float(self, content: object, depth: int) -> float:
        if not isinstance(content, str) or content not in ("nan", "inf", "-inf"):
            raise WireError("not a float")
        return float(content)

    def _complex(self, content: object, depth: int) -> complex:
        real, imaginary = self._many(content, depth, count=2)
        if not (isinstance(real, float) and isinstance(imaginary, float)):
            raise WireError("not a complex number")
        return complex(real, imaginary)

    def _tuple(self, content: object, depth: int) -> tuple[object, ...]:
        return tuple(self._many(content, depth))

    def _dict(self, content: object, depth: int) -> dict[object, object]:
        if not isinstance(content, list):
            raise WireError("not a dict")
        found: dict[object, object] = {}
        for pair in content:
            key, value = self._many(pair, depth, count=2)
            if not _plain_key(key) or key in found:
                raise WireError("a dict's key is not plain, or is there twice")
            found[key] = value
        return found

    def _slice(self, content: object, depth: int) -> slice:
        parts = self._many(content, depth, count=3)
        if not all(part is None or type(part) is int for part in parts):
            raise WireError("not a slice")
        return slice(*parts)

    def _bytes(self, content: object, depth: int) -> bytes:
        return bytes(self._take(content))

    def _numpy_array(self, content: object, depth: int) -> np.ndarray[Any, Any]:
        return self._array(content, _DTYPES)[1]

    def _numpy_scalar(self, content: object, depth: int) -> object:
        if not isinstance(content, list) or len(content) != 2:
            raise WireError("not a scalar")
        return self._array([content[0], [], content[1], []], _DTYPES)[1][()]

    def _tensor(self, content: object, depth: int) -> torch.Tensor:
        name, array = self._array(content, _DTYPES | _TORCH_ONLY)
        try:
            import torch
        except ImportError as error:
            raise WireError("a tensor came to a reader without torch") from error
        tensor = torch.from_numpy(array)
        return tensor.view(torch.bfloat16) if name == "bfloat16" else tensor

    def _as_handle(self, content: object, depth: int) -> object:
        if self._handle is None or not isinstance(content, list) or len(content) != 2:
            raise WireError("not a handle, or none is accepted here")
        number, name = content
        if type(number) is not int or not 0 <= number < 2**53 or not isinstance(name, str):
            raise WireError("not a handle")
        return self._handle(HandleRef(number, _text(name)[:_MAX_NAME]))

    def _array(self, content: object, dtypes: dict[str, np.dtype[Any]]) -> tuple[str, np.ndarray[Any, Any]]:
        if not isinstance(content, list) or len(content) != 4:
            raise WireError("not an array")
        name, shape, index, order = content
        if not isinstance(name, str) or name not in dtypes:
            raise WireError("an array has a dtype that is not accepted")
        if not isinstance(shape, list) or len(shape) > self._limits.dimensions:
            raise WireError("an array has too many dimensions")
        if not all(type(size) is int and 0 <= size < 2**40 for size in shape):
            raise WireError("an array's shape is not a list of sizes")
        if math.prod(size or 1 for size in shape) > self._limits.body_bytes:  # an empty array may lie
            raise WireOverflowError("an array claims to be larger than any that is read")
        if not isinstance(order, list) or sorted(map(_axis, order)) != list(range(len(shape))):
            raise WireError("an array's axes are not a permutation")
        dtype, data = dtypes[name], self._take(index)
        if math.prod(shape) * dtype.itemsize != data.nbytes:
            raise WireError("an array's shape does not fit its buffer")
        if name == "bool" and data.nbytes and np.frombuffer(data, np.uint8).max() > 1:
            raise WireError("a boolean is neither true nor false")
        try:
            flat = np.frombuffer(data, dtype) if data.nbytes else np.empty(0, dtype)
            laid_out = flat.reshape([shape[axis] for axis in order])
        except ValueError as error:
            raise WireError("an array has an impossible shape") from error
        return name, laid_out.transpose(np.argsort(order) if order else None)

    def _many(self, content: object, depth: int, count: int | None = None) -> list[Any]:
        if not isinstance(content, list) or (count is not None and len(content) != count):
            raise WireError("a list of the wrong length")
        return [self.decode(item, depth + 1) for item in content]

    def _take(self, index: object) -> memoryview:
        if type(index) is not int or not 0 <= index < len(self._buffers):
            raise WireError("there is no such buffer")
        buffer = self._buffers[index]
        if buffer is None:
            raise WireError("a buffer is used twice")
        self._buffers[index] = None
        return buffer


_TAGS: Final[dict[str, Callable[[Decoder, object, int], object]]] = {
    "f": Decoder._float,
    "c": Decoder._complex,
    "t": Decoder._tuple,
    "d": Decoder._dict,
    "l": Decoder._slice,
    "b": Decoder._bytes,
    "a": Decoder._numpy_array,
    "s": Decoder._numpy_scalar,
    "p": Decoder._tensor,
    "h": Decoder._as_handle,
}


def _encode_int(value: Any) -> object:
    if int.bit_length(value) > _MAX_INTEGER_BITS:
        raise UnsupportedValueError(f"an integer has more than {_MAX_INTEGER_BITS} bits")
    return value


def _encode_float(value: Any) -> object:
    return value if math.isfinite(value) else {"f": repr(value)}


def _encode_text(value: Any) -> object:
    return str.encode(value, "utf-8", "replace").decode()


_SCALARS: Final[dict[type, Callable[[Any], object]]] = {
    int: _encode_int,
    float: _encode_float,
    str: _encode_text,
}


def _members(value: Any) -> list[object]:
    return list(tuple.__iter__(value))  # a named tuple's own __iter__ is not asked


def _items(value: Any) -> list[object]:
    return list(value)


def _pairs(value: Any) -> list[tuple[object, object]]:
    return list(value.items())


def _is_named(kind: type) -> bool:
    """Whether a tuple's class only names its fields: a named tuple, or what ``torch.max`` returns."""
    return hasattr(kind, "_fields") or hasattr(kind, "n_sequence_fields")


def _dtype_name(dtype: np.dtype[Any]) -> str:
    if dtype.name not in _DTYPES:
        raise UnsupportedValueError(f"an array of dtype {dtype.name} cannot be sent")
    return dtype.name


def _text(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise WireError("a text holds half a character") from error
    return value


def _plain_key(key: object) -> bool:
    """Whether both sides take ``key`` in a dict; two texts with half a character would become one."""
    if type(key) is tuple:
        return all(map(_plain_key, key))
    if type(key) is str:
        return key.isascii() or not any("\ud800" <= character <= "\udfff" for character in key)
    return key is None or type(key) in (bool, int, float, bytes, complex)


def _axis(value: object) -> int:
    if type(value) is not int:
        raise WireError("an axis is not an integer")
    return value
