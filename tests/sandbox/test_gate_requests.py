"""What the gate reads, and what it makes of it: no engine, no socket."""

from __future__ import annotations

import asyncio
import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.backends.docker.request import container_request
from sandbox.gate import Bounds, RefusedError
from sandbox.gate.creation import GATE_LABEL, creation
from sandbox.gate.http import MAX_BODY_BYTES, MAX_HEAD_BYTES, Request, parse_json, read_request
from sandbox.gate.rules import order
from sandbox.images import reference
from sandbox.spec import GpuRequest, GpuSource, Limits, Runtime, SandboxSpec

ROOT = Path(__file__).resolve().parents[2]
MINE = "a" * 64
OWNER = "host/6f5902ac-237a-45c6-b5aa-5d3a4f4bd2a1/17/4711/4026531836"
API = "/v1.41"
IMAGE = f"{API}/images/{reference(Runtime.NUMPY)}/json"


def read(data: bytes) -> Request | None:
    async def feed() -> Request | None:
        reader = asyncio.StreamReader(limit=MAX_HEAD_BYTES)
        reader.feed_data(data)
        reader.feed_eof()
        return await read_request(reader)

    return asyncio.run(feed())


def asked(spec: SandboxSpec | None = None) -> dict[str, Any]:
    """What a worker sends to create a sandbox."""
    spec = spec or SandboxSpec(Runtime.NUMPY)
    return container_request(spec, image=reference(spec.runtime), owner=OWNER)


def made(body: Any, **bounds: int) -> dict[str, Any]:
    return creation(json.dumps(body).encode(), Bounds(**bounds), "ours")


def ordered(method: str, target: str, body: bytes = b"", **headers: str) -> Any:
    path, _, query = target.partition("?")
    pairs = dict(part.split("=", 1) for part in query.split("&")) if query else {}
    return order(Request(method, path, pairs, headers, body), Bounds(), "ours")


# One spelling -------------------------------------------------------------------------------------


def test_a_plain_request_is_read():
    request = read(
        b"POST /v1.41/containers/create?x=%41 HTTP/1.1\r\nHost: docker\r\nContent-Length: 2\r\n\r\n{}"
    )
    assert (request.method, request.path, dict(request.query)) == (
        "POST",
        "/v1.41/containers/create",
        {"x": "A"},
    )
    assert request.body == b"{}"


def test_silence_is_not_a_request():
    assert read(b"") is None


SMUGGLED = {
    "two lengths": b"POST /x HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
    "two equal lengths": b"POST /x HTTP/1.1\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\n{}",
    "a list of lengths": b"POST /x HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\n{}",
    "a signed length": b"POST /x HTTP/1.1\r\nContent-Length: +2\r\n\r\n{}",
    "a length in base 16": b"POST /x HTTP/1.1\r\nContent-Length: 0x2\r\n\r\n{}",
    "a length with zeros": b"POST /x HTTP/1.1\r\nContent-Length: 002\r\n\r\n{}",
    "a length in other digits": "POST /x HTTP/1.1\r\nContent-Length: ٢\r\n\r\n{}".encode(),
    "a negative length": b"POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}",
    "chunks": b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks and a length": b"POST /x HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    "chunks in other letters": b"POST /x HTTP/1.1\r\ntRANSFER-eNCODING: xchunked\r\n\r\n",
    "chunks behind a space": b"POST /x HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n",
    "a folded header": b"POST /x HTTP/1.1\r\nX: 1\r\n Transfer-Encoding: chunked\r\n\r\n",
    "a bare line feed": b"GET /x HTTP/1.1\nHost: docker\n\r\n\r\n",
    "a line feed within a header": b"GET /x HTTP/1.1\r\nX: 1\nTransfer-Encoding: chunked\r\n\r\n",
    "a bare carriage return": b"GET /x HTTP/1.1\r\nX: 1\rY: 2\r\n\r\n",
    "a zero byte": b"GET /x HTTP/1.1\r\nX: a\0b\r\n\r\n",
    "a whole address": b"GET http://docker/containers/json HTTP/1.1\r\n\r\n",
    "an authority": b"CONNECT docker:2375 HTTP/1.1\r\n\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\n\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an older protocol": b"GET /x HTTP/1.0\r\n\r\n",
    "no protocol": b"GET /x\r\n\r\n",
    "a method in small letters": b"get /x HTTP/1.1\r\n\r\n",
    "two spaces": b"GET  /x HTTP/1.1\r\n\r\n",
    "a tab": b"GET\t/x HTTP/1.1\r\n\r\n",
    "an encoded slash": b"GET /v1.41/containers%2fjson HTTP/1.1\r\n\r\n",
    "an encoded letter": b"POST /v1.41/%63ontainers/create HTTP/1.1\r\n\r\n",
    "an encoded dot": b"POST /v1.41/containers/%2e%2e/build HTTP/1.1\r\n\r\n",
    "dots": b"POST /v1.41/containers/../build HTTP/1.1\r\n\r\n",
    "two slashes": b"POST //v1.41/build HTTP/1.1\r\n\r\n",
    "a backslash": b"POST /v1.41\\build HTTP/1.1\r\n\r\n",
    "a parameter of a path": b"POST /v1.41/containers/create;x HTTP/1.1\r\n\r\n",
    "a fragment": b"GET /v1.41/info#x HTTP/1.1\r\n\r\n",
    "a repeated parameter": b"GET /v1.41/x?all=1&all=0 HTTP/1.1\r\n\r\n",
    "a parameter with another separator": b"GET /v1.41/x?all=1;all=0 HTTP/1.1\r\n\r\n".replace(b";", b"&;"),
    "a parameter that is not text": b"GET /v1.41/x?all=%ff HTTP/1.1\r\n\r\n",
    "an expectation": b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    "letters that are not plain": "GET /x HTTP/1.1\r\nX: é\r\n\r\n".encode(),
    "many headers": b"GET /x HTTP/1.1\r\n" + b"".join(b"X%d: 1\r\n" % n for n in range(40)) + b"\r\n",
    "a head without an end": b"GET /x HTTP/1.1\r\nHost: docker\r\n",
    "a body that ends early": b"POST /x HTTP/1.1\r\nContent-Length: 20\r\n\r\n{}",
    "a huge head": b"GET /x HTTP/1.1\r\nX: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n",
    "a huge body": b"POST /x HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
}


