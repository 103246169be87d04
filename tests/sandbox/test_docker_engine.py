"""Against a real engine: what only a real container shows. The conformance suite covers the rest."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from sandbox.backends.docker import DockerBackend, request
from sandbox.backends.docker import backend as backend_module
from sandbox.backends.docker.engine import Engine, EngineAddress
from sandbox.backends.owner import Owner
from sandbox.conformance import opened
from sandbox.errors import (
    GpuUnavailableError,
    ImageMissingError,
    InfrastructureError,
    MemoryLimitError,
    SandboxStartError,
    StudentCodeError,
)
from sandbox.images import reference
from sandbox.session import Sandbox
from sandbox.spec import ExitReason, ExitStatus, GpuRequest, Limits, Runtime, SandboxSpec

pytestmark = pytest.mark.docker
MIB = 2**20


@pytest.fixture
def docker_backend(docker_engine: object) -> DockerBackend:
    assert isinstance(docker_engine, DockerBackend)
    return docker_engine


@pytest.fixture
def engine(docker_engine: object) -> Iterator[Engine]:
    with Engine() as opened_engine:
        yield opened_engine


def containers(engine: Engine) -> set[str]:
    """Those that this process has started: other tests may be running beside this one."""
    mine = {"label": f"gradecli.owner={Owner.current()}"}
    return {found["Id"] for found in engine.api.containers(all=True, filters=mine)}


def exists(engine: Engine, container: str) -> bool:
    return bool(engine.api.containers(all=True, filters={"id": container}))


def test_a_sandbox_leaves_no_container(docker_backend, engine):
    before = containers(engine)
    with opened(docker_backend, "def f(): return 1") as (_, module):
        assert module.f() == 1
        assert len(containers(engine) - before) == 1
    assert containers(engine) == before


def test_an_image_holds_the_runtime_and_nothing_else(docker_backend):
    source = """
import os
def listing():
    found = []
    for top, folders, files in os.walk("/"):
        if top == "/": folders[:] = set(folders) - {"proc", "sys", "dev"}
        found += [os.path.join(top, name) for name in folders + files]
    return sorted(found)
"""
    with opened(docker_backend, source, seconds=60) as (_, module):
        paths = [Path(path) for path in module.listing()]
    guest = {path for path in paths if path.is_relative_to("/runtime/gradecli")}
    assert {path.name for path in guest if len(path.parts) == 5} == {
        "__init__.py", "__pycache__", "guest", "wire",
    }  # fmt: skip
    site = {path.name for path in paths if path.parent == Path("/runtime/site")}
    assert {name.split("-")[0].removesuffix(".libs") for name in site} == {"numpy"}
    programs = {path.name for path in paths if path.parent.name in ("bin", "sbin")}
    assert programs == {"python", "python3.11", "docker-init"}  # the last is the engine's own


def test_the_guests_files_are_compiled_and_never_written_again(docker_backend):
    source = """
import sys, importlib.util
def flags():
    found = []
    for name in ("numpy", "json", "sandbox.guest.serving"):
        cached = importlib.util.cache_from_source(importlib.util.find_spec(name).origin)
        found.append(int.from_bytes(open(cached, "rb").read(8)[4:], "little"))
    return found
"""
    hash_based_and_unchecked = 0b01
    with opened(docker_backend, source) as (_, module):
        assert module.flags() == [hash_based_and_unchecked] * 3


def test_a_memory_kill_is_seen_from_outside(docker_backend):
    source = "def fill():\n    kept = bytearray(2_000_000_000)\n    kept[::4096] = b'x' * len(kept[::4096])"
    with opened(docker_backend, source) as (guest, module):
        with pytest.raises(MemoryLimitError):
            module.fill()
        assert guest._process.wait(1) == ExitStatus(ExitReason.OUT_OF_MEMORY)


def test_processor_time_is_limited(docker_backend):
    limits = Limits(memory_bytes=384 * MIB, cpu_seconds=2)
    spinning = "def spin():\n    while True: pass"
    with opened(docker_backend, spinning, limits=limits, seconds=60) as (guest, module):
        with pytest.raises(StudentCodeError):
            module.spin()
        assert guest._process.wait(1).reason is ExitReason.SIGNALLED


def test_files_are_limited_in_number(docker_backend):
    source = """
def litter(folder):
    made = 0
    try:
        while made < 100_000: open(f"{folder}/{made}", "w").close(); made += 1
    except OSError: pass
    return made
"""
    limits = Limits(memory_bytes=384 * MIB, inodes=100)
    with opened(docker_backend, source, limits=limits) as (_, module):
        assert module.litter("/tmp") < 100
        assert module.litter("/dev/shm") < 300
        assert module.litter("/dev/mqueue") == 0


def test_what_a_sandbox_used_is_measured_outside_it(docker_backend):
    source = """
