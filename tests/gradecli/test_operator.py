"""Operators' commands: what they say before, instead of, and besides running the service."""

from __future__ import annotations

import json
import os
import types
from pathlib import Path
from typing import Any

import pytest

from gradecli import session
from gradecli.operator_doctor import State, examine
from sandbox import InfrastructureError, Runtime
from sandbox.spec import Availability, Enforcement, LimitName


class HalfABackend:
    """Runs NumPy only, and enforces the network only."""

    def __init__(self, name: str) -> None:
        self.name = name

    def availability(self, runtime: Runtime) -> Availability:
        if runtime is Runtime.NUMPY:
            return Availability(ok=True, detail="works here")
        return Availability(ok=False, detail="no library. Install it.", remedy="Install it.")

    def enforcement(self) -> Enforcement:
        return Enforcement({LimitName.NETWORK: "namespace"})


@pytest.fixture
def half_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> HalfABackend:
        if name == "docker":
            raise InfrastructureError("no Docker library; pip install it")
        return HalfABackend(name)

    monkeypatch.setattr("sandbox.backends.find", find)
    monkeypatch.setattr("gradecli.operator_doctor.shutil.which", lambda _name: None)


def test_doctor_gives_a_remedy_for_all_that_is_not_right(half_a_machine: None) -> None:
    findings = {finding.what: finding for finding in examine()}
    for finding in findings.values():
        assert bool(finding.remedy) == (finding.state is not State.OK), finding
    assert findings["course server"].remedy == "gradecli login URL"
    assert findings["sandbox docker"].remedy == "no Docker library; pip install it"
    assert findings["sandbox bubblewrap, numpy"].state is State.OK
    assert findings["sandbox bubblewrap, torch"].detail == "no library."
    limits = findings["sandbox bubblewrap, limits"]
    assert limits.state is State.LIMITED
    assert "memory" in limits.detail
    assert "network" not in limits.detail
    assert "cgroup" in limits.remedy
    assert findings["sandbox subprocess, limits"].detail == "no isolation at all"
    assert findings["GPU"].state is State.MISSING


def test_every_limit_has_a_remedy(half_a_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HalfABackend, "enforcement", lambda _self: Enforcement({}))
    (limits,) = [finding for finding in examine() if finding.what == "sandbox bubblewrap, limits"]
    assert all(limit.value in limits.detail for limit in LimitName)


def test_doctor_as_json_and_as_text(half_a_machine: None, gradecli: Any) -> None:
    listed = json.loads(gradecli("doctor", "--json").stdout)
    assert listed[0]["what"] == "Python"
    assert {one["state"] for one in listed} == {"ok", "limited", "missing"}
    assert "missing  GPU" in gradecli("doctor").stdout


