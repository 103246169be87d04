"""Warm sandboxes: one process a runtime imports the libraries once, and forks each guest from there.

A guest is as fresh and as shut in as one that was started cold: it gets namespaces, a user, folders, a
cgroup and a system-call filter of its own, and is used once. A :class:`ZygoteKeeper` keeps the zygotes
alive; a :class:`WarmBackend` gets guests from them, and starts a cold one where none can be had. What
runs in a zygote is :mod:`sandbox.guest.zygote`.
"""

from __future__ import annotations

from sandbox.zygotes.backend import WarmBackend
from sandbox.zygotes.keeper import ZygoteFigures, ZygoteKeeper, warmed
from sandbox.zygotes.maker import ZygoteMaker, can_be_warm

__all__ = ["WarmBackend", "ZygoteFigures", "ZygoteKeeper", "ZygoteMaker", "can_be_warm", "warmed"]