def work():
    kept = bytearray(150_000_000)
    kept[::4096] = b"x" * len(kept[::4096])
    sum(range(5_000_000))
"""
    with opened(docker_backend, source) as (guest, module):
        module.work()
        used = guest.usage()
    assert used.wall_seconds > 0
    if used.peak_memory_bytes is None:
        pytest.skip("the engine's control groups cannot be read here")
    assert 150_000_000 < used.peak_memory_bytes < 400_000_000
    assert used.cpu_seconds > 0.1


def test_large_values_cross_both_ways(docker_backend):
    sent = np.random.default_rng(0).standard_normal((2_000, 2_000))
    limits = Limits(memory_bytes=1024 * MIB)
    with opened(docker_backend, "def same(x): return x", limits=limits, seconds=30) as (_, module):
        assert np.array_equal(module.same(sent), sent)


def test_sandboxes_run_side_by_side(docker_backend):
    def answer(number: int) -> int:
        with opened(docker_backend, "def f(x): return x + 1", seconds=30) as (_, module):
            return module.f(number)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(answer, range(8))) == list(range(1, 9))


def test_a_guest_that_cannot_start_says_why_and_leaves_nothing(docker_backend, engine, monkeypatch):
    before = containers(engine)
    monkeypatch.setattr(request, "LIBRARIES", {Runtime.NUMPY: ("no_such_library",)})
    with pytest.raises(SandboxStartError, match="No module named 'no_such_library'"):
        Sandbox(docker_backend, SandboxSpec(Runtime.NUMPY))
    assert containers(engine) == before


def test_a_stale_image_is_missing_and_the_remedy_is_named(docker_backend, monkeypatch):
    stale = reference(Runtime.NUMPY).rpartition(":")[0] + ":0123456789abcdef"
    monkeypatch.setattr(backend_module, "reference", lambda _runtime: stale)
    with pytest.raises(ImageMissingError, match="gradecli sandbox build numpy"):
        docker_backend.start(SandboxSpec(Runtime.NUMPY))
    assert not docker_backend.availability(Runtime.NUMPY).ok


def test_an_engine_without_gpus_refuses_in_our_words(docker_backend, engine):
    if "nvidia" in engine.client.info()["Runtimes"]:
        pytest.skip("this engine has GPUs")
    before = containers(engine)
    with pytest.raises(GpuUnavailableError, match="NVIDIA container toolkit"):
        docker_backend.start(SandboxSpec(Runtime.NUMPY, gpu=GpuRequest()))
    assert containers(engine) == before


def test_a_killed_workers_container_is_swept_and_a_living_ones_is_not(docker_backend, engine):
    program = textwrap.dedent(
        """
        import time
        from sandbox import Runtime, find
        from sandbox.spec import SandboxSpec
        process = find("docker").start(SandboxSpec(Runtime.NUMPY))
        print(process.id, flush=True)
        time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as worker:
        left = worker.stdout.readline().strip()
        assert exists(engine, left)
        assert left not in docker_backend.sweep(), "its owner is alive"
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert left in docker_backend.sweep()
    assert not exists(engine, left)


# An engine that goes away ------------------------------------------------------------------------


class Wire:
    """A stand-in for the engine's socket that can be cut."""

    def __init__(self, path: Path, target: EngineAddress) -> None:
        self.address = EngineAddress(path=os.fspath(path))
        self._target = target
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(os.fspath(path))
        self._server.listen()
        self._start(self._accept)

    def cut(self) -> None:
        for connection in [self._server, *self._open]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join()
        for connection in [self._server, *self._open]:
            connection.close()
        Path(self.address.path or "").unlink(missing_ok=True)

    def _start(self, function: object, *args: object) -> None:
        thread = threading.Thread(target=function, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = self._target.open(10)
                far.settimeout(None)
                self._open += [near, far]
                self._start(self._carry, near, far)
                self._start(self._carry, far, near)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


# The SDK leaves a socket that it could not connect to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_an_engine_that_goes_away_is_an_incident_and_not_the_students_crash(engine, tmp_path):
    before = containers(engine)
    wire = Wire(tmp_path / "engine.sock", engine.address)
    started = time.monotonic()
    assert isinstance(incident_while_cutting(wire), InfrastructureError)
    assert time.monotonic() - started < 20
    gc.collect()
    for left in containers(engine) - before:
        engine.remove(left)  # its owner, this process, still lives: a sweep would leave it


def incident_while_cutting(wire: Wire) -> Exception | None:
    """What a call raises when the engine disappears under it, without its traceback."""
    sleeper = "import time\ndef f(): time.sleep(30)"
    with opened(DockerBackend(wire.address), sleeper, seconds=60) as (_, module):
        cutting = threading.Timer(0.5, wire.cut)
        cutting.start()
        try:
            module.f()
        except Exception as error:
            return error.with_traceback(None)
        finally:
            cutting.join()
    return None
