"""A server that means harm: nothing is written outside the student's folders, nothing of theirs is lost."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

HANDOUT_PATH = ("GET", "/courses/dl/psets/pset1/handout")
EVIL = "../../../evil"
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[1;1H\u202e\x9b31m"


def entry(name: str, kind: int = 0) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo("x")
    made.filename = name
    made.external_attr = (kind | 0o777) << 16 if kind else 0
    return made


def zipped(*members: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def everything(root: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in root.rglob("*")}


GOOD = ("pset1/README.md", b"# read me")


@pytest.mark.parametrize(
    "handout",
    [
        zipped(GOOD, (EVIL, b"x")),
        zipped(GOOD, ("pset1/../../evil", b"x")),
        zipped(GOOD, ("/tmp/evil", b"x")),
        zipped(GOOD, (entry("pset1\\..\\..\\evil"), b"x")),
        zipped(GOOD, (entry("C:\\evil"), b"x")),
        zipped(GOOD, (entry("\\\\host\\evil"), b"x")),
        zipped(GOOD, ("pset2/evil", b"x")),
        zipped(GOOD, (entry("pset1/link", stat.S_IFLNK), b"/etc"), ("pset1/link/evil", b"x")),
        zipped(GOOD, (entry("pset1/pipe", stat.S_IFIFO), b"")),
        zipped(GOOD, (entry("pset1/disk", stat.S_IFBLK), b"")),
        zipped(GOOD, ("pset1/readme.MD", b"x")),
        zipped(GOOD, ("pset1/README.md/x", b"x")),
        zipped(GOOD, ("pset1/NUL.txt", b"x")),
        zipped(GOOD, ("pset1/caf\u00e9", b"x")),
        zipped(GOOD, (entry("pset1/\x1b[2J"), b"x")),
        zipped(GOOD, ("pset1/.gradecli/origin.json", b"{}")),
        zipped(GOOD, ("pset1/zeros", bytes(2**26))),
        zipped(GOOD, *((f"pset1/{n}", b"") for n in range(1001))),
        zipped(GOOD) + b"tail",
        b"not a zip",
        b"",
    ],
)
def test_a_handout_that_tricks_writes_nothing(
    logged_in: Any, gradecli: Any, tmp_path: Path, handout: bytes
) -> None:
    logged_in.override[HANDOUT_PATH] = httpx2.Response(200, content=handout)
    before = everything(tmp_path)
    failed = gradecli("start", "pset1")
    assert failed.exit_code == 3
    assert "nothing was written" in failed.stderr
    assert failed.stderr.replace("\n", "").isprintable()
    assert everything(tmp_path) == before


@pytest.mark.parametrize("inside", [".gradecli", "linear.py", "checks"])
def test_a_link_in_the_students_folder_is_not_followed(
    logged_in: Any, gradecli: Any, tmp_path: Path, inside: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    Path("pset1").mkdir()
    (Path("pset1") / inside).symlink_to(outside if inside != "linear.py" else outside / "precious")
    files = {"pset1/linear.py": b"x", "pset1/checks/a": b"x", "pset1/.gradecli/pset.json": b"{}"}
    logged_in.override[HANDOUT_PATH] = httpx2.Response(200, content=zipped(*files.items()))
    before = everything(tmp_path)
    failed = gradecli("start", "pset1", "--force")
    assert failed.exit_code == 2
    assert "is a link" in failed.stderr
    assert everything(tmp_path) == before


def submitted(logged_in: Any, gradecli: Any, **answer: Any) -> Any:
    """Hand in to a server that answers with these fields changed."""
    gradecli("start", "pset1")
    Path("pset1/linear.py").write_text("def forward(x):\n    return x\n")
    honest = logged_in._receive

    def receive(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(201, json=json.loads(honest(request).content) | answer)

    logged_in._receive = receive
    return gradecli("submit", "pset1")


@pytest.mark.parametrize(
    "answer",
    [
        {"id": EVIL},
        {"id": "/etc/passwd"},
        {"id": "..\\..\\evil"},
        {"id": "con"},
        {"id": ""},
        {"id": "x" * 5000},
        {"id": f"s{ESCAPES}"},
        {"pset": EVIL},
        {"receipt": ESCAPES * 100},
    ],
)
def test_what_a_server_calls_a_submission_names_no_place(
    logged_in: Any, gradecli: Any, tmp_path: Path, home: Any, answer: dict[str, Any]
) -> None:
    done = submitted(logged_in, gradecli, **answer)
    assert "\x1b" not in done.stdout + done.stderr
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert path.is_relative_to(home.folder) or path.is_relative_to(Path("pset1").resolve())
    for receipt in (home.folder / "receipts").rglob("*.json"):
        assert receipt.relative_to(home.folder).parts[:3] == ("receipts", "dl", "pset1")
        assert receipt.stem.lower() != "con"


def test_no_receipt_takes_anothers_place(home: Any) -> None:
    first = home.save_receipt("dl", "pset1", "s/1", b"one")
    second = home.save_receipt("dl", "pset1", "s_1", b"two")
    assert home.save_receipt("dl", "pset1", "s_1", b"one") == first
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two")


def test_a_redirect_is_not_followed_and_takes_no_token_along(logged_in: Any, gradecli: Any) -> None:
    away = httpx2.Response(307, headers={"Location": "https://evil.example.org/api/v1/me"})
    logged_in.override["GET", "/me"] = away
    failed = gradecli("psets")
    assert failed.exit_code == 3
    assert {request.url.host for request in logged_in.requests} == {"grade.example.edu"}


def test_text_from_the_server_moves_no_cursor(logged_in: Any, gradecli: Any, make: Any) -> None:
    shown = make.check(
        f"{ESCAPES}title", message=f"{ESCAPES}message", printed=ESCAPES, verdict=f"passed{ESCAPES}"
    )
    logged_in.report = make.report(shown, title=f"{ESCAPES}set")
    done = submitted(logged_in, gradecli)
    assert done.exit_code == 0
    said = done.stdout + done.stderr
    assert not set("\x1b\x07\x9b\u202e") & set(said)
    assert "message" in said


def test_an_answer_without_an_end_is_read_no_further_than_it_may(
    logged_in: Any, gradecli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradecli.client.LARGEST_ANSWER", 2**16)
    logged_in.override["GET", "/me"] = httpx2.Response(200, content=b" " * 2**20)
    failed = gradecli("psets")
    assert failed.exit_code == 3
    assert "sent far more than any answer should hold" in failed.stderr


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"id":' * 50_000, b"9" * 10_000, b"\xff", b'{"id": NaN}'])
def test_an_answer_that_is_nonsense_is_told_in_a_sentence(logged_in: Any, gradecli: Any, body: bytes) -> None:
    logged_in.override["GET", "/me"] = httpx2.Response(200, content=body)
    failed = gradecli("psets")
    assert failed.exit_code == 3
    assert "is not a course server that this gradecli understands" in failed.stderr


class KilledError(BaseException):
    """This process is gone: nothing below it may tidy up in a way that a kill would not allow."""


class Steps:
    """Counts the writes and requests of a run, and ends it before or after one of them."""

    def __init__(self, fatal: int) -> None:
        self.fatal, self.taken = fatal, 0

    def around(self, action: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            self._step()
            result = action(*arguments, **options)
            self._step()
            return result

        return run

    def _step(self) -> None:
        self.taken += 1
        if self.taken == self.fatal:
            raise KilledError


def test_killed_at_any_step_a_submission_counts_once_and_its_receipt_is_kept(
    logged_in: Any, gradecli: Any, home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradecli("start", "pset1")
    answer, steps = logged_in._answer, Steps(0)
    for fatal in range(1, 1000):
        Path("pset1/linear.py").write_text(f"x = {fatal}\n")
        before = len(logged_in.submissions)
        steps = Steps(fatal)
        with monkeypatch.context() as patched:
            from gradecli import home as homes

            patched.setattr("gradecli.outbox.replace_file", steps.around(homes.replace_file))
            patched.setattr("gradecli.home.replace_file", steps.around(homes.replace_file))
            patched.setattr(logged_in, "_answer", steps.around(answer))
            try:
                gradecli("submit", "pset1")
                survived = True
            except KilledError:
                survived = False
        if not survived:
            assert gradecli("submit", "pset1").exit_code == 0
        assert len(logged_in.submissions) == before + 1, f"killed at step {fatal}"
        newest = list(logged_in.submissions.values())[-1]
        assert newest["files"]["linear.py"] == f"x = {fatal}\n".encode()
        receipts = {
            json.loads(path.read_bytes())["id"] for path in (home.folder / "receipts").rglob("*.json")
        }
        assert newest["id"] in receipts, f"killed at step {fatal}"
        assert list(home.outbox.glob("*.json")) == []
        if survived:
            break
    assert fatal > 10
