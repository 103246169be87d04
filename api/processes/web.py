"""``python -m api.processes.web PARENT FD``: the web process, on a socket that the supervisor opened.

The socket outlives this process, so while it is restarted, requests wait instead of failing.
"""

from __future__ import annotations

import resource
import socket
import sys
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from api.app import create_app
from api.processes.connections import PunctualProtocol
from api.processes.ending import ExitCode, run_process
from api.processes.lifeline import end_with_parent
from api.settings import Settings
from api.submissions.progress import Watchers

__all__ = ["main", "server_config"]

_FINISH_SECONDS = 10


class _Server(uvicorn.Server):
    """A server whose streams end when it is told to stop, instead of holding it up."""

    def __init__(self, config: uvicorn.Config, watchers: Watchers) -> None:
        super().__init__(config)
        self._watchers = watchers

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._watchers.closing = True
        super().handle_exit(sig, frame)


def main(arguments: list[str]) -> ExitCode:
    """Serve on the inherited socket until SIGTERM; requests in progress are finished."""
    parent, descriptor = int(arguments[0]), int(arguments[1])
    return run_process("web", lambda settings: _serve(settings, parent, descriptor))


def _serve(settings: Settings, parent: int, descriptor: int) -> None:
    end_with_parent(parent)
    listener = socket.socket(fileno=descriptor)
    app = create_app(settings)
    _allow_many_files()
    _Server(server_config(app, settings), app.state.watchers).run(sockets=[listener])


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How ``app`` is served: on so many connections at a time, each of which must begin to ask in time."""
    return uvicorn.Config(
        app,
        http=PunctualProtocol,
        limit_concurrency=settings.connections,
        log_config=None,
        # The application writes its own line for each request, and itself decides whom to believe.
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )


def _allow_many_files() -> None:
    """Each connection is an open file, and the usual soft limit is only 1,024 of them."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
