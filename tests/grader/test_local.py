"""Checking a downloaded folder: the public checks, on the student's own machine, without the reference."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import BadSubmissionError, GradeReport, ProblemSet, Verdict
from grader.export import build_handout
from grader.local import check_folder, read_downloaded

MakePset = Callable[..., ProblemSet]


@pytest.fixture
def download(make_pset: MakePset, tmp_path: Path) -> Callable[..., Path]:
    """``download(alpha={...})``: the folder that a student gets of such a set."""

    def get(**problems: dict[str, str | bytes | None]) -> Path:
        pset = make_pset(**problems)
        with zipfile.ZipFile(io.BytesIO(build_handout(pset))) as archive:
            archive.extractall(tmp_path / "student")
        return tmp_path / "student" / pset.name

    return get


def verdicts(report: GradeReport) -> dict[str, Verdict]:
    return {check.name: check.verdict for problem in report.problems for check in problem.checks}


def test_a_right_file_passes_and_earns_nothing_yet(download: Callable[..., Path], right: bytes) -> None:
    folder = download()
    (folder / "doubling.py").write_bytes(right)
    report = check_folder(folder)
    assert verdicts(report) == {"example": Verdict.PASSED}
    assert (report.score, report.max_score) == (0.0, 0.0)
    assert report.environment.backend == "subprocess"


def test_the_starter_and_a_wrong_file_read_the_same_sentences_as_on_the_server(
    download: Callable[..., Path],
) -> None:
    folder = download()
    (started,) = check_folder(folder).problems[0].checks
    assert started.message == "double is not implemented yet on line 3 of doubling.py."
    (folder / "doubling.py").write_text("def double(x):\n    print('here')\n    return 3 * x\n")
    (wrong,) = check_folder(folder).problems[0].checks
    assert wrong.verdict is Verdict.FAILED
    assert wrong.message.startswith("the result has wrong values. 3 of 3 differ; the largest difference at [")
    assert wrong.printed == "here\n"


def test_each_problem_is_checked_and_a_missing_one_is_told(
    download: Callable[..., Path], right: bytes
) -> None:
    folder = download(alpha={"support.py": "answer = 1\n"}, beta={})
    (folder / "alpha.py").write_bytes(b"import support\nassert support.answer == 1\n" + right)
    (folder / "beta.py").unlink()
    alpha, beta = check_folder(folder).problems
    assert [check.verdict for check in alpha.checks] == [Verdict.PASSED]
    assert beta.message == "beta.py is not in your submission, so this problem was not graded."


def test_forbidden_names_are_told_before_anything_is_submitted(download: Callable[..., Path]) -> None:
    toml = 'title = "T"\npoints = 5\nruntime = "numpy"\n[forbidden]\n"numpy.add" = "x + x"\n'
    folder = download(doubling={"problem.toml": toml})
    (folder / "doubling.py").write_text("from numpy import add\n")
    report = check_folder(folder)
    assert verdicts(report) == {"example": Verdict.FORBIDDEN}
    assert "In place of numpy.add, write x + x." in report.problems[0].message


def test_a_folder_downloaded_before_there_was_advice_is_checked_as_ever(
    download: Callable[..., Path],
) -> None:
    toml = 'title = "T"\npoints = 5\nruntime = "numpy"\nforbidden = ["numpy.add"]\n'
    folder = download(doubling={"problem.toml": toml})
    described = folder / ".gradecli/pset.json"
    table = json.loads(described.read_text())
    table["problems"][0]["forbidden"] = list(table["problems"][0]["forbidden"])
    described.write_text(json.dumps(table))
    (folder / "doubling.py").write_text("from numpy import add\n")
    report = check_folder(folder)
    assert verdicts(report) == {"example": Verdict.FORBIDDEN}
    assert report.problems[0].message.endswith("Write it out with basic operations and submit again.")


def test_the_description_is_the_sets(download: Callable[..., Path], tmp_path: Path) -> None:
    pset = read_downloaded(download(alpha={}, beta={}))
    assert (pset.name, pset.title) == ("pset1", "Set pset1")
    assert [problem.file_name for problem in pset.problems] == ["alpha.py", "beta.py"]
    assert len(pset.digest) == 64


def test_a_folder_that_is_no_set_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(
        BadSubmissionError, match=r"is not a problem set's folder. Get one with `gradecli start`"
    ):
        check_folder(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"problems": 3}', '{"problems": [3]}', '{"problems": [{"name": 1}]}'],
)
def test_a_changed_description_says_how_to_get_it_back(download: Callable[..., Path], text: str) -> None:
    folder = download()
    (folder / ".gradecli/pset.json").write_text(text)
    with pytest.raises(
        BadSubmissionError, match=r"was changed and cannot be read. Get it back with `gradecli start`"
    ):
        check_folder(folder)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("expected.json", "{"), ("expected.json", "[]"), ("expected.json", '{"example": [["R0NX", "R0NX"]]}'),
        ("expected.json", None), ("checks/public.py", "def broken(:"), ("checks/public.py", None),
    ],
)  # fmt: skip
def test_damaged_public_checks_say_how_to_get_them_back(
    download: Callable[..., Path], file: str, text: str | None
) -> None:
    folder = download()
    path = folder / ".gradecli/doubling" / file
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    with pytest.raises(BadSubmissionError, match="Get them back with `gradecli start`; your files are kept"):
        check_folder(folder)


def test_checks_that_do_not_fit_their_answers_say_to_download_again(
    download: Callable[..., Path], right: bytes
) -> None:
    folder = download()
    (folder / "doubling.py").write_bytes(right)
    path = folder / ".gradecli/doubling/checks/public.py"
    path.write_text(path.read_text().replace("rng.normal(3)", "rng.normal(4)"))
    with pytest.raises(BadSubmissionError, match="do not fit their recorded answers"):
        check_folder(folder)
    (folder / ".gradecli/doubling/expected.json").write_text(json.dumps({}))
    with pytest.raises(BadSubmissionError, match="do not fit their recorded answers"):
        check_folder(folder)
