"""What tests may need from the machine, and the one rule about skipping.

A test whose Docker engine, browser, PostgreSQL or GPU is missing skips with a plain reason, unless
``GRADECLI_TEST_REQUIRE`` (a comma-separated list: ``docker,browser,bubblewrap,postgresql``) names that
part: then its absence is a failure. So a complete machine cannot quietly test less than it should.

What keeps things in a database asks for ``database_kind``, and so runs once on each kind.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from sandbox import Backend, Runtime, find
from sandbox.backends.base import Backend as BackendProtocol
from sandbox.errors import BackendUnavailableError
from sandbox.zygotes import warmed

ROOT = Path(__file__).resolve().parent.parent
ONE_PROBLEM_EACH = {
    "pset1_backprop": "linear_softmax",
    "pset2_convolution": "conv2d",
    "pset3_attention": "multi_head_attention",
}
BACKENDS = ("bubblewrap", "docker", "subprocess")

# A worker that is started for one grading, or to be killed, need not get itself ready for more; what is
# tested as a whole (tests/e2e) keeps the default.
os.environ.setdefault("GRADECLI_WARM", "false")

for _name, _examples in (("quick", 100), ("long", 20_000)):
    settings.register_profile(
        _name, max_examples=_examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave PostgreSQL out where the store is only the ground that something else stands on, bubblewrap
    without zygotes outside ``tests/sandbox``, and Docker where what is attacked is the same in any sandbox.

    `make long` (``GRADECLI_LONG``) leaves nothing out.
    """
    if os.environ.get("GRADECLI_LONG"):
        return
    left_out = [
        item
        for item in items
        if getattr(item, "callspec", None) is not None
        if _is_left_out(item.path, item.callspec.params)
    ]
    in_docker = [item for item in items if item.path.name in EVERY_THIRD and "docker" in item.keywords]
    left_out += [item for number, item in enumerate(in_docker) if number % 3]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


ON_THE_STORE = (
    *(
        "accounts",
        "audit",
        "backup",
        "clocks",
        "database",
        "fairness",
        "gradebook",
        "grading_outages",
        "holds",
    ),
    *("job_machine", "migrations", "mistakes", "outages", "queue", "races", "receipts", "regrading"),
    *("retention", "store", "worker"),
)
"""The modules of ``tests/api`` whose subject is what the database holds: these are tried on both kinds."""

EVERY_THIRD = ("test_forgeries.py", "test_resilience.py")
"""The modules of ``tests/hostile`` of which every third test is tried in Docker too."""

ON_THE_WIRE = ("test_faults.py", "test_leaks.py", "test_lies.py")
"""The modules of ``tests/hostile`` that attack what is outside of every sandbox."""


def _is_left_out(path: Path, params: dict[str, object]) -> bool:
    folder, name = path.parent.name, path.name
    if params.get("database_kind") == "postgresql":
        return folder in ("web", "api") and name.removeprefix("test_").removesuffix(".py") not in ON_THE_STORE
    if folder in ("hostile", "problems") and params.get("backend") == "bubblewrap":
        return True
    return name in ON_THE_WIRE and folder == "hostile" and params.get("backend") == "docker"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Write down each skipped test where ``PYTEST_SKIPPED_LIST`` names a file."""
    listing = os.environ.get("PYTEST_SKIPPED_LIST")
    if listing and report.skipped and not hasattr(report, "wasxfail") and not hasattr(report, "node"):
        with Path(listing).open("a", encoding="utf-8") as file:
            file.write(f"{report.nodeid}\n")


def absent(part: str, reason: str) -> None:
    """Skip the test because ``part`` is missing here, or fail where it is required."""
    if part in os.environ.get("GRADECLI_TEST_REQUIRE", "").split(","):
        pytest.fail(f"{part} is required here (GRADECLI_TEST_REQUIRE), but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def curriculum() -> Path:
    """The folder with all of the project's own problem sets."""
    return ROOT / "problems"


