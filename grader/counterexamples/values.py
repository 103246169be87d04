"""Values as Python text: literals that give back the very value, and short forms that people read."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.authoring.comparison import as_array, kind_of
from sandbox.session import clean_text
from sandbox.wire.values import HandleRef

__all__ = ["finite_everywhere", "in_order", "is_array", "like", "literal", "shown", "shown_apart"]

_LISTED: Final = 2
"""Up to so many equal numbers, or four in a row, are written out."""
_MOST_SHOWN: Final = 60
_MOST_CHARACTERS: Final = 800
_DIGITS: Final = (4, 6, 8, 12, 17)
_TORCH_DTYPES: Final = ("float32", "int64", "bool")
_NUMPY_DTYPES: Final = ("float64", "int64", "bool", "complex128")


def is_array(value: Any) -> bool:
    """Whether it is a NumPy array or a tensor."""
    return kind_of(value) in ("a NumPy array", "a torch tensor")


def like(array: Any, numbers: NDArray[Any]) -> Any:
    """``numbers`` as an array or tensor of the kind, dtype and layout in memory of ``array``."""
    if kind_of(array) == "a torch tensor":
        import torch

        return torch.from_numpy(np.ascontiguousarray(numbers)).to(array.dtype)
    converted = np.asarray(numbers, dtype=array.dtype)
    if converted.ndim == array.ndim and _reversed(array):
        return np.asfortranarray(converted)
    return converted


def in_order(array: Any) -> Any:
    """The same values, row by row in memory."""
    if kind_of(array) == "a torch tensor":
        return array.contiguous()
    return np.ascontiguousarray(array) if array.ndim else array


def literal(value: Any) -> str:
    """Python that gives ``value``, its dtype and its layout in memory, with ``np`` and ``torch`` imported."""
    kind = kind_of(value)
    if kind == "a NumPy array":
        return _array(value)
    if kind == "a torch tensor":
        return _tensor(value)
    if isinstance(value, np.generic):
        return f"np.{value.dtype.name}({_number(value, 'np')})"
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {literal(item)}' for key, item in value.items())}}}"
    if isinstance(value, float) and not np.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def shown_apart(got: Any, right: Any) -> tuple[str, str]:
    """Both values with as many digits as it takes to see that they differ."""
    texts = ("", "")
    for digits in _DIGITS:
        texts = shown(got, digits), shown(right, digits)
        if texts[0] != texts[1]:
            break
    return texts


def shown(value: Any, digits: int = 4) -> str:
    """``value`` about as Python shows it, in bounded and clean text."""
    return clean_text(_shown(value, digits)[:_MOST_CHARACTERS])


def _shown(value: Any, digits: int) -> str:
    kind = kind_of(value)
    if kind in ("a NumPy array", "a torch tensor"):
        return _shown_array(value, kind, digits)
    if isinstance(value, HandleRef):
        return f"<{value.class_name[:40]} object>"
    if isinstance(value, tuple | list):
        inside = ", ".join(_shown(item, digits) for item in value[:_MOST_SHOWN])
        inside += ", ..." if len(value) > _MOST_SHOWN else ""
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        pairs = list(value.items())[:_MOST_SHOWN]
        return f"{{{', '.join(f'{key!r}: {_shown(item, digits)}' for key, item in pairs)}}}"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return _rounded(value, digits)
    plain = value is None or isinstance(value, str | bytes | bool | int | complex)
    if plain or type(value).__name__.lower().endswith("dtype") or kind != "an object":
        return repr(value)[:_MOST_CHARACTERS]
    return f"<{type(value).__name__[:40]} object>"


def _shown_array(value: Any, kind: str, digits: int) -> str:
    array = as_array(value)
    name = "tensor" if kind == "a torch tensor" else "array"
    dtype = str(value.dtype).removeprefix("torch.")
    if array.size > _MOST_SHOWN:
        return f"{name} of shape {tuple(array.shape)}, {dtype}"
    usual = dtype in (
        ("float32", "float64", "int64", "bool") if name == "tensor" else ("float64", "int64", "bool")
    )
    inside = _nested(array.tolist(), lambda number: _shown(number, digits))
    shape = f", shape={tuple(array.shape)}" if array.size == 0 else ""
    return f"{name}({inside}{shape}{'' if usual else f', dtype={dtype}'})"


def _rounded(number: float, digits: int) -> str:
    text = f"{number:.{digits}g}" if digits < 17 else repr(number)
    return text if any(c in text for c in ".en") else f"{text}.0"


def _nested(items: Any, write: Any) -> str:
    if isinstance(items, list):
        return f"[{', '.join(_nested(item, write) for item in items)}]"
    return str(write(items))


def _array(array: NDArray[Any]) -> str:
    name = array.dtype.name
    dtype = "" if name in _NUMPY_DTYPES else f", dtype=np.{name}"
    if array.size == 0:
        return f"np.zeros({array.shape}, dtype=np.{name})"
    order = ""
    if not array.flags.c_contiguous:
        if not _reversed(array):
            axes = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
            return f"{_array(np.ascontiguousarray(array.transpose(axes)))}.transpose({_inverse(axes)})"
        order = ', order="F"'
    if filled := _filled(array):
        standard = ", dtype=" + f"np.{name}" if name != "float64" else ""
        return f"np.{filled}({_shape(array.shape)}{standard}{order})"
    inside = _nested(_rows(array), lambda number: _number(number, "np"))
    return f"np.array({inside}{dtype}{order})"


def _tensor(tensor: Any) -> str:
    name = str(tensor.dtype).removeprefix("torch.")
    plain = tensor.detach()
    if not plain.is_contiguous():
        axes = sorted(range(plain.dim()), key=lambda axis: -plain.stride(axis))
        return f"{_tensor(plain.permute(axes).contiguous())}.permute({_inverse(axes)})"
    array = as_array(plain)
    dtype = "" if name in _TORCH_DTYPES else f", dtype=torch.{name}"
    if array.size == 0:
        return f"torch.zeros({_shape(array.shape)}, dtype=torch.{name})"
    if filled := _filled(array):
        standard = "" if name == "float32" else f", dtype=torch.{name}"
        return f"torch.{filled}({', '.join(map(str, array.shape))}{standard})"
    if array.ndim == 2 and array.shape[0] == array.shape[1] > 1 and np.array_equal(array, np.eye(len(array))):
        return f"torch.eye({len(array)}{'' if name == 'float32' else f', dtype=torch.{name}'})"
    if name in ("float32", "float16"):  # the shortest text that gives the number back
        array = plain.numpy()
    inside = _nested(_rows(array), lambda number: _number(number, "torch"))
    return f"torch.tensor({inside}{dtype})"


def _filled(array: NDArray[Any]) -> str:
    """``zeros`` or ``ones``, for larger arrays of nothing else."""
    if array.size <= _LISTED * (2 if array.ndim < 2 else 1) or array.dtype.kind not in "fiu":
        return ""
    if not array.any():
        return "zeros"
    return "ones" if bool((array == 1).all()) else ""


def _rows(array: NDArray[Any]) -> Any:
    return [_rows(part) for part in array] if array.ndim > 1 else (list(array) if array.ndim else array[()])


def _number(number: Any, library: str) -> str:
    kind = np.asarray(number).dtype.kind
    if kind == "f":
        if not np.isfinite(number):
            text = "nan" if np.isnan(number) else "inf"
            return f"{'-' if number < 0 else ''}{library}.{text}"
        return str(number)
    return str(number.item() if isinstance(number, np.generic) else number)


def _shape(shape: tuple[int, ...]) -> str:
    return str(shape[0]) if len(shape) == 1 else str(tuple(shape))


def _inverse(axes: list[int]) -> str:
    return ", ".join(map(str, map(int, np.argsort(axes))))


def _reversed(array: Any) -> bool:
    return bool(array.ndim > 1 and array.flags.f_contiguous and not array.flags.c_contiguous)


def finite_everywhere(value: Any) -> bool:
    """Whether no number in ``value`` is NaN or infinite."""
    if isinstance(value, tuple | list):
        return all(map(finite_everywhere, value))
    if isinstance(value, dict):
        return all(map(finite_everywhere, value.values()))
    if isinstance(value, float | np.generic) or is_array(value):
        array = as_array(value)
        return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())
    return True
