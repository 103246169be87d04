"""Courses and publishing, with the packages on disk too."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
import zipfile

import pytest

from api.courses.packages import DiskPackages
from api.errors import BadPackageError, UnavailableError
from grader import load_pset


@pytest.fixture
def packages(school, tmp_path, problems_root):
    """A copy of the real first problem set, published through the real process."""
    shutil.copytree(problems_root / "pset1_backprop", tmp_path / "problems" / "pset1_backprop")
    return DiskPackages(tmp_path / "problems", school.services.store)


def test_an_admin_makes_a_course_once(school):
    course = {"name": "nlp-2026", "title": "Language"}
    made = school.call("root", "POST", "/courses", json=course).json()
    assert made == course | {"supersede_queued": False}
    assert school.call("root", "POST", "/courses", json=course).status_code == 409


@pytest.mark.parametrize("name", ["", "A", "a b", "../x", "-x", "x" * 41, "é", "a/b", "a\n"])
def test_a_course_has_a_name_that_fits_in_an_address(school, name):
    answer = school.call("root", "POST", "/courses", json={"name": name, "title": "T"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "body", [{}, [], {"name": "x"}, {"name": "x", "title": "y", "owner": 1}, {"name": 1, "title": "y"}, None]
)
def test_a_body_that_is_not_a_course_is_refused_in_our_own_words(school, body):
    answer = school.call("root", "POST", "/courses", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"


def test_a_published_set_is_what_students_see(school):
    assert school.get("ada", "/courses/dl/psets").json() == []
    school.publish(due_at="2099-12-24T18:00:00+01:00")
    (pset,) = school.get("ada", "/courses/dl/psets").json()
    assert pset["due_at"] == "2099-12-24T17:00:00Z"
    assert (pset["name"], pset["title"], pset["max_score"], pset["accepting"]) == (
        "pset1",
        "Two problems",
        10.0,
        True,
    )
    assert pset["problems"][1] == {"name": "beta", "title": "Beta", "points": 4.0}
    school.publish(due_at="2020-01-01T00:00:00Z")
    (pset,) = school.get("ada", "/courses/dl/psets").json()
    assert pset["accepting"] is False


def test_publishing_again_changes_the_version_and_keeps_the_day(school):
    first = school.publish()
    school.packages.version = "2"
    second = school.publish()
    assert first["digest"] != second["digest"]
    assert first["published_at"] == second["published_at"]
    assert len(school.get("ada", "/courses/dl/psets").json()) == 1


def test_the_handout_is_the_one_of_the_version_on_show(school):
    school.publish()
    answer = school.get("ada", "/courses/dl/psets/pset1/handout")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert b"Version 1." in archive.read("pset1/alpha.md")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="pset1.zip"'


def test_a_set_that_the_server_does_not_have_cannot_be_published(school):
    answer = school.call("iris", "PUT", "/courses/dl/psets/nothing", json={})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "bad_package"


def test_a_lost_file_is_a_platform_failure_in_plain_words(open_school):
    shutil.rmtree(open_school.settings.data / "blobs")
    answer = open_school.get("ada", "/courses/dl/psets/pset1/handout")
    assert answer.status_code == 503
    assert str(open_school.settings.data) not in answer.text


def test_a_package_on_disk_is_frozen_with_its_handout(school, packages, tmp_path):
    built = packages.build("pset1")
    folder = school.services.store.package(built.summary.digest)
    assert load_pset(folder).name == "pset1"
    assert not list(folder.rglob("__pycache__"))
    with zipfile.ZipFile(io.BytesIO(school.services.store.get(built.handout_sha256))) as handout:
        names = handout.namelist()
    assert "pset1/linear_softmax.py" in names
    assert not [name for name in names if "hidden" in name or "reference" in name or "submissions" in name]

    assert packages.build("pset1").summary == built.summary
    wrong = next((tmp_path / "problems").rglob("submissions/wrong_answer/*.py"))
    wrong.write_text(wrong.read_text() + "# edited\n")
    assert packages.build("pset1").summary.digest != built.summary.digest
    assert (
        "# edited" not in (folder / wrong.relative_to(tmp_path / "problems" / "pset1_backprop")).read_text()
    )


def test_a_mistake_in_a_package_is_told_without_our_own_paths(school, packages, tmp_path):
    (tmp_path / "problems" / "pset1_backprop" / "linear_softmax" / "checks" / "hidden.py").unlink()
    with pytest.raises(
        BadPackageError, match=r"pset1/linear_softmax/checks/hidden\.py: is missing"
    ) as caught:
        packages.build("pset1")
    assert str(school.settings.data) not in str(caught.value)


@pytest.mark.parametrize("name", ["pset9", "../pset1_backprop", "", "--help", "pset1_backprop"])
def test_a_package_is_found_by_its_own_name_only(packages, name):
    with pytest.raises(BadPackageError, match="has no problem set called"):
        packages.build(name)


def test_a_package_that_breaks_its_process_is_a_platform_failure(packages, tmp_path):
    public = tmp_path / "problems" / "pset1_backprop" / "linear_softmax" / "checks" / "public.py"
    public.write_text("import os\nos._exit(7)\n")
    with pytest.raises(UnavailableError, match="status 7"):
        packages.build("pset1")


def test_building_a_package_sees_none_of_our_settings(packages, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADECLI_DATABASE_URL", "postgresql://secret")
    public = tmp_path / "problems" / "pset1_backprop" / "linear_softmax" / "checks" / "public.py"
    public.write_text("import os, sys\nprint(dict(os.environ), file=sys.stderr, flush=True)\nos._exit(7)\n")
    with pytest.raises(UnavailableError) as caught:
        packages.build("pset1")
    assert os.environ["GRADECLI_DATABASE_URL"] not in str(caught.value)
    assert "PATH" in str(caught.value)


# A builder elsewhere ------------------------------------------------------------------------------


@pytest.fixture
def builder(tmp_path):
    """The socket of a builder that runs as a process of its own."""
    path = tmp_path / "builder"
    with subprocess.Popen([sys.executable, "-m", "api.courses.package_builder", str(path)]) as process:
        until = time.monotonic() + 30
        while not path.exists():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        yield path
        process.terminate()


def test_a_package_built_elsewhere_is_the_same_package(school, packages, builder, tmp_path):
    elsewhere = DiskPackages(tmp_path / "problems", school.services.store, builder=builder)
    assert elsewhere.build("pset1") == packages.build("pset1")


def test_a_mistake_in_a_package_is_told_from_elsewhere_too(school, packages, builder, tmp_path):
    elsewhere = DiskPackages(tmp_path / "problems", school.services.store, builder=builder)
    with pytest.raises(BadPackageError, match="no problem set called 'pset9'"):
        elsewhere.build("pset9")


def test_a_builder_that_does_not_answer_is_nobodys_mistake(school, packages, tmp_path):
    elsewhere = DiskPackages(tmp_path / "problems", school.services.store, builder=tmp_path / "nobody")
    with pytest.raises(UnavailableError, match="Try again"):
        elsewhere.build("pset1")
