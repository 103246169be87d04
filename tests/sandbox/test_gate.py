"""The gate as a running process: in front of an engine that records, and in front of the real one."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import secrets
import signal
import socket
import socketserver
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox.backends.docker import DockerBackend
from sandbox.backends.docker.engine import Engine, EngineAddress
from sandbox.backends.docker.request import container_request
from sandbox.conformance import CASES, Case, opened
from sandbox.errors import InfrastructureError
from sandbox.images import reference
from sandbox.spec import Runtime, SandboxSpec

API = "/v1.41"
MINE = "a" * 64
FOREIGN = "b" * 64
OWNER = "host/6f5902ac-237a-45c6-b5aa-5d3a4f4bd2a1/17/4711/4026531836"
STREAMS = "stream=1&stdin=1&stdout=1&stderr=1"
PATIENCE = 20.0


@dataclass
class GateProcess:
    """``log`` grows while it runs."""

    path: Path
    name: str
    process: subprocess.Popen[str]
    log: list[str] = field(default_factory=list)

    @property
    def address(self) -> EngineAddress:
        return EngineAddress(path=os.fspath(self.path))

    def said(self, text: str) -> bool:
        return any(text in line for line in self.log)

    def connect(self) -> socket.socket:
        return self.address.open(30)

    def answers(self, request: bytes) -> bytes:
        """Everything that comes back, until the gate closes."""
        with self.connect() as connection:
            connection.sendall(request)
            parts = []
            while part := connection.recv(65_536):
                parts.append(part)
        return b"".join(parts)

    def status(self, request: bytes) -> int:
        return int(self.answers(request).split(b" ", 2)[1])


@contextmanager
def running_gate(
    folder: Path, engine: EngineAddress, *options: str, name: str | None = None
) -> Iterator[GateProcess]:
    """A gate in front of ``engine``, under a name that no other test uses."""
    assert engine.path is not None
    gate = name or f"test-{secrets.token_hex(6)}"
    path = folder / f"{gate}.sock"
    command = [sys.executable, "-m", "sandbox.gate", "--engine", engine.path, "--listen", os.fspath(path)]
    with subprocess.Popen([*command, "--name", gate, *options], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        running = GateProcess(path, gate, process)
        for line in process.stderr:
            running.log.append(line)
            if "workers reach the engine" in line:
                break
        reading = threading.Thread(target=running.log.extend, args=(process.stderr,))
        reading.start()
        try:
            yield running
        finally:
            process.terminate()
            status = process.wait(30)
            reading.join()
    assert status == 0, running.log
    assert not running.said("Traceback"), running.log


def request(method: str, path: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: docker", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def creation(**host: Any) -> bytes:
    body = container_request(SandboxSpec(Runtime.NUMPY), image=reference(Runtime.NUMPY), owner=OWNER)
    body["HostConfig"].update(host)
    return request("POST", f"{API}/containers/create", json.dumps(body).encode())


def attaching(container: str = MINE) -> bytes:
    path = f"{API}/containers/{container}/attach?{STREAMS}"
    return request("POST", path, b"", "Connection: Upgrade", "Upgrade: tcp")


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether ``holds()`` becomes true; for what happens in another process, which tells nobody."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, head
        head += byte
    return head


# In front of an engine that records --------------------------------------------------------------


class RecordingEngine(socketserver.ThreadingUnixStreamServer):
    """Creates one container, ``MINE``; gives its streams to whoever asks; notes every byte."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(os.fspath(path), RecordedConnection)
        self.address = EngineAddress(path=os.fspath(path))
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.streams: list[socket.socket] = []
        self.attached = threading.Event()
        self.closing = threading.Event()
        self.info: dict[str, Any] = {}
        self.existing: list[dict[str, Any]] = []

    def first_lines(self) -> list[str]:
        return [first for first, _, _ in self.requests]

    def noted(self, text: str) -> bool:
        return any(text in first for first in self.first_lines())