@pytest.mark.parametrize("data", SMUGGLED.values(), ids=SMUGGLED)
def test_what_two_readers_could_understand_differently_is_refused(data: bytes):
    with pytest.raises(RefusedError):
        read(data)


@given(st.binary(max_size=300))
def test_no_bytes_bring_the_reader_down(data: bytes):
    try:
        read(b"GET /x HTTP/1.1\r\n" + data)
        read(data)
    except RefusedError:
        pass


@pytest.mark.parametrize(
    "text",
    [
        '{"Privileged": false, "Privileged": true}',
        '{"Privileged": false, "privileged": true}',
        '{"a": {"b": 1, "B": 2}}',
        '{"Memory": NaN}',
        '{"Memory": Infinity}',
        "{",
        "\ufeff{}",
        "[" * 100_000,
        "1" * 10_000,
    ],
    ids=lambda text: text[:24],
)
def test_json_that_says_two_things_or_nothing_is_refused(text: str):
    with pytest.raises(RefusedError):
        parse_json(text.encode())
    with pytest.raises(RefusedError):
        creation(text.encode(), Bounds(), "ours")


# What may be created ------------------------------------------------------------------------------


@pytest.mark.parametrize("runtime", Runtime)
def test_a_sandbox_may_be_created_and_is_labelled(runtime: Runtime):
    limits = Limits(memory_bytes=300 * 2**20, cpu_seconds=7, cpus=1.5, processes=33, disk_bytes=2**23)
    body = asked(SandboxSpec(runtime, limits))
    expected = copy.deepcopy(body)
    expected["Labels"][GATE_LABEL] = "ours"
    assert json.loads(json.dumps(made(body))) == json.loads(json.dumps(expected))


