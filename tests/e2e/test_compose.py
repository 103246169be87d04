"""The compose file, brought up for real: a homework graded in it, its walls tried, its data kept.

Needs an engine, docker-compose (or the plugin), and the images of ``make images`` and ``.ci/postgres-image``.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = ROOT / "problems" / "pset1_backprop" / "linear_softmax" / "submissions"
RIGHT = (SOLUTIONS / "accepted" / "loops.py").read_text()
WRONG = (SOLUTIONS / "wrong_answer" / "softmax_twice.py").read_text()
SLOW = f"import time\ntime.sleep(1.5)\n{RIGHT}"  # each check loads the file anew
ROSTER = "name,email,role\nAda,ada@example.org,student\nTom,tom@example.org,grader\n"
SERVICES = ("web", "worker", "builder", "gate", "database")
RECORDED = r"Ada .* 10 +- +10\n"
PATIENCE = 180.0

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass
class Deployment:
    """One project of the compose file, with secrets and a port of its own."""

    command: list[str]
    folder: Path
    project: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        ours = {
            n: v for n, v in os.environ.items() if not n.startswith(("GRADECLI_", "COMPOSE_", "DOCKER_G"))
        }
        return ours | {
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": "docker-compose.yml:looks-often.yml",
            "GRADECLI_PUBLISH": f"127.0.0.1:{self.port}",
            "GRADECLI_PROBLEMS": str(self.folder / "problems"),
        }

    def compose(self, *arguments: str, succeeds: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.command, *arguments], cwd=self.folder, env=self.environment(), capture_output=True,
            text=True, timeout=PATIENCE * 2, check=False,
        )  # fmt: skip
        if succeeds:
            assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done

    def runs(self, service: str, *command: str, succeeds: bool = True) -> subprocess.CompletedProcess[str]:
        """A command inside a running container."""
        done = subprocess.run(
            ["docker", "exec", self.identity(service), *command], capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not succeeds, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    def identity(self, service: str) -> str:
        """Its container's. The engine is asked: `docker-compose ps` takes a second to say the same."""
        labels = {"project": self.project, "service": service, "oneoff": "False"}
        chosen = [f"--filter=label=com.docker.compose.{name}={value}" for name, value in labels.items()]
        command = ["docker", "ps", "--all", "--quiet", "--no-trunc", *chosen]
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return found.stdout.split()[0]

    def container(self, service: str) -> dict[str, Any]:
        return docker_inspect(self.identity(service))

    def up(self) -> None:
        self.compose("up", "--detach")
        until(
            lambda: all(self.health(service) == "healthy" for service in SERVICES),
            "all are healthy",
            self.logs,
        )

    def health(self, service: str) -> str:
        return str(self.container(service)["State"]["Health"]["Status"])

    def logs(self) -> str:
        return self.compose("logs", "--tail", "40").stdout


def docker_inspect(name: str) -> dict[str, Any]:
    done = subprocess.run(["docker", "inspect", name], capture_output=True, check=True, timeout=60)
    (found,) = json.loads(done.stdout)
    return found


