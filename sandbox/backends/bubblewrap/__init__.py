"""The embedded default on Linux: bubblewrap, whose binary comes with a Python package.

Run as root, the sandbox keeps the host's user namespace and its guest becomes an unprivileged user of
its own; run as an ordinary user, it gets a user namespace, and further ones are forbidden in it.
Either way: new pid, network, ipc, uts and cgroup namespaces, a file system made of an explicit list,
no capabilities, a seccomp allow-list, and one small writable folder.
"""

from sandbox.backends.bubblewrap.backend import BubblewrapBackend

__all__ = ["BubblewrapBackend"]
