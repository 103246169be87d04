"""Groups on a fake file tree: what is written where, on both versions of the kernel's interface."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.backends import cgroups
from sandbox.backends.cgroups import Cgroup, CgroupRoot, find_root
from sandbox.spec import Limits

MIB = 2**20
LIMITS = Limits(memory_bytes=300 * MIB, processes=17, cpus=1.5)


@pytest.fixture(autouse=True)
def forget_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("GRADECLI_CGROUP", raising=False)
    find_root.cache_clear()
    yield
    find_root.cache_clear()


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    """A unified hierarchy as the kernel shows it to root."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    return tmp_path


def controllers(mount: Path, *names: str, below: str = "") -> None:
    """Folders of a version 1 hierarchy, with the files that show a group."""
    for name in names:
        folder = mount / name / below
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cgroup.procs").write_text("")


def written(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in sorted(folder.iterdir()) if file.is_file()}


# Version 2 ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("as_root")
def test_root_makes_groups_in_a_folder_of_its_own(mount: Path) -> None:
    root = cgroups._version_2(mount)
    assert root is not None
    assert set(root.folders.values()) == {mount / "gradecli"}
    for folder in (mount, mount / "gradecli"):
        assert (folder / "cgroup.subtree_control").read_text() in ("+memory +pids", "+cpu")


