"""What is really asked of a Docker engine, and what its refusals become: against one that records."""

from __future__ import annotations

import http.server
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.backends.docker import DockerBackend
from sandbox.backends.docker.engine import EngineAddress
from sandbox.backends.owner import Owner
from sandbox.errors import (
    BackendUnavailableError,
    GpuUnavailableError,
    ImageMissingError,
    InfrastructureError,
)
from sandbox.images import reference
from sandbox.spec import ExitReason, GpuRequest, GpuSource, Limits, Runtime, SandboxSpec

CONTAINER = "c0ffee"


class RecordingEngine(socketserver.ThreadingUnixStreamServer):
    """Speaks enough of the engine's API to start one container; answers can be replaced."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(os.fspath(path), Handler)
        self.address = EngineAddress(path=os.fspath(path))
        self.requests: list[tuple[str, str, Any]] = []
        self.streams: list[socket.socket] = []
        self.refuse: dict[str, tuple[int, str]] = {}
        self.state = {"Running": True, "ExitCode": 0, "OOMKilled": False}
        self.containers: list[dict[str, Any]] = []

    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, _ in self.requests]

    def created(self) -> dict[str, Any]:
        """The body of the one request that created a container."""
        (body,) = [body for method, path, body in self.requests if path == "/containers/create"]
        return body


class Handler(http.server.BaseHTTPRequestHandler):
    server: RecordingEngine
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        pass

    def address_string(self) -> str:
        return "unix"

    def answer(self) -> None:
        path = urlsplit(self.path).path
        path = path if path == "/version" else "/" + path.split("/", 2)[2]  # without /v1.41
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.requests.append((self.command, path, body))
        for part, (status, message) in self.server.refuse.items():
            if part in f"{self.command} {path}":
                self.reply(status, {"message": message})
                return
        match self.command, path.rpartition("/")[2]:
            case _, "version":
                self.reply(200, {"ApiVersion": "1.41", "Version": "20.10.24", "Arch": "amd64"})
            case "POST", "create":
                self.reply(201, {"Id": CONTAINER, "Warnings": []})
            case "POST", "attach":
                self.wfile.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
                self.server.streams.append(self.connection)
                self.connection.recv(1)  # until the client hangs up
                self.close_connection = True
            case "GET", "json" if path == "/containers/json":
                self.reply(200, self.server.containers)
            case "GET", "json":
                self.reply(200, {"Id": CONTAINER, "State": self.server.state})
            case _:
                self.reply(204, None)

    def reply(self, status: int, body: Any) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RecordingEngine]:
    with RecordingEngine(tmp_path / "engine.sock") as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield server
        server.shutdown()
        serving.join()


@pytest.fixture
def created(engine: RecordingEngine) -> Callable[..., dict[str, Any]]:
    """``created(spec)``: the request that this spec makes."""

    def start(spec: SandboxSpec) -> dict[str, Any]:
        DockerBackend(engine.address).start(spec).close()
        return engine.created()

    return start


def test_a_container_is_attached_before_it_is_started_and_removed_when_it_is_over(engine):
    DockerBackend(engine.address).start(SandboxSpec(Runtime.NUMPY)).close()
    assert [path for path in engine.paths() if "version" not in path] == [
        "POST /containers/create",
        f"POST /containers/{CONTAINER}/attach",
        f"POST /containers/{CONTAINER}/start",
        f"DELETE /containers/{CONTAINER}",
    ]


def test_a_container_may_use_nothing_of_the_host(created):
    body = created(SandboxSpec(Runtime.NUMPY))
    host = body["HostConfig"]
    assert body["NetworkDisabled"] is True
    assert host["NetworkMode"] == "none"
    assert host["IpcMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert "CapAdd" not in host
    assert not host.get("Privileged")
    for key in ("Binds", "Mounts", "PidMode", "UsernsMode", "UTSMode", "Devices", "DeviceRequests"):
        assert not host.get(key), key
    assert "no-new-privileges" in host["SecurityOpt"]
    (profile,) = [option for option in host["SecurityOpt"] if option.startswith("seccomp=")]
    assert json.loads(profile.removeprefix("seccomp="))["defaultAction"] == "SCMP_ACT_ERRNO"
    assert body["User"] == "10001:10001"
    assert host["LogConfig"]["Type"] == "none"


def test_every_limit_of_the_spec_is_asked_for(created):
    limits = Limits(
        memory_bytes=300 * 2**20, cpu_seconds=7, cpus=1.5, processes=33, open_files=99, disk_bytes=2**23,
        inodes=123,
    )  # fmt: skip
    host = created(SandboxSpec(Runtime.NUMPY, limits))["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == 300 * 2**20
    assert host["NanoCpus"] == 1_500_000_000
    assert host["PidsLimit"] == 33
    assert host["OomScoreAdj"] == 1000
    options = host["Tmpfs"]["/tmp"].split(",")
    assert {"nosuid", "nodev", "noexec", "size=8388608", "nr_inodes=123"} <= set(options)
    assert "nr_inodes" in host["Tmpfs"]["/dev/shm"]
    ulimits = {limit["Name"]: (limit["Soft"], limit["Hard"]) for limit in host["Ulimits"]}
    assert ulimits["nofile"] == (99, 99)
    assert ulimits["cpu"] == (7, 7)
    assert ulimits["fsize"] == (2**23, 2**23)
    assert ulimits["core"] == ulimits["msgqueue"] == (0, 0)


def test_the_environment_holds_nothing_of_the_workers(created, monkeypatch):
    monkeypatch.setenv("GRADECLI_SECRET", "of the course")
    body = created(SandboxSpec(Runtime.TORCH))
    names = {entry.partition("=")[0] for entry in body["Env"]}
    assert names == {"HOME", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH"}
    assert "of the course" not in json.dumps(body)


def test_the_image_is_the_one_of_this_source(created):
    assert created(SandboxSpec(Runtime.TORCH))["Image"] == reference(Runtime.TORCH)


def test_a_container_says_who_owns_it(created):
    labels = created(SandboxSpec(Runtime.NUMPY))["Labels"]
    assert labels["gradecli.sandbox"] == "numpy"
    assert Owner.parse(labels["gradecli.owner"]) == Owner.current()


# GPUs --------------------------------------------------------------------------------------------


def gpu_spec(**gpu: Any) -> SandboxSpec:
    return SandboxSpec(Runtime.CUDA, gpu=GpuRequest(**gpu))


def test_any_gpu_is_asked_for_by_count(created):
    (request,) = created(gpu_spec(count=2))["HostConfig"]["DeviceRequests"]
    assert (request["Count"], request["DeviceIDs"], request["Capabilities"]) == (2, [], [["gpu"]])


def test_chosen_gpus_are_asked_for_by_name(created):
    (request,) = created(gpu_spec(names=("0", "GPU-7f")))["HostConfig"]["DeviceRequests"]
    assert (request["Count"], request["DeviceIDs"], request["Capabilities"]) == (
        0,
        ["0", "GPU-7f"],
        [["gpu"]],
    )


def test_cdi_names_are_asked_for_of_the_cdi_driver(created):
    spec = gpu_spec(source=GpuSource.CDI, names=("nvidia.com/gpu=0",))
    (request,) = created(spec)["HostConfig"]["DeviceRequests"]
    assert (request["Driver"], request["DeviceIDs"]) == ("cdi", ["nvidia.com/gpu=0"])


def test_device_nodes_are_passed_through_for_reading_and_writing(created):
    spec = gpu_spec(source=GpuSource.DEVICE_NODES, names=("/dev/nvidia0", "/dev/nvidiactl"))
    devices = created(spec)["HostConfig"]["Devices"]
    assert [(d["PathOnHost"], d["PathInContainer"], d["CgroupPermissions"]) for d in devices] == [
        ("/dev/nvidia0", "/dev/nvidia0", "rw"),
        ("/dev/nvidiactl", "/dev/nvidiactl", "rw"),
    ]


def test_only_a_gpu_container_may_use_any_ioctl(created):
    def rules(body: dict[str, Any]) -> list[dict[str, Any]]:
        (profile,) = [o for o in body["HostConfig"]["SecurityOpt"] if o.startswith("seccomp=")]
        every = json.loads(profile.removeprefix("seccomp="))["syscalls"]
        return [rule for rule in every if "ioctl" in rule["names"]]

    assert all("args" not in rule for rule in rules(created(gpu_spec())))


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("/start", 'could not select device driver "" with capabilities: [[gpu]]'),
        ("/create", "CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=0"),
        ("/start", 'error gathering device information while adding custom device "/dev/nvidia0"'),
    ],
)
def test_a_refused_gpu_is_named_as_that_and_leaves_no_container(engine, where, message):
    engine.refuse[where] = (500, message)
    with pytest.raises(GpuUnavailableError, match="NVIDIA container toolkit") as caught:
        DockerBackend(engine.address).start(gpu_spec())
    assert message in str(caught.value)
    assert (f"DELETE /containers/{CONTAINER}" in engine.paths()) == (where == "/start")


def test_a_refusal_that_is_not_about_the_gpu_is_not_blamed_on_it(engine):
    engine.refuse["/create"] = (500, "no space left on disk")
    with pytest.raises(InfrastructureError, match="no space left") as caught:
        DockerBackend(engine.address).start(gpu_spec())
    assert not isinstance(caught.value, GpuUnavailableError)


# Refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["attach", "start"])
def test_a_start_that_fails_half_way_leaves_no_container(engine, step):
    engine.refuse[f"/{step}"] = (500, "the engine is having a bad day")
    with pytest.raises(InfrastructureError):
        DockerBackend(engine.address).start(SandboxSpec(Runtime.NUMPY))
    assert engine.paths()[-1] == f"DELETE /containers/{CONTAINER}"


def test_a_failing_clean_up_does_not_hide_why_the_start_failed(engine):
    engine.refuse["/start"] = (500, "the engine is having a bad day")
    engine.refuse["DELETE"] = (500, "and cannot clean up")
    with pytest.raises(InfrastructureError, match="bad day"):
        DockerBackend(engine.address).start(SandboxSpec(Runtime.NUMPY))


def test_a_missing_image_names_the_command_that_builds_it(engine):
    engine.refuse["/create"] = (404, "No such image: gradecli-runtime-numpy:0123")
    with pytest.raises(ImageMissingError, match="gradecli sandbox build numpy"):
        DockerBackend(engine.address).start(SandboxSpec(Runtime.NUMPY))
    engine.refuse["/images"] = (404, "No such image: gradecli-runtime-numpy:0123")
    available = DockerBackend(engine.address).availability(Runtime.NUMPY)
    assert not available.ok
    assert "gradecli sandbox build numpy" in available.remedy


def test_an_engine_that_is_not_there_says_what_to_do(tmp_path):
    backend = DockerBackend(EngineAddress(path=os.fspath(tmp_path / "nobody.sock")))
    available = backend.availability(Runtime.NUMPY)
    assert not available.ok
    assert available.remedy
    with pytest.raises(BackendUnavailableError, match="DOCKER_HOST"):
        backend.start(SandboxSpec(Runtime.NUMPY))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", EngineAddress(path="/var/run/docker.sock")),
        ("unix:///run/user/1000/docker.sock", EngineAddress(path="/run/user/1000/docker.sock")),
        ("tcp://engine-proxy:2375", EngineAddress(host="engine-proxy", port=2375)),
        ("tcp://[::1]:2375/", EngineAddress(host="::1", port=2375)),
    ],
)
def test_the_engine_is_where_docker_host_says(value, expected):
    assert EngineAddress.from_environment({"DOCKER_HOST": value}) == expected


@pytest.mark.parametrize(
    "value", ["ssh://host", "npipe:////./pipe/docker", "tcp://host", "unix://", "docker"]
)
def test_an_unsupported_address_is_refused_in_plain_words(value):
    with pytest.raises(BackendUnavailableError, match="unix:///path"):
        EngineAddress.from_environment({"DOCKER_HOST": value})
    with pytest.raises(BackendUnavailableError, match="without TLS"):
        EngineAddress.from_environment({"DOCKER_HOST": "tcp://host:2376", "DOCKER_TLS_VERIFY": "1"})


# Ends --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "reason", "code"),
    [
        ({"ExitCode": 0, "OOMKilled": False}, ExitReason.EXITED, 0),
        ({"ExitCode": 3, "OOMKilled": False}, ExitReason.EXITED, 3),
        ({"ExitCode": 139, "OOMKilled": False}, ExitReason.SIGNALLED, 11),
        ({"ExitCode": 137, "OOMKilled": False}, ExitReason.SIGNALLED, 9),
        ({"ExitCode": 137, "OOMKilled": True}, ExitReason.OUT_OF_MEMORY, 0),
        ({"ExitCode": 255, "OOMKilled": False}, ExitReason.EXITED, 255),
    ],
)
def test_how_a_container_ended_is_told_apart(engine, state, reason, code):
    process = DockerBackend(engine.address).start(SandboxSpec(Runtime.NUMPY))
    assert process.wait(0) is None
    engine.state = {"Running": False, **state}
    ended = process.wait(1)
    assert (ended.reason, ended.code) == (reason, code)
    process.close()


def test_a_memory_kill_that_is_told_late_is_still_one(engine):
    process = DockerBackend(engine.address).start(SandboxSpec(Runtime.NUMPY))
    engine.state = {"Running": False, "ExitCode": 137, "OOMKilled": False}
    late = threading.Timer(0.1, engine.state.update, ({"OOMKilled": True},))
    late.start()
    assert process.wait(1).reason is ExitReason.OUT_OF_MEMORY
    late.join()
    process.close()


def test_killing_twice_or_too_late_does_nothing(engine):
    process = DockerBackend(engine.address).start(SandboxSpec(Runtime.NUMPY))
    engine.refuse["/kill"] = (409, f"Container {CONTAINER} is not running")
    process.kill()
    process.kill()
    assert engine.paths().count(f"POST /containers/{CONTAINER}/kill") == 1
    process.close()
    process.close()
    assert engine.paths().count(f"DELETE /containers/{CONTAINER}") == 1


# Sweeping ----------------------------------------------------------------------------------------


def listed(owner: str, created: int = 2**31, identity: str = "left") -> dict[str, Any]:
    return {"Id": identity, "Created": created, "Labels": {"gradecli.owner": owner}}


def test_a_sweep_removes_what_dead_owners_left_and_nothing_else(engine):
    me = Owner.current()
    gone = Owner(me.host, me.boot, me.pid, "1", me.namespace)  # an earlier process of the same number
    earlier_boot = Owner(me.host, "another-boot", me.pid, me.started, me.namespace)
    elsewhere = Owner("another-machine", "its-boot", me.pid, me.started, me.namespace)
    next_door = Owner(me.host, me.boot, me.pid, "1", "4711")  # in another container, by the same number
    engine.containers = [
        listed(str(me), identity="mine"),
        listed(str(next_door), identity="next-door"),
        listed(str(gone), identity="killed-worker"),
        listed(str(earlier_boot), identity="before-the-restart"),
        listed(str(elsewhere), identity="elsewhere"),
        listed(str(elsewhere), created=0, identity="elsewhere-long-ago"),
        listed("scribbled over", identity="unreadable"),
    ]
    removed = DockerBackend(engine.address).sweep()
    assert set(removed) == {"killed-worker", "before-the-restart", "elsewhere-long-ago", "unreadable"}
    assert {path.rpartition("/")[2] for path in engine.paths() if path.startswith("DELETE")} == set(removed)


def test_an_owner_that_nobody_waited_for_is_gone():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
        me = Owner.current()
        owner = Owner(me.host, me.boot, process.pid, stat.rpartition(")")[2].split()[19], me.namespace)
        assert owner.is_gone() is False
        process.kill()
        deadline = time.monotonic() + 10
        while not owner.is_gone() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert owner.is_gone()
        assert Path(f"/proc/{process.pid}").exists()
