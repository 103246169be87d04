"""What the images are made of, before any engine is asked: names, contexts, pins, the recipe."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sandbox import images
from sandbox.errors import ImageMissingError
from sandbox.images import assemble, builder, source, wheelhouse
from sandbox.spec import Runtime

FOLDER = Path(images.__file__).parent
every_runtime = pytest.mark.parametrize("runtime", list(Runtime))


def pins(runtime: Runtime) -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in source.requirements(runtime).read_text().splitlines()]
    found = [re.fullmatch(r"([A-Za-z0-9_.-]+)(===?)(\d[\w.+]*)", line) for line in lines if line]
    assert all(found), f"an unpinned line in {source.requirements(runtime)}"
    return {match[1].lower(): match[3] for match in found if match}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, arguments), continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (FOLDER / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


@every_runtime
def test_every_package_of_an_image_is_pinned_exactly(runtime):
    assert pins(runtime)["numpy"] == pins(Runtime.NUMPY)["numpy"]


@every_runtime
def test_the_pins_are_those_of_the_project(runtime):
    """A sandbox of another backend, and a student's own machine, have the same versions."""
    lines = (FOLDER.parents[1] / "constraints.txt").read_text().splitlines()
    project = dict(line.lower().split("==") for line in lines if "==" in line and line[0] != "#")
    normal = {name.replace("_", "-"): version.split("+")[0] for name, version in pins(runtime).items()}
    shared = normal.keys() & {name.replace("_", "-") for name in project}
    assert "numpy" in shared
    for name in shared:
        assert normal[name] == project.get(name, project.get(name.replace("-", "_"))), name


def test_torch_is_the_cpu_build_for_torch_and_the_cuda_build_for_cuda():
    assert pins(Runtime.TORCH)["torch"] == "2.13.0+cpu"
    assert pins(Runtime.CUDA)["torch"] == "2.13.0"
    assert "torch===2.13.0\n" in source.requirements(Runtime.CUDA).read_text(), "or the CPU build would do"
    assert "torch" not in pins(Runtime.NUMPY)
    nvidia = [name for name in pins(Runtime.CUDA) if name.startswith("nvidia-")]
    assert {"nvidia-cublas", "nvidia-cudnn-cu13", "nvidia-cuda-runtime"} <= set(nvidia)
    assert not any(name.startswith("nvidia") for name in pins(Runtime.TORCH))


@every_runtime
def test_a_context_holds_the_guest_and_the_wire_and_nothing_else_of_ours(runtime, tmp_path):
    source.write_context(runtime, tmp_path)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    ours = {path for path in found if path.startswith("gradecli/")}
    assert found - ours == {"Dockerfile", "assemble.py", "wheelhouse/requirements.txt"}
    assert (tmp_path / "gradecli/sandbox/__init__.py").read_bytes() == b""
    assert {path.split("/")[2] for path in ours} == {"__init__.py", "guest", "wire"}
    assert "gradecli/sandbox/guest/main.py" in ours


def test_a_changed_guest_makes_another_image(tmp_path, monkeypatch):
    before = source.reference.__wrapped__(Runtime.NUMPY)
    for package in ("guest", "wire"):
        shutil.copytree(FOLDER.parent / package, tmp_path / package)
    monkeypatch.setattr(source, "_SANDBOX", tmp_path)
    assert source.reference.__wrapped__(Runtime.NUMPY) == before
    with (tmp_path / "wire" / "frames.py").open("a") as file:
        file.write("# another\n")
    assert source.reference.__wrapped__(Runtime.NUMPY) != before
    assert re.fullmatch(r"gradecli-runtime-numpy:[0-9a-f]{16}", before)


def test_runtimes_have_different_images():
    assert len({images.reference(runtime) for runtime in Runtime}) == len(Runtime)


def test_the_recipe_needs_no_network_and_ends_unprivileged_in_an_empty_image():
    steps = instructions()
    assert {word for word, _ in steps} == {"FROM", "COPY", "RUN", "USER", "WORKDIR"}
    for word, rest in steps:
        if word == "RUN":
            assert "pip install --no-index" in rest or rest.startswith("python3 /assemble.py"), rest
    stages = [rest.split(" AS ") for word, rest in steps if word == "FROM"]
    assert stages == [
        [builder.BASE_IMAGE, "assembled"],
        [builder.BASE_IMAGE, "guest"],
        ["scratch"],
    ]
    last = steps[steps.index(("FROM", "scratch")) + 1 :]
    assert last == [
        ("COPY", "--from=assembled /image /"),
        ("COPY", "--from=guest /image /"),
        ("USER", "10001:10001"),
        ("WORKDIR", "/tmp"),
    ]


@pytest.mark.parametrize(
    ("runtime", "remedy"), [(Runtime.NUMPY, "pip config list"), (Runtime.TORCH, "PIP_EXTRA_INDEX_URL")]
)
def test_wheels_that_cannot_be_had_are_told_with_a_remedy(runtime, remedy, tmp_path, monkeypatch):
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(tmp_path), "CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    with pytest.raises(ImageMissingError, match=remedy) as caught:
        wheelhouse.download(runtime, "x86_64", tmp_path / "wheels")
    assert "No matching distribution" in str(caught.value)


def test_a_base_image_that_cannot_be_pulled_is_told_apart_from_a_broken_build():
    offline = 'Get "https://registry/v2/": dial tcp: lookup registry: no such host'
    assert "docker load" in builder._failure("gradecli-runtime-numpy:0", offline)
    assert "docker load" not in builder._failure("gradecli-runtime-numpy:0", "returned a non-zero code: 1")


# Assembling --------------------------------------------------------------------------------------


def test_what_no_homework_uses_is_left_out(tmp_path):
    kept = ["torch/bin/torch_shm_manager", "torch/lib/libtorch_cpu.so", "numpy/testing/__init__.py"]
    dropped = [
        "torch/bin/protoc",
        "torch/include/a.h",
        "torch/test/x.py",
        "numpy/_core/tests/t.py",
        "bin/f2py",
    ]
    for name in [*kept, *dropped, "torch/lib/libextra.a"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assemble.remove(tmp_path, assemble.UNUSED_IN_PACKAGES)
    assemble.keep_only(tmp_path / "torch/bin", "torch_shm_manager")
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(kept)


def test_a_library_is_copied_with_the_links_that_lead_to_it(tmp_path):
    real = tmp_path / "lib" / "libx.so.1.2"
    real.parent.mkdir()
    real.write_bytes(b"code")
    link = real.with_name("libx.so.1")
    link.symlink_to(real.name)
    root = tmp_path / "image"
    assemble.add(root, link)
    copied = assemble.within(root, link)
    assert copied.is_symlink()
    assert copied.read_bytes() == b"code"


def test_the_shared_libraries_of_a_program_are_found():
    names = {path.name for path in assemble.shared_libraries([Path("/bin/sh").resolve()])}
    assert any(name.startswith("libc.so") for name in names)
    assert any(name.startswith("ld-linux") for name in names)