class RecordedConnection(socketserver.StreamRequestHandler):
    server: RecordingEngine

    def handle(self) -> None:
        first = self.rfile.readline().decode().strip()
        headers = {}
        while line := self.rfile.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", 0)))
        if not first:
            return
        self.server.requests.append((first, headers, body))
        if "/attach" in first:
            self.wfile.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
            self.server.streams.append(self.connection)
            self.server.attached.set()
            self.server.closing.wait()
        elif "/containers/create" in first:
            self.reply(201, {"Id": MINE, "Warnings": []})
        elif "/containers/json" in first:
            self.chunked(self.server.existing)
        elif "/info" in first:
            self.reply(200, self.server.info)
        elif "_ping" in first:
            self.reply(200, "OK")
        else:
            self.wfile.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    def reply(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        self.wfile.write(head.encode() + data)

    def chunked(self, body: Any) -> None:
        data = json.dumps(body).encode()
        pieces = [data[start : start + 7] for start in range(0, len(data), 7)]
        coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + coded)


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[RecordingEngine]:
    with RecordingEngine(tmp_path / "engine.sock") as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield server
        server.closing.set()
        server.shutdown()
        serving.join()


@pytest.fixture
def gate(recorder: RecordingEngine, tmp_path: Path) -> Iterator[GateProcess]:
    with running_gate(tmp_path, recorder.address) as running:
        yield running


def test_the_engine_gets_the_gates_own_words_and_nothing_of_the_workers(gate, recorder):
    sent = creation().replace(b"Host: docker", b"Host: docker\r\nX-Registry-Auth: secret\r\nCookie: a=b")
    assert gate.status(sent) == 201
    (created,) = [noted for noted in recorder.requests if "/create" in noted[0]]
    first, headers, body = created
    assert first == f"POST {API}/containers/create HTTP/1.1"
    assert headers.keys() == {"host", "connection", "content-type", "content-length"}
    assert json.loads(body)["Labels"]["gradecli.gate"] == gate.name
    assert int(headers["content-length"]) == len(body)


def test_what_is_refused_never_reaches_the_engine_and_is_logged_with_its_reason(gate, recorder):
    refused = gate.answers(creation(Privileged=True))
    assert refused.startswith(b"HTTP/1.1 403 ")
    assert b"HostConfig.Privileged" in refused
    assert gate.status(request("POST", f"{API}/containers/{FOREIGN}/start")) == 404
    assert gate.status(request("POST", f"{API}/build?x=%0a")) == 403
    assert gate.status(b"GET /x\x1b[31m HTTP/1.1\r\n\r\n") == 400
    assert gate.status(b"GET / HTTP/1.1\r\nA: " + b"a" * 20_000 + b"\r\n\r\n") == 431
    assert not any("/create" in first or "/start" in first for first in recorder.first_lines())
    assert eventually(lambda: gate.said("HostConfig.Privileged is not what a sandbox"))
    assert not any("\x1b" in line for line in gate.log)


def test_a_second_request_behind_the_first_is_not_read(gate, recorder):
    both = request("GET", "/_ping") + request("GET", f"{API}/info")
    assert gate.answers(both).count(b"HTTP/1.1") == 1
    assert not recorder.noted("/info")


def test_a_request_hidden_in_a_body_is_not_read(gate, recorder):
    hidden = request("POST", f"{API}/containers/prune")
    assert gate.status(request("GET", "/_ping", hidden)) == 403
    assert gate.status(request("POST", f"{API}/containers/create", hidden)) == 400
    assert not recorder.noted("prune")


def test_an_engines_description_is_cut_to_what_workers_use(gate, recorder):
    recorder.info = {"HttpProxy": "http://user:secret@proxy", "Name": "host", "MemoryLimit": True}
    said = gate.answers(request("GET", f"{API}/info"))
    assert json.loads(said.partition(b"\r\n\r\n")[2]) == {"MemoryLimit": True}


def test_streams_are_carried_byte_by_byte_in_both_directions(gate, recorder):
    assert gate.status(creation()) == 201
    with gate.connect() as worker:
        worker.sendall(attaching() + b"early")
        assert read_head(worker).startswith(b"HTTP/1.1 101 ")
        assert recorder.attached.wait(PATIENCE)
        (container,) = recorder.streams
        container.settimeout(PATIENCE)
        assert container.recv(5, socket.MSG_WAITALL) == b"early"
        for byte in b"ping":  # each one alone arrives alone: nothing waits for more
            worker.sendall(bytes([byte]))
            assert container.recv(10) == bytes([byte])
            container.sendall(bytes([byte]))
            assert worker.recv(10) == bytes([byte])