@pytest.fixture(scope="session")
def problems_root(curriculum: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first three sets, cut down to one problem each: the curriculum may grow, and what
    tests the machinery stays as quick, and its scores out of ten."""
    root = tmp_path_factory.mktemp("problems")
    for pset, problem in ONE_PROBLEM_EACH.items():
        shutil.copytree(curriculum / pset / problem, root / pset / problem)
        described = (curriculum / pset / "pset.toml").read_text(encoding="utf-8")
        only = re.sub(r"problems = \[[^\]]*\]", f'problems = ["{problem}"]', described)
        (root / pset / "pset.toml").write_text(only, encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def ready_backend() -> Iterator[Callable[..., Backend]]:
    """``ready_backend("docker", Runtime.TORCH)``: that backend, or a skip that says what is missing.

    ``"warm bubblewrap"`` forks its guests, from a zygote that each test process keeps for itself.
    """
    kept: list[Backend] = []

    def get(name: str, runtime: Runtime = Runtime.NUMPY) -> BackendProtocol:
        cold = name.removeprefix("warm ")
        try:
            backend = find(cold)
        except BackendUnavailableError as error:
            absent(cold, str(error))
            raise
        available = backend.availability(runtime)
        if not available.ok:
            absent(cold, f"{available.detail} {available.remedy}".strip())
        if cold == name:
            return backend
        if not kept:
            kept.append(zygotes.enter_context(warmed(backend)))
        return kept[0]

    with contextlib.ExitStack() as zygotes:
        yield get


@pytest.fixture(
    params=[
        pytest.param("bubblewrap", id="bubblewrap"),
        pytest.param("warm bubblewrap", id="warm"),
        pytest.param("docker", id="docker", marks=pytest.mark.docker),
    ]
)
def backend(request: pytest.FixtureRequest, ready_backend: Callable[..., Backend]) -> Backend:
    """Each backend that isolates, in turn."""
    return ready_backend(request.param)


@pytest.fixture(scope="session")
def docker_engine(ready_backend: Callable[..., Backend]) -> Backend:
    """A running Docker engine with the NumPy image, or a skip."""
    return ready_backend("docker")


@pytest.fixture(scope="session")
def second_docker_engine(docker_engine: Backend) -> None:
    """That a second engine, private to a test, can be started here and killed, or a skip."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        absent("docker", "an engine that may be killed is started by root, with dockerd on the PATH")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium, or a skip."""
    path = shutil.which("chromium")
    if path is None:
        absent("browser", "Chromium is not installed; `apt-get install chromium` provides it")
        raise AssertionError
    return path


class Postgresql:
    """A PostgreSQL server of our own: in a temporary folder, on a socket in it, for an ordinary user.

    It keeps its data over ``stop`` and ``start``, but promises nothing over a power cut.
    """

    # Not synchronous_commit: what was committed outlives the server's death, if not the machine's.
    QUICK = ("fsync=off", "full_page_writes=off", "autovacuum=off")
    SMALL = ("shared_buffers=32MB", "max_connections=60", "listen_addresses=")

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        # PostgreSQL refuses to run as root.
        self._user = "nobody" if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="gradecli-pg-"))
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._run(
            "initdb", "--no-sync", "--encoding=UTF8", "--locale=C", "--auth=trust", "--username=gradecli"
        )

    def start(self) -> None:
        """Return when it answers."""
        options = [f"-c{option}" for option in (*self.QUICK, *self.SMALL)]
        # A test run that is killed takes its server along, where the system can see to that. It means the
        # thread that started the server: one that ends before the run must not.
        lasting = threading.current_thread() is threading.main_thread()
        with_us = ["setpriv", "--pdeathsig", "INT"] if lasting and shutil.which("setpriv") else []
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *with_us,
                    self._binaries / "postgres",
                    "-D",
                    self.folder / "data",
                    "-k",
                    self.folder,
                    *options,
                ],
                **self._options(),
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while subprocess.run(
            [self._binaries / "pg_isready", "--quiet", "--host", self.folder], check=False
        ).returncode:
            said = (self.folder / "log").read_text()[-2000:]
            assert self._process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)

    def stop(self, mode: str = "fast") -> None:
        """Stop it as an operator (``fast``) or a crash (``immediate``) does."""
        if self._process is not None:
            self._run("pg_ctl", "stop", "--mode", mode, "--wait")
            self._process.wait()
            self._process = None

    def address(self, database: str) -> str:
        return f"postgresql+psycopg://gradecli@/{database}?host={self.folder}"

    def new_database(self, template: str = "template1") -> str:
        """The address of a new database: empty, or a copy of the one at the address ``template``, to
        which nobody may be connected."""
        name = f"test_{next(self._numbers)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {self._name(template)} STRATEGY FILE_COPY")
        return self.address(name)

    def drop(self, address: str) -> None:
        self.ask(f"DROP DATABASE IF EXISTS {self._name(address)} WITH (FORCE)")

    def ask(self, statement: str) -> None:
        """Run one statement as the server's owner."""
        with psycopg.connect(
            f"host={self.folder} user=gradecli dbname=postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def _name(self, address: str) -> str:
        return address.partition("@/")[2].partition("?")[0] or address

    def _options(self) -> dict[str, object]:
        return {"cwd": self.folder, "user": self._user, "group": "nogroup" if self._user else None}

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._binaries / program, "--pgdata", self.folder / "data", *arguments]
        subprocess.run(command, **self._options(), check=True, capture_output=True)


def _postgresql_binaries() -> Path | None:
    """Where PostgreSQL's server lies: on the PATH, or where Debian hides it. The newest first."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return Path(found).resolve().parent if found else debian[-1].parent if debian else None


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Postgresql]:
    """One server for all tests of this process, or a skip. Stop it only if you start it again."""
    binaries = _postgresql_binaries()
    if binaries is None:
        absent("postgresql", "PostgreSQL is not installed; `apt-get install postgresql` provides it")
        raise AssertionError
    server = Postgresql(binaries)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database, in turn."""
    return request.param


@pytest.fixture
def database_address(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new, empty database of each kind, in turn."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path}/test.sqlite3"
        return
    server: Postgresql = request.getfixturevalue("postgresql_server")
    address = server.new_database()
    yield address
    server.drop(address)


@pytest.fixture(scope="session")
def compose_command(docker_engine: Backend) -> list[str]:
    """What brings a compose file up here, its images being there; or a skip."""
    choices = (["docker-compose"], ["docker", "compose"])
    command = next((one for one in choices if shutil.which(one[0]) and _works([*one, "version"])), None)
    if command is None:
        absent("compose", "docker-compose is not installed; `apt-get install docker-compose` provides it")
        raise AssertionError
    for image in ("gradecli-web", "gradecli-worker", "gradecli-gate", "postgres:15-bookworm"):
        if not _works(["docker", "image", "inspect", image]):
            absent("compose", f"the engine does not have {image}: `make images` and `.ci/postgres-image`")
    return command


def _works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


@pytest.fixture(autouse=True)
def no_threads_left() -> object:
    """A test ends the threads it started; the sandbox's watchers among them."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and t.name.startswith("sandbox-")]
    assert not left, left
