"""Runs untrusted Python behind one interface. Knows nothing about grading.

::

    with Sandbox(find("bubblewrap"), SandboxSpec(Runtime.NUMPY)) as guest:
        module = load(guest, {"homework.py": source}, "homework.py", time_limit=10.0)
        module.linear_forward(x, W, b)          # values go in, plain values come back

Whatever the submission does, the outcome is a value, a ``StudentCodeError`` or an
``InfrastructureError``. ``sandbox.backends`` has the ways of running it, ``sandbox.conformance`` what
each of them must pass.
"""

from sandbox.backends import SERVER_BACKENDS, all_backends, find
from sandbox.backends.base import Backend
from sandbox.errors import InfrastructureError, SandboxError, StudentCodeError
from sandbox.inprocess import InProcessSession
from sandbox.remote import load
from sandbox.session import Sandbox, Session
from sandbox.spec import GpuRequest, Limits, Runtime, SandboxSpec

__all__ = [
    "SERVER_BACKENDS",
    "Backend",
    "GpuRequest",
    "InProcessSession",
    "InfrastructureError",
    "Limits",
    "Runtime",
    "Sandbox",
    "SandboxError",
    "SandboxSpec",
    "Session",
    "StudentCodeError",
    "all_backends",
    "find",
    "load",
]