def until(holds: Callable[[], bool], what: str, explain: Callable[[], str] = str) -> None:
    """Wait for what happens in containers, which tell nobody."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {what}\n{explain()}"
        time.sleep(0.25)


@dataclass
class Person:
    """Somebody at their own machine, with the real command."""

    folder: Path

    def types(self, *arguments: str) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        ours = {name: value for name, value in os.environ.items() if not name.startswith("GRADECLI_")}
        done = subprocess.run(
            [sys.executable, "-m", "gradecli", *arguments], cwd=self.folder, capture_output=True, text=True,
            env=ours | {"GRADECLI_HOME": str(self.folder / "home"), "COLUMNS": "100"}, timeout=PATIENCE,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def submits(self, solution: str) -> str:
        """The total at the end of the report."""
        (self.folder / "pset1" / "linear_softmax.py").write_text(solution)
        found = re.search(r"Total: (\S+) points", self.types("submit", "pset1"))
        assert found is not None
        return found[1]


def make_problems(folder: Path) -> None:
    """A set of one problem for ten points, and one that needs PyTorch to be built."""
    shutil.copytree(ROOT / "tests" / "fixtures" / "problems" / "tiny_torch", folder / "tiny_torch")
    problem = SOLUTIONS.parent
    shutil.copytree(problem, folder / "pset1" / problem.name)
    settings = f'name = "pset1"\ntitle = "Backpropagation"\nproblems = ["{problem.name}"]\n'
    (folder / "pset1" / "pset.toml").write_text(settings)


@pytest.fixture(scope="module")
def deployment(compose_command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The service as an operator brings it up, and nothing of it afterwards."""
    folder = tmp_path_factory.mktemp("compose")
    for name in ("docker-compose.yml", "docker-compose.gpu.yml"):
        shutil.copy(ROOT / name, folder)
    # The same health checks, made sooner: an engine makes the first one only after a whole interval.
    often = "".join(f"  {service}: {{healthcheck: {{interval: 2s}}}}\n" for service in SERVICES)
    (folder / "looks-often.yml").write_text(f"services:\n{often}")
    make_problems(folder / "problems")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Deployment(compose_command, folder, f"gradeclitest{secrets.token_hex(4)}", port)
    refused = made.compose("up", "--detach", succeeds=False)
    assert refused.returncode != 0
    assert "make secrets" in refused.stderr
    subprocess.run([ROOT / "deploy" / "make-secrets", folder], check=True, capture_output=True, timeout=60)
    try:
        made.up()
        yield made
    finally:
        made.compose("down", "--volumes", "--remove-orphans")


@pytest.fixture(scope="module")
def course(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Person]:
    """A course with a student and a grader, by name."""
    folder = tmp_path_factory.mktemp("people")
    people = {name: Person(folder / name) for name in ("admin", "ada", "tom")}
    admin = people["admin"]
    assert "gc_" not in deployment.compose("logs", "web").stdout, "a log is no place for a token"
    token = deployment.compose("exec", "-T", "web", "gradecli", "token", "admin@localhost").stdout.strip()
    admin.types("login", deployment.url, "--token", token)
    admin.types("course", "create", "dl", "--title", "Deep Learning")
    (admin.folder / "roster.csv").write_text(ROSTER)
    said = admin.types("roster", "import", "roster.csv")
    for pset in ("pset1", "tiny_torch"):
        admin.types("publish", pset, "--due", "2099-12-31")
    for name in ("ada", "tom"):
        token = deployment.runs("web", "gradecli", "token", f"{name}@example.org").stdout.strip()
        assert f"{name}@example.org" in said
        people[name].types("login", deployment.url, "--token", token)
    people["ada"].types("start", "pset1")
    return people


def test_homework_is_graded_and_outlives_a_worker_and_the_whole_service(deployment, course):
    ada, tom = course["ada"], course["tom"]
    earned, of = ada.submits(WRONG).split("/")
    assert 0 < float(earned) < float(of) == 10
    assert ada.submits(RIGHT) == "10/10"
    assert re.search(RECORDED, tom.types("gradebook"))

    before = deployment.container("worker")["State"]["Pid"]
    (ada.folder / "pset1" / "linear_softmax.py").write_text(SLOW)
    with subprocess.Popen(
        [sys.executable, "-m", "gradecli", "submit", "pset1"], cwd=ada.folder, text=True,
        env=os.environ | {"GRADECLI_HOME": str(ada.folder / "home")}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as watching:  # fmt: skip
        for line in watching.stderr:
            if "grading" in line:
                break
        kill = (
            "import os, signal; [os.kill(int(p), 9) for p in os.listdir('/proc') if p.isdigit() and p != '1']"
        )
        deployment.runs("worker", "python", "-c", kill, succeeds=False)
        report, errors = watching.communicate(timeout=PATIENCE)
    assert "Total: 10/10 points" in report, errors
    after = deployment.container("worker")["State"]
    assert after["Running"]
    assert after["Pid"] != before
    until(lambda: not sandboxes(deployment), "no sandbox is left")

    deployment.compose("down")
    deployment.up()
    assert re.search(RECORDED, tom.types("gradebook"))

    deployment.compose("exec", "-T", "web", "gradecli", "db", "backup", "/backups/term.backup")
    deployment.compose("down", "--volumes")
    deployment.compose("run", "--rm", "web", "gradecli", "db", "restore", "/backups/term.backup")
    deployment.up()
    assert re.search(RECORDED, tom.types("gradebook"))
    assert ada.submits(RIGHT) == "10/10"


def sandboxes(deployment: Deployment) -> list[str]:
    label = f"label=gradecli.gate={deployment.project}"
    command = ["docker", "ps", "--all", "--quiet", "--filter", label]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_no_more_rights_than_it_needs(deployment, service):
    found = deployment.container(service)
    host = found["HostConfig"]
    assert found["Config"]["User"].split(":")[0] not in ("", "0", "root")
    assert deployment.runs(service, "id", "-u").stdout.strip() != "0"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Privileged"] is False
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["LogConfig"]["Config"]["max-size"]
    secret = (deployment.folder / "secrets" / "database_password").read_text()
    assert secret not in json.dumps(found)
    assert deployment.runs(service, "touch", "/usr/x", succeeds=False).returncode != 0


def test_only_the_web_process_is_published_and_only_on_this_machine(deployment):
    ports = {service: deployment.container(service)["NetworkSettings"]["Ports"] for service in SERVICES}
    assert ports.pop("web") == {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(deployment.port)}]}
    assert not any(bound for bindings in ports.values() for bound in bindings.values())
    with urllib.request.urlopen(f"{deployment.url}/readyz", timeout=30) as answer:
        assert answer.status == 200


