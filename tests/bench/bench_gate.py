"""What the gate costs of a sandbox's life: with and without it, in turns, on the same engine.

    python -m tests.bench.bench_gate --rounds 30 --output docs/results/gate.json

A round starts a NumPy sandbox, calls a function in it, and ends it. Times are wall clock, in seconds; the
ratio is that of the medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox import Limits, Runtime, Sandbox, SandboxSpec, load
from sandbox.backends.docker import DockerBackend
from sandbox.backends.docker.engine import Engine, EngineAddress

SOURCE = "def f():\n    return 1\n"


@contextmanager
def gate(folder: Path, engine: EngineAddress) -> Iterator[EngineAddress]:
    """A gate in front of ``engine``, and its address."""
    assert engine.path is not None, "the gate wants the engine's socket"
    path = folder / "gate.sock"
    arguments = ["--engine", engine.path, "--listen", os.fspath(path), "--name", f"bench-{os.getpid()}"]
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox.gate", *arguments], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "workers reach the engine" in line)
        try:
            yield EngineAddress(path=os.fspath(path))
        finally:
            process.terminate()


def one_life(backend: DockerBackend) -> float:
    started = time.perf_counter()
    with Sandbox(backend, SandboxSpec(Runtime.NUMPY, Limits())) as session:
        load(session, {"f.py": SOURCE}, "f.py").f()
    return time.perf_counter() - started


def run(rounds: int) -> dict[str, object]:
    """Both kinds of sandbox, ``rounds`` times in turns."""
    with Engine() as engine:
        address = engine.address
    times: dict[str, list[float]] = {"without": [], "with": []}
    with tempfile.TemporaryDirectory() as folder, gate(Path(folder), address) as behind:
        backends = {"without": DockerBackend(address), "with": DockerBackend(behind)}
        for _ in range(rounds):
            for name, backend in backends.items():
                times[name].append(one_life(backend))
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    return {"ratio": medians["with"] / medians["without"], "medians": medians, "seconds": times}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    found = run(arguments.rounds)
    print(f"a sandbox behind the gate takes {found['ratio']:.3f} of its time without it: {found['medians']}")
    if arguments.output is not None:
        arguments.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