def test_doctor_asks_the_server_one_is_logged_in_to(
    half_a_machine: None, logged_in: Any, gradecli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradecli.operator_doctor.CourseService", session.CourseService)
    assert "https://grade.example.edu, as Ada" in gradecli("doctor").stdout


def test_serve_without_problems_says_how_to_name_them(gradecli: Any) -> None:
    done = gradecli("serve")
    assert done.exit_code == 2
    assert "There is no folder problems of problem packages. Name one with --problems DIR." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "complaint"),
    [
        (["--port", "70000"], {}, "GRADECLI_PORT"),
        (["--sandbox", "subprocess"], {}, "GRADECLI_SANDBOX"),
        ([], {"GRADECLI_WORKERS": "many"}, "GRADECLI_WORKERS"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(
    gradecli: Any,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    complaint: str,
) -> None:
    Path("problems").mkdir()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = gradecli("serve", *arguments)
    assert done.exit_code == 2
    assert "These settings cannot be used:" in done.stderr
    assert complaint in done.stderr
    assert not Path("gradecli-data").exists()


def test_where_there_is_no_posix_serve_says_where_it_runs(
    gradecli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradecli.operator_service.os", types.SimpleNamespace(name="nt"))
    done = gradecli("serve")
    assert done.exit_code == 3
    assert "WSL" in done.stderr


def test_serve_points_out_a_sandbox_that_does_not_work(
    gradecli: Any, monkeypatch: pytest.MonkeyPatch, half_a_machine: None
) -> None:
    Path("problems").mkdir()
    monkeypatch.setattr("api.supervisor.serve", lambda _settings, *, announce: announce("served at http://x"))
    done = gradecli("serve", "--sandbox", "docker")
    assert (done.exit_code, done.stdout) == (0, "served at http://x\n")
    assert "Nothing can be graded yet: the docker sandbox does not work on this machine." in done.stderr
    assert gradecli("serve").stderr == ""


def test_settings_reach_the_service(
    gradecli: Any, monkeypatch: pytest.MonkeyPatch, half_a_machine: None
) -> None:
    Path("sets").mkdir()
    seen: list[Any] = []
    monkeypatch.setattr("api.supervisor.serve", lambda settings, **_: seen.append(settings))
    gradecli("serve", "--host", "0.0.0.0", "--port", "0", "--data", "d", "--problems", "sets")
    (settings,) = seen
    assert (settings.host, settings.port, settings.data, settings.problems) == (
        "0.0.0.0",
        0,
        Path("d"),
        Path("sets"),
    )


def test_a_worker_or_a_token_without_a_service_says_so(gradecli: Any) -> None:
    worker = gradecli("worker", "--data", "nowhere")
    assert worker.exit_code == 6
    assert "gradecli serve --data nowhere" in worker.stderr
    token = gradecli("token", "ada@example.edu", "--data", "nowhere")
    assert token.exit_code == 2
    assert "There is no service's data in nowhere" in token.stderr
    assert not Path("nowhere").exists()


def test_images_are_built_by_runtime(gradecli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Runtime] = []

    def build(runtime: Runtime, *, progress: Any) -> str:
        progress("Step 1")
        asked.append(runtime)
        return f"image-{runtime.value}"

    monkeypatch.setattr("gradecli.operator_images.build", build)
    assert gradecli("sandbox", "build").stdout == "numpy: image-numpy\ntorch: image-torch\n"
    assert gradecli("sandbox", "build", "cuda", "numpy").exit_code == 0
    assert asked == [Runtime.NUMPY, Runtime.TORCH, Runtime.CUDA, Runtime.NUMPY]
    unknown = gradecli("sandbox", "build", "numpy", "jax")
    assert unknown.exit_code == 2
    assert "Choose from: numpy, torch, cuda" in unknown.stderr
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("error", "complaint"),
    [
        (InfrastructureError("no engine; start it"), "no engine; start it"),
        (ImportError("docker"), "pip install 'gradecli[worker]'"),
    ],
)
def test_an_engine_that_fails_is_a_sentence(
    gradecli: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, complaint: str
) -> None:
    def build(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr("gradecli.operator_images.build", build)
    done = gradecli("sandbox", "build", "numpy")
    assert done.exit_code == 3
    assert complaint in done.stderr


def test_an_operator_issues_a_token_and_a_link_on_the_server_itself(gradecli: Any, tmp_path: Path) -> None:
    from api.bootstrap import prepare
    from api.settings import Settings

    data = tmp_path / "data"
    prepare(Settings(data=data))
    for command in (("token",), ("token", "issue")):
        done = gradecli(*command, "Admin@localhost", "--data", str(data))
        assert (done.exit_code, done.stdout[:3]) == (0, "gc_")
    link = ("password", "link", "admin@localhost", "--data", str(data))
    assert gradecli(*link).stdout.startswith("http://127.0.0.1:8000/password#gc_")
    assert gradecli(*link, "--url", "grade.example.edu").stdout.startswith(
        "https://grade.example.edu/password#gc_"
    )
    assert gradecli("password", "link", "nobody@x.edu", "--data", str(data)).exit_code == 2


def test_retention_is_shown_and_then_carried_out(gradecli: Any, tmp_path: Path) -> None:
    from api.bootstrap import prepare
    from api.settings import Settings

    prepare(Settings(data=tmp_path / "data"))
    leftover = tmp_path / "data" / "staging" / "half"
    leftover.write_bytes(b"xyz")
    os.utime(leftover, (0, 0))
    shown = gradecli("retention", "preview", "--data", str(tmp_path / "data"))
    assert "Kept: files for ever, uploads for ever, transcripts for ever" in shown.stdout
    assert "Nothing is old enough." in shown.stdout
    assert "belonging to nothing: 0 files and 1 leftovers, 3 bytes" in shown.stdout
    assert leftover.exists()
    done = json.loads(gradecli("retention", "apply", "--json", "--data", str(tmp_path / "data")).stdout)
    assert done["applied"] is True
    assert done["unreferenced"] == {"blobs": 0, "leftovers": 1, "bytes": 3}
    assert not leftover.exists()


def test_retention_without_a_service_says_so(gradecli: Any) -> None:
    done = gradecli("retention", "preview", "--data", "nowhere")
    assert done.exit_code == 2
    assert "There is no service's data in nowhere" in done.stderr
