"""The production backend: one hardened, single-use container per sandbox.

What a container is asked to be is all in :mod:`~sandbox.backends.docker.request`; how bytes reach its
guest, in :mod:`~sandbox.backends.docker.attach` and :mod:`~sandbox.backends.docker.channel`.
"""

from __future__ import annotations

from sandbox.backends.docker.backend import DockerBackend

__all__ = ["DockerBackend"]
