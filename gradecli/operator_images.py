"""Builds the container images of the runtimes."""

from __future__ import annotations

from gradecli.errors import BadInputError, PlatformError
from gradecli.terminal import live_line, say
from sandbox import InfrastructureError, Runtime
from sandbox.images import build

__all__ = ["build_images"]

_USUAL = (Runtime.NUMPY, Runtime.TORCH)


def build_images(name: str | None) -> None:
    """Build the image of the runtime called ``name``, or those that homework usually needs.

    Raises:
        BadInputError: there is no such runtime.
        PlatformError: the engine failed; the message says what to do.
    """
    if name is not None and name not in set(Runtime):
        raise BadInputError(f"There is no runtime {name!r}. Choose one of: {', '.join(Runtime)}")
    for runtime in (Runtime(name),) if name is not None else _USUAL:
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
