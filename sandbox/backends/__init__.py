"""The sandbox backends, by name. Each is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Final, cast

from sandbox.backends.base import Backend
from sandbox.errors import BackendUnavailableError

__all__ = ["SERVER_BACKENDS", "all_backends", "find"]

_MODULES: Final = {
    "docker": ("sandbox.backends.docker", "DockerBackend"),
    "bubblewrap": ("sandbox.backends.bubblewrap", "BubblewrapBackend"),
    "subprocess": ("sandbox.backends.unisolated", "UnisolatedBackend"),
}
SERVER_BACKENDS: Final = ("docker", "bubblewrap")
"""The backends that isolate: the only ones a server may use."""


def find(name: str) -> Backend:
    """The backend called ``name``.

    Raises:
        BackendUnavailableError: there is none of that name, or its library is not installed.
    """
    if name not in _MODULES:
        raise BackendUnavailableError(f"there is no sandbox {name!r}; choose one of {', '.join(_MODULES)}")
    module, cls = _MODULES[name]
    try:
        return cast("Backend", getattr(import_module(module), cls)())
    except ImportError as error:
        raise BackendUnavailableError(
            f"the {name} sandbox needs a library that is not installed ({error.name}); "
            "run `pip install 'gradecli[worker]'`"
        ) from error


def all_backends() -> tuple[Backend, ...]:
    """Every backend whose library is installed."""
    found = []
    for name in _MODULES:
        try:
            found.append(find(name))
        except BackendUnavailableError:
            continue
    return tuple(found)
