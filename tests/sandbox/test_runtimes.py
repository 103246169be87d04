"""What a runtime shows to a sandbox: the interpreter, its libraries, the guest, and nothing of ours."""

from __future__ import annotations

import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest

from sandbox import runtimes
from sandbox.backends.bubblewrap.command import guest_command, options_for
from sandbox.errors import BackendUnavailableError
from sandbox.runtimes import VisibleFiles, guest_root, visible_files
from sandbox.spec import Runtime, SandboxSpec

OURS = ("grader", "api", "gradecli", "problems", "tests")


def needs_torch() -> None:
    if find_spec("torch") is None:
        pytest.skip("torch is not installed")


def shown(files: VisibleFiles) -> list[Path]:
    return [
        files.standard_library,
        files.interpreter,
        *files.libraries,
        *files.system,
        *files.packages.values(),
    ]


def bound(runtime: Runtime) -> list[Path]:
    """The host paths that bubblewrap is told to show."""
    options = options_for(SandboxSpec(runtime))
    return [Path(options[i + 1]) for i, option in enumerate(options) if option in ("--ro-bind", "--bind")]


@pytest.mark.parametrize("runtime", Runtime)
def test_no_path_leads_to_the_grader_or_its_problems(runtime: Runtime) -> None:
    if runtime is not Runtime.NUMPY:
        needs_torch()
    secret = [guest_root() / name for name in OURS]
    for path in {*shown(visible_files(runtime)), *bound(runtime)}:
        for ours in secret:
            assert not path.is_relative_to(ours), path
            assert not ours.is_relative_to(path), path


@pytest.mark.parametrize("runtime", Runtime)
def test_of_the_project_only_wire_and_guest_are_shown(runtime: Runtime) -> None:
    if runtime is not Runtime.NUMPY:
        needs_torch()
    project = guest_root()
    inside = {
        path.relative_to(project).as_posix()
        for path in bound(runtime)
        if path.is_relative_to(project / "sandbox")
    }
    assert inside == {"sandbox/wire", "sandbox/guest"}


def test_everything_shown_is_only_to_be_read() -> None:
    assert "--bind" not in options_for(SandboxSpec(Runtime.NUMPY))


def test_the_numpy_runtime_has_numpy_and_no_torch() -> None:
    packages = visible_files(Runtime.NUMPY).packages
    assert "numpy" in packages
    names = " ".join(packages).lower()
    for absent in (
        "torch",
        "triton",
        "nvidia",
        "pydantic",
        "sqlalchemy",
        "fastapi",
        "docker",
        "pytest",
        "hypothesis",
    ):
        assert absent not in names


def test_the_torch_runtime_has_what_torch_requires_and_no_more() -> None:
    needs_torch()
    packages = visible_files(Runtime.TORCH).packages
    assert {"numpy", "torch", "sympy", "networkx"} <= packages.keys()
    for absent in ("pydantic", "fastapi", "docker", "pytest", "grader", "gradecli"):
        assert absent not in packages


def test_every_path_exists() -> None:
    for path in shown(visible_files(Runtime.NUMPY)):
        assert path.exists(), path


def test_the_interpreter_is_the_real_one_not_the_environments() -> None:
    files = visible_files(Runtime.NUMPY)
    assert not files.interpreter.is_symlink()
    assert not files.interpreter.is_relative_to(sys.prefix) or sys.prefix == sys.base_prefix


def test_the_environments_other_packages_are_hidden_in_the_standard_library() -> None:
    files = visible_files(Runtime.NUMPY)
    options = options_for(SandboxSpec(Runtime.NUMPY))
    for name in ("site-packages", "dist-packages"):
        if (files.standard_library / name).is_dir():
            hidden = f"/runtime/lib/{files.standard_library.name}/{name}"
            assert options[options.index(hidden) - 1] == "--tmpfs"


def test_no_host_path_is_told_to_the_guest() -> None:
    command = " ".join(guest_command(SandboxSpec(Runtime.NUMPY), 7))
    assert str(guest_root()) not in command
    assert sys.prefix not in command
    assert "fd:7" in command


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runtimes.LIBRARIES, Runtime.NUMPY, ("a-library-that-is-nowhere",))
    visible_files.cache_clear()
    try:
        with pytest.raises(BackendUnavailableError, match="pip install"):
            visible_files(Runtime.NUMPY)
    finally:
        visible_files.cache_clear()


def test_an_optional_requirement_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.distribution

    class Fake:
        files = ()
        requires = ("a-library-that-is-nowhere>=1", 'numpy; extra == "never"')

    monkeypatch.setattr(metadata, "distribution", lambda name: Fake() if name == "numpy" else real(name))
    visible_files.cache_clear()
    try:
        assert visible_files(Runtime.NUMPY).packages == {}
    finally:
        visible_files.cache_clear()
