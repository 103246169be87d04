"""What tests may need from the machine, and the one rule about skipping.

A test whose Docker engine, browser or GPU is missing skips with a plain reason, unless
``GRADECLI_TEST_REQUIRE`` (a comma-separated list: ``docker,browser,bubblewrap``) names that part: then
its absence is a failure. So a complete machine cannot quietly test less than it should.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sandbox import Backend, Runtime, find
from sandbox.backends.base import Backend as BackendProtocol
from sandbox.errors import BackendUnavailableError

ROOT = Path(__file__).resolve().parent.parent
BACKENDS = ("bubblewrap", "docker", "subprocess")

for _name, _examples in (("quick", 100), ("long", 20_000)):
    settings.register_profile(
        _name, max_examples=_examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


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
def problems_root() -> Path:
    return ROOT / "problems"


@pytest.fixture(scope="session")
def ready_backend() -> Callable[..., Backend]:
    """``ready_backend("docker", Runtime.TORCH)``: that backend, or a skip that says what is missing."""

    def get(name: str, runtime: Runtime = Runtime.NUMPY) -> BackendProtocol:
        try:
            backend = find(name)
        except BackendUnavailableError as error:
            absent(name, str(error))
            raise
        available = backend.availability(runtime)
        if not available.ok:
            absent(name, f"{available.detail} {available.remedy}".strip())
        return backend

    return get


@pytest.fixture(
    params=[
        pytest.param("bubblewrap", id="bubblewrap"),
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
def chromium() -> str:
    """The path of Debian's Chromium, or a skip."""
    path = shutil.which("chromium")
    if path is None:
        absent("browser", "Chromium is not installed; `apt-get install chromium` provides it")
        raise AssertionError
    return path


@pytest.fixture(autouse=True)
def no_threads_left() -> object:
    """A test ends the threads it started; the sandbox's watchers among them."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and t.name.startswith("sandbox-")]
    assert not left, left
