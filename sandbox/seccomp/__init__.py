"""Which system calls code in a sandbox may make: one policy, rendered for each backend.

:mod:`sandbox.seccomp.policy` is the list; :func:`bpf_program` renders it for bubblewrap and
:func:`docker_profile` for a Docker engine. A test holds the two to the same answers.
"""

from __future__ import annotations

from sandbox.seccomp.bpf import bpf_program
from sandbox.seccomp.docker_profile import docker_profile

__all__ = ["bpf_program", "docker_profile"]
