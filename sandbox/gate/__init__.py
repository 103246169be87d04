"""The gate between workers and a Docker engine: ``python -m sandbox.gate``.

Whoever reaches an engine's socket is root on its host. A worker reaches this instead: it can start, stop
and look at sandboxes, and nothing else. What it sends is never passed on. The gate reads a request
strictly, understands what is wanted, and makes its own request of that; a container's description is made
by the same lines that the worker's come from (:mod:`sandbox.backends.docker.request`).

Standard library only, so that its image holds nothing but Python and these files.
``docs/decisions/docker-gate.md`` says why, and what remains.
"""

from __future__ import annotations

from sandbox.gate.creation import Bounds
from sandbox.gate.http import RefusedError
from sandbox.gate.server import Gate

__all__ = ["Bounds", "Gate", "RefusedError"]
