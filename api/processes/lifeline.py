"""Ending together with the supervisor, however that ended."""

from __future__ import annotations

import os
import signal
import threading
import time

__all__ = ["end_with_parent"]

_LOOK_SECONDS = 1.0


def end_with_parent(parent: int) -> None:
    """Send this process SIGTERM when process ``parent``, which started it, is gone.

    The parent says who it is: it may have been killed before this process could ask.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
