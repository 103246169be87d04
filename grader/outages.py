"""Tells what the machine lacks from what is wrong with one submission or one problem package."""

from __future__ import annotations

import errno
from typing import Final

from sandbox import InfrastructureError

__all__ = ["is_outage"]

_OF_THE_MACHINE: Final = frozenset(
    {
        errno.EAGAIN,  # no more processes
        errno.EDQUOT,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.ENOSPC,
        errno.EROFS,
        errno.ESTALE,  # a network's disk that has gone
    }
)


def is_outage(error: BaseException) -> bool:
    """Whether any other submission would have met ``error`` here at this moment.

    A sandbox is had before student code is in it, and a file that is not there is no outage: a problem
    package that opens one has a mistake.
    """
    if isinstance(error, OSError):
        return error.errno in _OF_THE_MACHINE
    return isinstance(error, InfrastructureError)