def test_workers_and_the_database_have_no_way_out(deployment):
    project = deployment.project
    assert docker_inspect(f"{project}_inside")["Internal"] is True
    for service in ("worker", "database"):
        assert set(deployment.container(service)["NetworkSettings"]["Networks"]) == {f"{project}_inside"}
    # The web process is in both networks. A worker reaches it in its own and not in the one that leads out.
    networks = deployment.container("web")["NetworkSettings"]["Networks"]
    inside, front = (networks[f"{project}_{name}"]["IPAddress"] for name in ("inside", "front"))
    probe = f"""
import socket
for address in ({inside!r}, {front!r}):
    try:
        socket.create_connection((address, 8000), 5).close()
        print("reached")
    except OSError:
        print("not reached")
"""
    assert deployment.runs("worker", "python", "-c", probe).stdout.split("\n")[:2] == [
        "reached",
        "not reached",
    ]
    for service in ("gate", "builder"):
        assert deployment.container(service)["HostConfig"]["NetworkMode"] == "none"


def test_a_worker_that_was_taken_over_gets_no_further_than_the_gate(deployment):
    trick = """
import docker
api = docker.from_env().api
for options in ({"privileged": True}, {"binds": ["/:/host"]}):
    try:
        api.create_container("gradecli-worker", ["id"], host_config=api.create_host_config(**options))
    except docker.errors.APIError as error:
        print(error.response.status_code, error.explanation)
print([c["Names"] for c in api.containers(all=True)])
"""
    said = deployment.runs("worker", "python", "-c", trick).stdout
    assert said.count("the gate refuses") == 2
    assert said.strip().splitlines()[-1] == "[]", "the service's own containers are not to be seen"
    mounts = {mount["Destination"] for mount in deployment.container("worker")["Mounts"]}
    assert "/var/run/docker.sock" not in mounts


def test_the_web_process_reaches_no_engine_and_holds_nothing_that_could_use_one(deployment):
    mounts = {mount["Destination"] for mount in deployment.container("web")["Mounts"]}
    assert mounts == {"/data", "/problems", "/backups", "/run/builder", "/run/secrets/database_url"}
    program = "import importlib.util as u; print([u.find_spec(name) for name in ('torch', 'docker')])"
    assert deployment.runs("web", "python", "-c", program).stdout.strip() == "[None, None]"


def test_images_are_small_and_hold_no_compiler(deployment):
    for service in ("web", "worker", "gate"):
        found = deployment.runs(service, "sh", "-c", "command -v gcc cc make git curl", succeeds=False)
        assert found.stdout == ""
    sizes = {name: docker_inspect(f"gradecli-{name}")["Size"] for name in ("web", "worker")}
    assert sizes["web"] < 450e6 < sizes["worker"] < 1.5e9


def test_gpus_are_for_those_who_ask_with_the_second_file(deployment):
    both = ("-f", "docker-compose.yml", "-f", "docker-compose.gpu.yml", "config")
    assert "nvidia" not in deployment.compose("config").stdout
    whole = deployment.compose(*both).stdout
    assert re.search(r"capabilities:\s*- gpu", whole)
    assert "--gpus" in whole