def test_a_reader_that_waits_holds_the_writer_up_and_not_the_gates_memory(gate, recorder):
    gate.answers(creation())
    with gate.connect() as worker:
        worker.sendall(attaching())
        read_head(worker)
        assert recorder.attached.wait(PATIENCE)
        container = recorder.streams[0]
        container.settimeout(0.5)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 50_000_000:
                sent += container.send(b"x" * 65_536)
        assert sent < 4_000_000
        assert gate.status(request("GET", "/_ping")) == 200, "others are served meanwhile"


def test_streams_are_held_by_one_alone(gate, recorder):
    gate.answers(creation())
    with gate.connect() as worker:
        worker.sendall(attaching())
        read_head(worker)
        assert gate.status(attaching()) == 409


@pytest.mark.parametrize("engine_takes_input", [True, False])
def test_a_container_that_nobody_holds_any_more_is_removed(recorder, tmp_path, engine_takes_input):
    removal = f"DELETE {API}/containers/{MINE}?v=1&force=1 HTTP/1.1"
    with running_gate(tmp_path, recorder.address, "--grace", "0.3") as gate:
        gate.answers(creation())
        with gate.connect() as worker:
            worker.sendall(attaching())
            read_head(worker)
            if not engine_takes_input:  # then the gate has no way to notice by reading
                worker.settimeout(0.5)
                with pytest.raises(TimeoutError):
                    worker.sendall(b"x" * 50_000_000)
            time.sleep(0.6)
            assert removal not in recorder.first_lines(), "its streams are held"
        assert eventually(lambda: removal in recorder.first_lines())


def test_a_new_gate_takes_up_what_the_old_one_left(recorder, tmp_path):
    recorder.existing = [{"Id": MINE}]
    with running_gate(tmp_path, recorder.address, "--grace", "0.3", name="again"):
        assert eventually(lambda: recorder.noted(f"DELETE {API}/containers/{MINE}"))
    assert recorder.noted("gradecli.gate%3Dagain")


def test_there_are_only_so_many_sandboxes(recorder, tmp_path):
    with running_gate(tmp_path, recorder.address, "--containers", "1") as gate:
        assert [gate.status(creation()) for _ in range(2)] == [201, 503]
        assert gate.status(request("DELETE", f"{API}/containers/{MINE}?v=True&link=False&force=True")) == 204
        assert gate.status(creation()) == 201


def test_an_engine_that_is_gone_is_said_and_others_are_unharmed(tmp_path):
    with running_gate(tmp_path, EngineAddress(path=os.fspath(tmp_path / "nobody.sock"))) as gate:
        assert gate.status(request("GET", "/_ping")) == 502
        assert check(gate) == 1


def test_the_gate_can_be_asked_whether_it_works(gate):
    assert check(gate) == 0
    gate.process.send_signal(signal.SIGTERM)
    gate.process.wait(30)
    assert check(gate) == 1
    assert not gate.path.exists()


def test_only_its_user_and_group_reach_the_gate(gate):
    assert gate.path.stat().st_mode & 0o777 == 0o660


def check(gate: GateProcess) -> int:
    command = [sys.executable, "-m", "sandbox.gate", "--check", "--listen", os.fspath(gate.path)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode


# In front of the real engine ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(docker_engine: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateProcess]:
    with Engine() as engine:
        address = engine.address
    if address.path is None:
        pytest.skip("the engine is reached over a network, and the gate wants its socket")
    with running_gate(tmp_path_factory.mktemp("gate"), address) as running:
        yield running


@pytest.mark.docker
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_sandbox_behind_the_gate_is_a_sandbox(case: Case, real: GateProcess):
    case.run(DockerBackend(real.address))


@pytest.mark.docker
def test_a_worker_sees_what_it_needs_of_the_engine(real, docker_engine):
    behind = DockerBackend(real.address)
    assert behind.availability(Runtime.NUMPY) == docker_engine.availability(Runtime.NUMPY)
    assert behind.enforcement() == docker_engine.enforcement()


@pytest.mark.docker
def test_sandboxes_run_side_by_side_behind_the_gate(real):
    def answer(number: int) -> int:
        with opened(DockerBackend(real.address), "def f(x): return x + 1", seconds=60) as (_, module):
            return module.f(number)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(answer, range(8))) == list(range(1, 9))


