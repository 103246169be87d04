"""What a student downloads: everything they need, the same bytes each time, and nothing hidden."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import PackageError, ProblemSet, load_pset
from grader.export import build_handout, main

MakePset = Callable[..., ProblemSet]
WritePset = Callable[..., Path]


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_handout_holds_what_a_student_needs_under_the_sets_name(make_pset: MakePset) -> None:
    pset = make_pset(alpha={"support.py": "answer = 1\n"}, beta={})
    files = unpacked(build_handout(pset))
    assert set(files) == {
        "pset1/README.md",
        "pset1/alpha.py",
        "pset1/alpha.md",
        "pset1/beta.py",
        "pset1/beta.md",
        "pset1/support.py",
        "pset1/.gradecli/pset.json",
        "pset1/.gradecli/alpha/checks/public.py",
        "pset1/.gradecli/alpha/expected.json",
        "pset1/.gradecli/alpha/support.py",
        "pset1/.gradecli/beta/checks/public.py",
        "pset1/.gradecli/beta/expected.json",
    }
    assert files["pset1/alpha.py"].decode() == pset.problems[0].text("starter.py")
    assert files["pset1/alpha.md"].decode() == pset.problems[0].text("handout.md")
    assert files["pset1/support.py"] == b"answer = 1\n"


def test_the_read_me_lists_the_problems_and_what_to_do(make_pset: MakePset) -> None:
    toml = 'title = "Adding"\npoints = 5\nruntime = "numpy"\nestimated_hours = 2.5\n'
    text = unpacked(build_handout(make_pset(alpha={"problem.toml": toml}, beta={})))[
        "pset1/README.md"
    ].decode()
    assert text.startswith("# Set pset1\n\nFor tests.\n")
    assert "- **Adding**, 5 points, about 2.5 hours: read `alpha.md`, write `alpha.py`" in text
    assert "- **Doubling**, 5 points: read `beta.md`, write `beta.py`" in text
    assert "gradecli check\ngradecli submit" in text


def test_the_description_tells_the_version_and_the_limits(make_pset: MakePset) -> None:
    pset = make_pset()
    described = json.loads(unpacked(build_handout(pset))["pset1/.gradecli/pset.json"])
    assert described["digest"] == pset.digest
    (problem,) = described["problems"]
    assert (problem["name"], problem["points"], problem["runtime"]) == ("doubling", 5.0, "numpy")
    assert problem["memory_bytes"] == pset.problems[0].limits.memory_bytes


def test_equal_sets_give_equal_archives(write_pset: WritePset) -> None:
    folder = write_pset(alpha={"support.py": "answer = 1\n"}, beta={})
    first = build_handout(load_pset(folder))
    assert build_handout(load_pset(folder)) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {entry.date_time for entry in archive.infolist()} == {(2020, 1, 1, 0, 0, 0)}
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_DEFLATED}


def searched(files: dict[str, bytes]) -> bytes:
    """Every name and content, with what is encoded in recordings decoded too."""
    found = []
    for name, content in files.items():
        found += [name.encode(), content]
        if name.endswith("expected.json"):
            for pairs in json.loads(content).values():
                found += [base64.b64decode(text) for pair in pairs for text in pair]
    return b"\n".join(found)


def test_nothing_hidden_is_in_it(make_pset: MakePset) -> None:
    hidden = """
from grader.authoring import check, expect
HIDDEN_CONSTANT = 1
@check("A hidden title", points=5, needs=("example",))
def hidden_name(student, reference, rng):
    expect.close(student.double(rng.normal(2)), reference.double(rng.normal(2)), what="a hidden what")
"""
    proofs: dict[str, str | bytes | None] = {
        "submissions/wrong_answer/hidden_mistake.py": '"""HIDDEN SENTENCE"""\n',
        "submissions/accepted/hidden_solution.py": "HIDDEN_ACCEPTED = 1\n",
        "submissions/expectations.toml": "[wrong_answer]\nhidden_mistake = []\n",
        "checks/hidden_helper.txt": "HIDDEN HELPER",
        "notes.md": "HIDDEN NOTES",
    }
    reference = "# HIDDEN SOLUTION\ndef double(x):\n    print('HIDDEN PRINT')\n    return 2 * x\n"
    pset = make_pset(doubling=proofs | {"checks/hidden.py": hidden, "reference.py": reference})
    everything = searched(unpacked(build_handout(pset)))
    (problem,) = pset.problems
    for secret in (
        b"HIDDEN", b"hidden_name", b"A hidden title", b"a hidden what", b"hidden_mistake", b"hidden_solution",
        b"return 2 * x", str(pset.folder).encode(), problem.instance_seed,
        problem.instance_seed.hex().encode(),
        str(int.from_bytes(problem.instance_seed, "big")).encode(),
    ):  # fmt: skip
        assert secret not in everything, secret
    assert b"Doubling works on an example" in everything


def test_the_projects_own_sets_hide_what_is_hidden(curriculum: Path) -> None:
    """Every line of a reference that its starter and handout do not have stays at home."""
    for folder in sorted(curriculum.iterdir()):
        pset = load_pset(folder)
        if any(str(problem.runtime) != "numpy" for problem in pset.problems):
            pytest.importorskip("torch")
        files = unpacked(build_handout(pset))
        everything = searched(files).decode("utf-8", "replace")
        for problem in pset.problems:
            published = "".join(
                problem.text(name) for name in ("starter.py", "handout.md", "checks/public.py")
            )
            for secret in ("reference.py", "checks/hidden.py"):
                for line in map(str.strip, problem.text(secret).splitlines()):
                    if len(line) > 40 and line not in published:
                        assert line not in everything, (folder.name, secret, line)


def test_two_problems_with_different_support_are_refused(make_pset: MakePset) -> None:
    with pytest.raises(PackageError, match="differs from another problem's"):
        build_handout(make_pset(alpha={"support.py": "a = 1\n"}, beta={"support.py": "a = 2\n"}))


def test_a_public_check_that_fails_on_the_reference_is_refused(make_pset: MakePset) -> None:
    public = (
        "from grader.authoring import check, expect\n"
        '@check("Wrong")\n'
        "def wrong(student, reference, rng): expect.equal(student.double(1.0), 3.0, what='it')\n"
    )
    with pytest.raises(PackageError, match="wrong fails on the reference"):
        build_handout(make_pset(doubling={"checks/public.py": public}))


def test_the_command_writes_the_archive_or_says_why_not(
    write_pset: WritePset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, output = write_pset(), tmp_path / "handout.zip"
    assert main([str(folder), str(output)]) == 0
    assert unpacked(output.read_bytes()) == unpacked(build_handout(load_pset(folder)))
    assert main([str(tmp_path / "nowhere"), str(output)]) == 2
    assert "is missing" in capsys.readouterr().err
