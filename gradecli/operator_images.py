"""Builds the container images of the runtimes."""

from __future__ import annotations

from collections.abc import Sequence

from gradecli.errors import BadInputError, PlatformError
from gradecli.terminal import live_line, say
from sandbox import InfrastructureError, Runtime
from sandbox.images import build

__all__ = ["build_images"]


def build_images(names: Sequence[str]) -> None:
    """Build the images of the runtimes called ``names``, one after the other.

    Raises:
        BadInputError: there is no such runtime; then nothing is built.
        PlatformError: the engine failed; the message says what to do.
    """
    for name in names:
        if name not in set(Runtime):
            raise BadInputError(f"There is no runtime {name!r}. Choose from: {', '.join(Runtime)}")
    for runtime in map(Runtime, names):
        try:
            with live_line() as line:
                reference = build(runtime, progress=line.show)
        except InfrastructureError as error:
            raise PlatformError(str(error)) from error
        except ImportError as error:
            raise PlatformError(
                "Docker's Python library is missing: pip install 'gradecli[worker]'"
            ) from error
        say(f"{runtime.value}: {reference}")