def host(**fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body["HostConfig"].update(fields)


def top(**fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body.update(fields)


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda body: body["HostConfig"].pop(name)


BIND = {"Type": "bind", "Source": "/", "Target": "/host"}
ESCAPES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "privileged": host(Privileged=True),
    "privileged in small letters": host(privileged=True),
    "a bind mount": host(Binds=["/:/host"]),
    "a mount": host(Mounts=[BIND]),
    "an empty list of mounts": host(Mounts=[]),
    "volumes": top(Volumes={"/host": {}}),
    "volumes of others": host(VolumesFrom=["gate"]),
    "a device": host(Devices=[{"PathOnHost": "/dev/sda", "PathInContainer": "/dev/sda"}]),
    "rules for devices": host(DeviceCgroupRules=["a *:* rwm"]),
    "a capability": host(CapAdd=["SYS_ADMIN"]),
    "all capabilities kept": host(CapDrop=[]),
    "capabilities not mentioned": without("CapDrop"),
    "the host's network": host(NetworkMode="host"),
    "another container's network": host(NetworkMode=f"container:{MINE}"),
    "a network": top(NetworkingConfig={"EndpointsConfig": {"bridge": {}}}),
    "the network left on": top(NetworkDisabled=False),
    "the host's processes": host(PidMode="host"),
    "the host's memory": host(IpcMode="host"),
    "the host's users": host(UsernsMode="host"),
    "the host's name": host(UTSMode="host"),
    "the host's control groups": host(CgroupnsMode="host"),
    "a control group of its own choice": host(CgroupParent="/"),
    "a writable image": host(ReadonlyRootfs=False),
    "no filter": host(SecurityOpt=["no-new-privileges", "seccomp=unconfined"]),
    "another filter": host(SecurityOpt=["no-new-privileges", 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']),
    "new privileges": lambda body: body["HostConfig"]["SecurityOpt"].pop(0),
    "one more option": lambda body: body["HostConfig"]["SecurityOpt"].append("apparmor=unconfined"),
    "unmasked paths": host(MaskedPaths=[]),
    "kernel settings": host(Sysctls={"kernel.core_pattern": "|/x"}),
    "another runtime": host(Runtime="other"),
    "no memory limit": without("Memory"),
    "a memory limit of nothing": host(Memory=0, MemorySwap=0),
    "a memory limit that is true": host(Memory=True, MemorySwap=True),
    "a memory limit that is a text": host(Memory="1", MemorySwap="1"),
    "more memory than there may be": host(Memory=2**40, MemorySwap=2**40),
    "swap": host(MemorySwap=-1),
    "no process limit": host(PidsLimit=-1),
    "processes without end": host(PidsLimit=10**9),
    "no process limit mentioned": without("PidsLimit"),
    "every core": host(NanoCpus=10**15),
    "never killed": host(OomKillDisable=True),
    "killed last": host(OomScoreAdj=-1000),
    "no limits of a process": host(Ulimits=[]),
    "a larger shared memory": lambda body: body["HostConfig"]["Tmpfs"].update({"/dev/shm": "size=100g"}),
    "one more folder in memory": lambda body: body["HostConfig"]["Tmpfs"].update({"/proc": "rw"}),
    "programs in /tmp": lambda body: body["HostConfig"]["Tmpfs"].update({"/tmp": "rw,exec"}),
    "a log": host(LogConfig={"Type": "syslog", "Config": {"syslog-address": "tcp://x:1"}}),
    "a restart": host(RestartPolicy={"Name": "always"}),
    "a published port": host(PortBindings={"80/tcp": [{"HostPort": "80"}]}),
    "a GPU": host(DeviceRequests=[{"Driver": "", "Count": 1, "DeviceIDs": [], "Capabilities": [["gpu"]]}]),
    "another image": top(Image="python:3.11-slim-bookworm"),
    "our image by another tag": top(Image="gradecli-runtime-numpy:latest"),
    "another runtime's image": top(Image=reference(Runtime.TORCH)),
    "the superuser": top(User="0:0"),
    "another program": top(Cmd=["/bin/sh"]),
    "another entry point": top(Entrypoint=["/bin/sh"]),
    "another guest": lambda body: body["Cmd"].__setitem__(4, "/tmp/x.py"),
    "a script for the interpreter": lambda body: body["Cmd"].insert(1, "-c"),
    "a guest told otherwise": lambda body: body["Cmd"].__setitem__(
        5, body["Cmd"][5].replace('"uid": null', '"uid": 0')
    ),
    "an environment": top(Env=["LD_PRELOAD=/x"]),
    "a health check": top(Healthcheck={"Test": ["CMD", "x"]}),
    "one more label": lambda body: body["Labels"].update({"com.example": "x"}),
    "the label of a gate": lambda body: body["Labels"].update({GATE_LABEL: "other"}),
    "no label": top(Labels={}),
    "an unknown runtime": lambda body: body["Labels"].update({"gradecli.sandbox": "bash"}),
    "an owner that is no owner": lambda body: body["Labels"].update({"gradecli.owner": "x\n"}),
    "something new": top(Future=True),
}  # fmt: skip


@pytest.mark.parametrize("change", ESCAPES.values(), ids=ESCAPES)
def test_anything_but_a_sandbox_is_refused(change: Callable[[dict[str, Any]], Any]):
    body = asked()
    change(body)
    with pytest.raises(RefusedError):
        made(body)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, part in inside for place in places(part, (*path, name)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    value = copy.copy(value)
    value[path[0]] = replaced(value[path[0]], path[1:], new)
    return value


JSON = json.loads(json.dumps(asked()))
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(place=st.sampled_from(places(JSON)), value=ANY)
def test_whatever_is_put_anywhere_the_engine_gets_a_sandbox_or_nothing(place: tuple[Any, ...], value: Any):
    body = replaced(JSON, place, value)
    try:
        result = json.loads(json.dumps(made(body)))
    except RefusedError:
        return
    del result["Labels"][GATE_LABEL]
    assert result == body, "nothing is put right silently"
    assert result["HostConfig"].keys() == JSON["HostConfig"].keys()
    assert result["HostConfig"]["SecurityOpt"] == JSON["HostConfig"]["SecurityOpt"]
    assert result["Cmd"][:5] == JSON["Cmd"][:5]


@pytest.mark.parametrize(
    "gpu", [GpuRequest(count=2), GpuRequest(names=("0", "GPU-7f")), GpuRequest(names=("3",))]
)
def test_gpus_are_given_where_the_gate_may_and_only_so_many(gpu: GpuRequest):
    body = asked(SandboxSpec(Runtime.CUDA, gpu=gpu))
    assert made(body, gpus=2)["HostConfig"]["DeviceRequests"] == body["HostConfig"]["DeviceRequests"]
    with pytest.raises(RefusedError, match="GPU"):
        made(body)
    with pytest.raises(RefusedError, match="GPUs is 9"):
        made(asked(SandboxSpec(Runtime.CUDA, gpu=GpuRequest(count=9))), gpus=2)


@pytest.mark.parametrize(
    "gpu",
    [
        GpuRequest(GpuSource.CDI, names=("vendor.com/disk=all",)),
        GpuRequest(GpuSource.DEVICE_NODES, names=("/dev/sda",)),
        GpuRequest(count=-1),
        GpuRequest(names=("all",)),
    ],
)
def test_devices_of_the_host_are_never_given(gpu: GpuRequest):
    with pytest.raises(RefusedError):
        made(asked(SandboxSpec(Runtime.CUDA, gpu=gpu)), gpus=8)


def test_a_refusal_names_what_is_wrong():
    body = asked()
    body["HostConfig"]["Privileged"] = True
    with pytest.raises(RefusedError, match=r"HostConfig\.Privileged is not what a sandbox"):
        made(body)


# What may be asked --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "target", "sent"),
    [
        ("GET", "/_ping", "/_ping"),
        ("GET", "/version", "/version"),
        ("GET", f"{API}/info", f"{API}/info"),
        ("GET", IMAGE, IMAGE),
        ("GET", f"{API}/containers/{MINE}/json", f"{API}/containers/{MINE}/json"),
        ("POST", f"{API}/containers/{MINE}/start", f"{API}/containers/{MINE}/start"),
        ("POST", f"{API}/containers/{MINE}/kill", f"{API}/containers/{MINE}/kill"),
        (
            "DELETE",
            f"{API}/containers/{MINE}?v=True&link=False&force=True",
            f"{API}/containers/{MINE}?v=1&force=1",
        ),
    ],
)
def test_what_a_worker_needs_is_asked_in_the_gates_own_words(method: str, target: str, sent: str):
    assert ordered(method, target).target == sent


def test_a_list_is_always_of_the_gates_own_containers():
    for filters in ("{}", '{"label":["gradecli.sandbox"]}'):
        target = ordered(
            "GET", f"{API}/containers/json?limit=-1&all=1&size=0&trunc_cmd=0&filters={filters}"
        ).target
        assert "gradecli.gate%3Dours" in target


FORBIDDEN = [
    ("POST", "/build"), ("POST", "/images/create"), ("POST", "/images/load"), ("POST", "/commit"),
    ("GET", "/images/json"), ("GET", "/images/python:3.11-slim-bookworm/json"),
    ("GET", "/images/gradecli-runtime-numpy:latest/json"),
    ("POST", f"/images/{reference(Runtime.NUMPY)}/tag"), ("DELETE", f"/images/{reference(Runtime.NUMPY)}"),
    ("POST", f"/containers/{MINE}/exec"), ("POST", f"/exec/{MINE}/start"),
    ("POST", f"/containers/{MINE}/update"), ("POST", f"/containers/{MINE}/rename"),
    ("POST", f"/containers/{MINE}/restart"), ("POST", f"/containers/{MINE}/pause"),
    ("GET", f"/containers/{MINE}/archive"), ("PUT", f"/containers/{MINE}/archive"),
    ("GET", f"/containers/{MINE}/export"), ("GET", f"/containers/{MINE}/logs"),
    ("GET", f"/containers/{MINE}/attach"), ("GET", f"/containers/{MINE}/attach/ws"),
    ("DELETE", f"/containers/{MINE}/json"), ("POST", "/containers/prune"),
    ("GET", "/containers/gate/json"), ("DELETE", "/containers/gate"),
    ("GET", f"/containers/{MINE[:12]}/json"),
    ("GET", f"/containers/{MINE.upper()}/json"), ("POST", f"/containers/{MINE}/Start"),
    ("GET", "/networks"), ("POST", "/networks/create"), ("POST", "/volumes/create"), ("GET", "/volumes"),
    ("GET", "/secrets"), ("GET", "/configs"), ("POST", "/swarm/init"), ("GET", "/nodes"), ("GET", "/tasks"),
    ("GET", "/services"), ("POST", "/plugins/pull"), ("GET", "/plugins"), ("GET", "/events"),
    ("GET", "/system/df"), ("POST", "/session"), ("POST", "/grpc"), ("POST", "/auth"),
    ("GET", "/distribution/x/json"),
    ("POST", "/info"), ("POST", "/version"), ("GET", "/"), ("GET", "/containers/create"),
    ("GET", "/v1.41/info"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), FORBIDDEN)
def test_everything_else_is_refused(method: str, path: str):
    with pytest.raises(RefusedError):
        ordered(method, f"{API}{path}")


@pytest.mark.parametrize("version", ["", "/v1.24", "/v1.40", "/v2.41", "/V1.41", "/v1.041", "/v1.41/v1.41"])
def test_versions_that_leave_out_a_part_of_a_description_are_refused(version: str):
    with pytest.raises(RefusedError):
        ordered("GET", f"{version}/info")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", f"/containers/{MINE}/kill?signal=STOP"),
        ("POST", f"/containers/{MINE}/start?detachKeys=a"),
        ("DELETE", f"/containers/{MINE}?link=1"),
        ("POST", "/containers/create?name=gate"),
        ("POST", "/containers/create?platform=windows"),
        ("GET", f"/containers/{MINE}/json?size=1"),
        ("GET", '/containers/json?filters={"name":["gate"]}'),
        ("GET", '/containers/json?filters={"label":["gradecli.gate=other"]}'),
        ("GET", '/containers/json?filters={"label":{"gradecli.sandbox":true}}'),
        ("GET", "/containers/json?filters=[]"),
        ("GET", "/containers/json?before=x"),
    ],
)
def test_parameters_are_those_that_workers_send(method: str, target: str):
    with pytest.raises(RefusedError):
        ordered(method, f"{API}{target}")


def test_only_attaching_takes_a_connection_over():
    streams = f"{API}/containers/{MINE}/attach?stream=1&stdin=1&stdout=1&stderr=1"
    assert ordered("POST", streams, upgrade="tcp").container == MINE
    with pytest.raises(RefusedError):
        ordered("POST", streams)
    with pytest.raises(RefusedError):
        ordered("POST", f"{API}/containers/{MINE}/start", upgrade="tcp")
    with pytest.raises(RefusedError):
        ordered("POST", f"{API}/containers/{MINE}/attach?stream=1&logs=1", upgrade="tcp")
    with pytest.raises(RefusedError, match="body"):
        ordered("POST", f"{API}/containers/{MINE}/start", b"{}")


def test_the_gate_needs_nothing_but_python(tmp_path: Path):
    """As in its image: these files, with the front doors that import more left empty."""
    for file in (ROOT / "sandbox").rglob("*"):
        if file.is_file() and file.suffix != ".pyc":
            target = tmp_path / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    for door in ("sandbox", "sandbox/backends", "sandbox/backends/docker"):
        (tmp_path / door / "__init__.py").write_bytes(b"")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import runpy; sys.argv = ['gate', '--help']; "
    )
    program += "runpy.run_module('sandbox.gate', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "--engine" in done.stdout