def test_a_delegated_folder_is_used_by_an_ordinary_user(mount: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert cgroups._version_2(mount) is None
    delegated = mount / "user.slice" / "grader"
    delegated.mkdir(parents=True)
    monkeypatch.setenv("GRADECLI_CGROUP", str(delegated))
    root = cgroups._version_2(mount)
    assert root is not None
    assert set(root.folders.values()) == {delegated}
    assert (delegated / "cgroup.subtree_control").exists()
    assert not (mount / "cgroup.subtree_control").exists()


@pytest.mark.usefixtures("as_root")
def test_where_the_kernel_refuses_there_is_no_root(mount: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mount / "gradecli").write_text("a file is in the way")
    assert cgroups._version_2(mount) is None
    monkeypatch.setenv("GRADECLI_CGROUP", str(mount / "nowhere" / "at-all"))
    assert cgroups._version_2(mount) is None


@pytest.mark.usefixtures("as_root")
def test_a_hierarchy_without_version_2_is_left_alone(tmp_path: Path) -> None:
    assert cgroups._version_2(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_version_2_limits_are_written_into_a_new_group(tmp_path: Path) -> None:
    root = CgroupRoot(2, dict.fromkeys(("memory", "pids", "cpu"), tmp_path))
    group = root.create(LIMITS)
    (folder,) = set(group.folders.values())
    assert folder.parent == tmp_path
    assert str(os.getpid()) in folder.name
    assert written(folder) == {
        "memory.max": str(300 * MIB),
        "memory.swap.max": "0",
        "pids.max": "17",
        "cpu.max": "150000 100000",
    }
    group.add(4321)
    assert (folder / "cgroup.procs").read_text() == "4321"
    assert root.create(LIMITS).folders != group.folders


def test_version_2_tells_what_was_used_and_whether_memory_ran_out(tmp_path: Path) -> None:
    group = Cgroup(2, dict.fromkeys(("memory", "pids", "cpu"), tmp_path))
    assert (group.out_of_memory(), group.peak_memory_bytes(), group.cpu_seconds()) == (False, None, None)
    (tmp_path / "memory.peak").write_text("1048576\n")
    (tmp_path / "cpu.stat").write_text("nr_periods 4\nusage_usec 2500000\nuser_usec 1\n")
    (tmp_path / "memory.events").write_text("low 0\nhigh 5\nmax 9\noom 1\noom_kill 0\noom_group_kill 0\n")
    assert (group.out_of_memory(), group.peak_memory_bytes(), group.cpu_seconds()) == (False, MIB, 2.5)
    (tmp_path / "memory.events").write_text("oom 1\noom_kill 2\n")
    assert group.out_of_memory()


# Version 1 ---------------------------------------------------------------------------------------


def test_groups_are_made_below_this_process_own(tmp_path: Path) -> None:
    controllers(tmp_path, "memory", "pids", "cpu", "cpuacct", below="docker/abc")
    own = "5:memory:/docker/abc\n4:pids:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/x:y\n0::/\n"
    root = cgroups._version_1(tmp_path, own)
    assert root == CgroupRoot(
        1, {name: tmp_path / name / "docker/abc" for name in ("memory", "pids", "cpu", "cpuacct")}
    )
    assert not list(tmp_path.rglob("gradecli-probe*"))


def test_a_group_that_is_not_visible_here_gives_way_to_the_top(tmp_path: Path) -> None:
    controllers(tmp_path, "memory", "pids")
    root = cgroups._version_1(tmp_path, "5:memory:/outside/this/container\n4:pids:/\n")
    assert root == CgroupRoot(1, {"memory": tmp_path / "memory", "pids": tmp_path / "pids"})


@pytest.mark.parametrize("present", [("memory",), ("pids",), ("cpu", "cpuacct"), ()])
def test_without_memory_or_pids_there_is_no_root(tmp_path: Path, present: tuple[str, ...]) -> None:
    controllers(tmp_path, *present)
    assert cgroups._version_1(tmp_path, "5:memory:/\n4:pids:/\n") is None


def test_version_1_limits_are_written_where_their_controllers_are(tmp_path: Path) -> None:
    controllers(tmp_path, "memory", "pids", "cpu", "cpuacct")
    root = cgroups._version_1(tmp_path, "0::/\n")
    assert root is not None
    group = root.create(LIMITS)
    assert written(group.folders["memory"]) == {
        "memory.limit_in_bytes": str(300 * MIB),
        "memory.memsw.limit_in_bytes": str(300 * MIB),
    }
    assert written(group.folders["pids"]) == {"pids.max": "17"}
    assert written(group.folders["cpu"]) == {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "150000"}
    group.add(77)
    assert all((folder / "cgroup.procs").read_text() == "77" for folder in group.folders.values())


def test_version_1_without_the_cpu_controller_still_limits_memory_and_processes(tmp_path: Path) -> None:
    controllers(tmp_path, "memory", "pids")
    root = cgroups._version_1(tmp_path, "0::/\n")
    assert root is not None
    group = root.create(LIMITS)
    assert set(group.folders) == {"memory", "pids"}
    assert group.cpu_seconds() is None


def test_version_1_tells_what_was_used_and_whether_memory_ran_out(tmp_path: Path) -> None:
    group = Cgroup(1, {"memory": tmp_path, "cpuacct": tmp_path})
    assert (group.out_of_memory(), group.peak_memory_bytes(), group.cpu_seconds()) == (False, None, None)
    (tmp_path / "memory.max_usage_in_bytes").write_text("2097152\n")
    (tmp_path / "cpuacct.usage").write_text("1500000000\n")
    (tmp_path / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 1\noom_kill 0\n")
    assert (group.out_of_memory(), group.peak_memory_bytes(), group.cpu_seconds()) == (False, 2 * MIB, 1.5)
    (tmp_path / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
    assert group.out_of_memory()


# Ends --------------------------------------------------------------------------------------------


def test_a_limit_that_cannot_be_written_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.write_text

    def refuse(self: Path, text: str, *more: object) -> int:
        if self.name == "pids.max":
            raise PermissionError
        if self.name.startswith("memory"):
            return 0  # the kernel's files are not what keeps a group from being removed
        return real(self, text)

    monkeypatch.setattr(Path, "write_text", refuse)
    root = CgroupRoot(2, dict.fromkeys(("memory", "pids", "cpu"), tmp_path))
    with pytest.raises(PermissionError):
        root.create(LIMITS)
    assert list(tmp_path.iterdir()) == []


def test_an_optional_limit_that_cannot_be_written_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.write_text

    def refuse(self: Path, text: str, *more: object) -> int:
        if self.name in ("memory.swap.max", "cpu.max"):
            raise FileNotFoundError
        return real(self, text)

    monkeypatch.setattr(Path, "write_text", refuse)
    group = CgroupRoot(2, dict.fromkeys(("memory", "pids", "cpu"), tmp_path)).create(LIMITS)
    assert set(written(group.folders["memory"])) == {"memory.max", "pids.max"}


def test_removing_waits_for_processes_to_be_gone_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "_REMOVE_SECONDS", 0.1)
    busy, empty = tmp_path / "busy", tmp_path / "empty"
    busy.mkdir()
    empty.mkdir()
    (busy / "still-there").write_text("")
    started = time.monotonic()
    Cgroup(1, {"memory": busy, "pids": empty}).remove()
    assert 0.05 < time.monotonic() - started < 2
    assert (busy.exists(), empty.exists()) == (True, False)
    Cgroup(1, {"memory": empty}).remove()


def test_this_machine_holds_what_it_promises() -> None:
    """On the real hierarchy, where this user has one: a group is made, limits its memory, and goes."""
    root = find_root()
    if root is None:
        pytest.skip("this user can make no cgroups here")
    group = root.create(LIMITS)
    try:
        name = "memory.max" if root.version == 2 else "memory.limit_in_bytes"
        assert int((group.folders["memory"] / name).read_text()) == 300 * MIB
        assert int((group.folders["pids"] / "pids.max").read_text()) == 17
        assert not group.out_of_memory()
    finally:
        group.remove()
    assert not any(folder.exists() for folder in group.folders.values())
