"""The operations on a student's objects that are more than a call or an attribute."""

from __future__ import annotations

import itertools
import operator
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.wire.values import UnsupportedValueError

__all__ = ["OPERATORS", "NoGradientError", "gradients", "load_state", "operate", "state", "take"]

OPERATORS: Final[dict[str, Callable[..., object]]] = {
    name: getattr(operator, name)
    for name in (
        "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "neg", "pos", "abs",
        "eq", "ne", "lt", "le", "gt", "ge", "getitem", "setitem", "contains",
    )
} | {"len": len, "bool": bool, "float": float, "int": int, "str": str}  # fmt: skip


class NoGradientError(RuntimeError):
    """The result does not depend on its inputs through recorded operations."""


def operate(name: str, operands: tuple[Any, ...]) -> object:
    """Apply one of Python's operators."""
    return OPERATORS[name](*operands)


def take(target: Any, count: int) -> tuple[list[object], bool]:
    """Up to ``count`` items of an iterable, and whether there were no more."""
    iterator = iter(target)
    items = list(itertools.islice(iterator, count))
    return items, next(iterator, _END) is _END


def state(target: Any) -> dict[str, object]:
    """An ``nn.Module``'s parameters and buffers by name."""
    return dict(target.state_dict().items())


def load_state(target: Any, values: Mapping[str, Any]) -> None:
    """Copy arrays into an ``nn.Module``'s parameters and buffers; names and shapes must match."""
    torch = sys.modules["torch"]
    target.load_state_dict({name: torch.as_tensor(value) for name, value in values.items()})


def gradients(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    cotangents: tuple[Any, ...],
    parameters: bool,
) -> tuple[object, tuple[object, ...], dict[str, object]]:
    """The vector-Jacobian product of ``function`` at ``args``, by torch's autograd.

    Returns:
        The value; for each argument its gradient, or None where it is not a floating tensor or has
        no influence; and, where ``parameters``, the gradient of each parameter of the module.

    Raises:
        NoGradientError: the result is not connected to anything that could have a gradient.
        UnsupportedValueError: the result is not the tensors that the cotangents are for.
    """
    torch = sys.modules["torch"]
    leaves = [
        arg.detach().clone().requires_grad_(True)
        if isinstance(arg, torch.Tensor) and arg.is_floating_point()
        else arg
        for arg in args
    ]
    value = function(*leaves, **kwargs)
    outputs = value if isinstance(value, tuple) else (value,)
    if len(outputs) != len(cotangents) or not all(isinstance(item, torch.Tensor) for item in outputs):
        raise UnsupportedValueError(f"expected {len(cotangents)} tensor(s) as the result")
    for output, cotangent in zip(outputs, cotangents, strict=True):
        if output.shape != cotangent.shape:
            raise UnsupportedValueError(
                f"expected a result of shape {tuple(cotangent.shape)}, got {tuple(output.shape)}"
            )
    named = dict(function.named_parameters()) if parameters else {}  # type: ignore[attr-defined]
    wanted = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor) and leaf.requires_grad]
    pairs = [(o, c) for o, c in zip(outputs, cotangents, strict=True) if o.requires_grad]
    if not pairs:
        raise NoGradientError("the result is cut off from the inputs (detached, or made under no_grad)")
    found = torch.autograd.grad(
        [o for o, _ in pairs], [*wanted, *named.values()], [c for _, c in pairs], allow_unused=True
    )
    by_leaf = {id(leaf): grad for leaf, grad in zip(wanted, found, strict=False)}
    by_name = dict(zip(named, found[len(wanted) :], strict=True))
    return value, tuple(by_leaf.get(id(leaf)) for leaf in leaves), by_name


_END: Final = object()
