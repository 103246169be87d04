"""The guest's entry point: ``python3 -I -S -B main.py CONFIG``, where CONFIG is one JSON object.

``channel``
    ``"stdio"`` (frames on descriptors 0 and 1), ``"fd:N"`` (one socket), or ``"listen:N"``: be no guest, but
    the zygote of many (:mod:`sandbox.guest.zygote`), whose listening socket that is.
``root``
    The folder that holds ``sandbox/wire`` and ``sandbox/guest``.
``site``
    Folders appended to ``sys.path``; the libraries of the runtime. No ``.pth`` file is read.
``libraries``
    What to import before saying hello: ``["numpy"]`` or ``["numpy", "torch"]``.
``workdir``
    The only writable folder.
``limits``
    ``address_space``, ``cpu_seconds``, ``processes``, ``open_files``, ``file_bytes`` (each may be
    null) become rlimits; ``printed_bytes`` and ``body_bytes`` bound a reply.
``uid``
    The unprivileged user to become when started as root, or null.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main() -> None:
    config = json.loads(sys.argv[1])
    sys.argv[:] = [""]
    _add_paths(config["root"], config["site"])
    if config["channel"].startswith("listen:"):
        _be_a_zygote(config)
        return

    from sandbox.guest import privileges

    incoming, outgoing = _claim_channel(config["channel"], privileges.silence)
    versions = _import_libraries(config["libraries"])

    from sandbox.guest.serving import serve

    privileges.become(config["uid"])
    privileges.limit(config["limits"])
    os.chdir(config["workdir"])
    privileges.silence(2)  # until here, a failed start could explain itself
    serve(incoming, outgoing, Path(config["workdir"]), config["limits"], versions)


def _be_a_zygote(config: dict[str, Any]) -> None:
    import socket

    gc.disable()  # while importing, there is nothing to collect
    versions = _import_libraries(config["libraries"])

    from sandbox.guest import warming
    from sandbox.guest.zygote import Zygote

    gc.enable()
    warming.warm_up(config["libraries"])
    warming.settle()
    Zygote(socket.socket(fileno=int(config["channel"].removeprefix("listen:"))), versions).run()


def _claim_channel(channel: str, silence: Callable[[int], None]) -> tuple[int, int]:
    """Move the channel to descriptors that no student's print can reach."""
    if channel == "stdio":
        incoming, outgoing = os.dup(0), os.dup(1)
    else:
        number = int(channel.removeprefix("fd:"))
        incoming = outgoing = os.dup(number)
        os.close(number)
    silence(0)
    silence(1)
    return incoming, outgoing


def _add_paths(root: str, site: list[str]) -> None:
    sys.path.extend(site)
    package = types.ModuleType("sandbox")
    package.__path__ = [f"{root}/sandbox"]
    sys.modules["sandbox"] = package


def _import_libraries(names: list[str]) -> dict[str, str]:
    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in names:
        module: Any = importlib.import_module(name)
        versions[name] = str(module.__version__)
        if name == "torch":
            module.set_num_threads(1)
    return versions


if __name__ == "__main__":
    main()
