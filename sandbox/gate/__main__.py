"""``python -m sandbox.gate``: the gate as a process; ``--check`` asks a running one whether it works."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import re
import signal
import socket
import sys
from pathlib import Path

from sandbox.gate.creation import Bounds
from sandbox.gate.server import Gate

__all__ = ["main"]

_CHECK_SECONDS = 10.0


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, or check; the exit status."""
    given = _parser().parse_args(arguments)
    if given.check:
        return _check(given.listen)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s gate %(levelname)s %(message)s")
    bounds = Bounds(memory_bytes=given.memory_mib * 2**20, cpus=given.cpus, gpus=given.gpus)
    gate = Gate(given.engine, name=given.name, bounds=bounds, containers=given.containers, grace=given.grace)
    asyncio.run(_serve(gate, given.listen))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m sandbox.gate", description=__doc__)
    add = parser.add_argument
    add("--engine", default="/var/run/docker.sock", help="the engine's socket")
    add("--listen", type=Path, default=Path("/run/gate/docker.sock"), help="the socket for workers")
    add("--name", type=_name, default="gradecli", help="tells gates of one engine apart")
    add("--containers", type=int, default=64, help="how many sandboxes may exist at the same time")
    add("--grace", type=float, default=60.0, help="seconds until a sandbox that nobody holds is removed")
    add("--memory-mib", type=int, default=16_384, help="the most memory of one sandbox")
    add("--cpus", type=int, default=16, help="the most cores of one sandbox")
    add("--gpus", type=int, default=0, help="the most GPUs of one sandbox")
    add("--check", action="store_true", help="exit with 0 when a gate and its engine answer")
    return parser


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text):
        raise argparse.ArgumentTypeError("letters, digits, dots and dashes only")
    return text


async def _serve(gate: Gate, path: Path) -> None:
    serving = asyncio.ensure_future(gate.serve(path))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _check(path: Path) -> int:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_CHECK_SECONDS)
            connection.connect(str(path))
            connection.sendall(b"GET /_ping HTTP/1.1\r\nHost: gate\r\n\r\n")
            found = connection.recv(64)
    except OSError as error:
        print(f"no gate answers at {path}: {error}", file=sys.stderr)
        return 1
    if found.split(b" ")[1:2] != [b"200"]:
        print("the gate answers, its engine does not", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