@pytest.mark.docker
def test_a_container_that_is_no_sandbox_cannot_be_created_or_touched(real):
    """With the SDK, as somebody who has taken a worker over would try."""
    direct, behind = Engine(), Engine(real.address)
    image = reference(Runtime.NUMPY)
    with direct, behind:
        tricks: list[dict[str, Any]] = [
            {"privileged": True},
            {"binds": ["/:/host"]},
            {"pid_mode": "host"},
            {"network_mode": "host"},
            {"devices": ["/dev/mem:/dev/mem:rwm"]},
        ]
        for options in tricks:
            config = behind.api.create_host_config(**options)
            with pytest.raises(Exception, match="the gate refuses"):
                behind.api.create_container(image, ["/runtime/bin/python"], host_config=config)
        # A sandbox of somebody else, not made behind this gate.
        body = container_request(SandboxSpec(Runtime.NUMPY), image=image, owner=OWNER)
        foreign = direct.api.create_container_from_config(body)["Id"]
        try:
            assert foreign not in {found["Id"] for found in behind.api.containers(all=True)}
            for touch in (behind.api.start, behind.api.kill, behind.api.inspect_container):
                with pytest.raises(Exception, match="No such container"):
                    touch(foreign)
            behind.remove(foreign)  # as for any that is gone: no error, and nothing happens
            assert direct.api.inspect_container(foreign)["State"]["Status"] == "created"
        finally:
            direct.remove(foreign)


@pytest.mark.docker
def test_nothing_of_a_killed_worker_is_left(docker_engine, tmp_path):
    program = textwrap.dedent(
        """
        import sys, time
        from sandbox.backends.docker import DockerBackend
        from sandbox.backends.docker.engine import EngineAddress
        from sandbox.spec import Runtime, SandboxSpec
        process = DockerBackend(EngineAddress(path=sys.argv[1])).start(SandboxSpec(Runtime.NUMPY))
        print(process.id, flush=True)
        time.sleep(60)
        """
    )
    with Engine() as engine, running_gate(tmp_path, engine.address, "--grace", "0.5") as gate:
        command = [sys.executable, "-c", program, os.fspath(gate.path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
            left = worker.stdout.readline().strip()
            assert engine.api.containers(filters={"id": left})
            assert DockerBackend(gate.address).sweep() == (), "its owner is alive"
            worker.kill()
        assert eventually(lambda: not engine.api.containers(all=True, filters={"id": left}))


@pytest.mark.docker
def test_a_worker_sweeps_through_the_gate(real):
    with Engine(real.address) as behind:
        body = container_request(
            SandboxSpec(Runtime.NUMPY), image=reference(Runtime.NUMPY), owner=f"{os.uname().nodename}//1/1/1"
        )
        left = behind.api.create_container_from_config(body)["Id"]
    assert left in DockerBackend(real.address).sweep()


# The SDK leaves a socket that it could not connect to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.docker
def test_a_gate_that_goes_away_is_an_incident_and_the_next_tidies_up(real, tmp_path):
    with Engine() as engine:
        with running_gate(tmp_path, engine.address) as gate:
            assert isinstance(incident_while_ending(gate), InfrastructureError)
        gc.collect()
        with running_gate(tmp_path, engine.address, "--grace", "0.1", name=gate.name):
            mine = {"label": f"gradecli.gate={gate.name}"}
            assert eventually(lambda: not engine.api.containers(all=True, filters=mine))


def incident_while_ending(gate: GateProcess) -> Exception | None:
    """What a call raises when the gate ends under it, without its traceback."""
    sleeper = "import time\ndef f(): time.sleep(30)"
    with opened(DockerBackend(gate.address), sleeper, seconds=60) as (_, module):
        ending = threading.Timer(0.5, gate.process.terminate)
        ending.start()
        try:
            module.f()
        except Exception as error:
            return error.with_traceback(None)
        finally:
            ending.join()
            gate.process.wait(30)
    return None
