"""The runtimes' container images: what is in them, how they are named, how they are built.

One ``Dockerfile`` and one ``assemble.py`` serve all; each runtime's folder pins its packages. The image
:func:`reference` names belongs to exactly this source, so an engine that lacks it has a stale one or none.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.images.source import reference
from sandbox.spec import Runtime

__all__ = ["build", "reference"]


def build(runtime: Runtime, *, progress: Callable[[str], None]) -> str:
    """See :func:`sandbox.images.builder.build`; the Docker SDK is imported only when this is called."""
    from sandbox.images import builder

    return builder.build(runtime, progress=progress)
