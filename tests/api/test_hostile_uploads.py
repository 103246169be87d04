"""Uploads made to break out, blow up or be read two ways, against the whole application."""

from __future__ import annotations

import io
import json
import stat
import tracemalloc
import zipfile

import pytest
from sqlalchemy import func, select

from api.models import Submission


def entry(name: str, kind: int = 0) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo("x")
    made.filename = name
    made.external_attr = (kind | 0o777) << 16 if kind else 0
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def zipped(*members: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def notebook(source: str) -> bytes:
    cell = {"cell_type": "code", "metadata": {"tags": ["alpha"]}, "source": source}
    return json.dumps({"nbformat": 4, "cells": [cell]}).encode()


MINE = ("alpha.py", b"x = 1\n")


def _everything(school) -> dict[str, bytes]:
    """Every file below and beside the data folder, but the database's."""
    root = school.settings.data.parent
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "sqlite3" not in path.name
    }


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("hw.zip", zipped(MINE, ("../../evil.py", b"2")), "leads out of its folder"),
        ("hw.zip", zipped(MINE, ("/etc/cron.d/evil", b"2")), "is an absolute path"),
        ("hw.zip", zipped(MINE, (entry("\\\\host\\share\\evil"), b"2")), "is an absolute path"),
        ("hw.zip", zipped(MINE, (entry("C:\\evil.py"), b"2")), "is an absolute path"),
        ("hw.zip", zipped(MINE, (entry("beta.py", stat.S_IFLNK), b"/etc/passwd")), "is a link"),
        ("hw.zip", zipped(MINE, (entry("beta.py", stat.S_IFCHR), b"")), "is a device"),
        ("hw.zip", zipped(MINE, (entry("beta.py", stat.S_IFIFO), b"")), "is a device"),
        ("hw.zip", zipped(MINE, ("NUL", b"")), "Windows keeps for a device"),
        ("hw.zip", zipped(MINE, ("ALPHA.py", b"2")), "one name on some systems"),
        ("hw.zip", zipped(MINE, (entry("a\r\nb.py"), b"2")), "control characters"),
        ("hw.zip", zipped(MINE, ("n" * 300, b"2")), "too long a name"),
        ("hw.zip", zipped(MINE, ("inner.zip", zipped(MINE))), "holds another one"),
        ("hw.zip", zipped(MINE, ("zeros", bytes(2**26))), "times its size"),
        ("hw.zip", zipped(MINE) + b"tail", "something follows its end"),
        ("../../hw.zip", zipped(MINE), "has a path for a name"),
        ("..\\hw.zip", zipped(MINE), "has a path for a name"),
        ("aux.zip", zipped(MINE), "Windows keeps for a device"),
        ("h" * 200 + ".zip", zipped(MINE), "has too long a name"),
        ("hw.ipynb", b"[" * 100_000, "nested too deep"),
        ("hw.ipynb", b'{"nbformat":4,"cells":[' + b"{}," * 300_000 + b"{}]}", "far more values"),
        ("hw.ipynb", notebook("%run ~/.ssh/config"), "only a notebook understands"),
        ("hw.ipynb", notebook("x = '\ud800'"), "half of a character"),
        ("alpha.py/../beta.py", b"x", "is not a file of this problem set"),
    ],
)
def test_what_tricks_is_refused_in_a_sentence_and_leaves_nothing(open_school, name, content, said):
    before = _everything(open_school)
    answer = open_school.post_files("ada", [(name, content)])
    assert answer.status_code in {413, 422}, answer.text
    sentence = answer.json()["error"]["message"]
    assert said in sentence
    assert sentence.isprintable()
    assert len(sentence) < 400
    assert _everything(open_school) == before
    with open_school.services.database.reading() as session:
        assert session.scalars(select(func.count()).select_from(Submission)).one() == 0


def test_bombs_take_little_memory_of_the_service(open_school):
    bomb = zipped(("alpha.py", bytes(300 * 2**20)))
    assert len(bomb) < 2**19
    tracemalloc.start()
    try:
        assert open_school.post_files("ada", [("bomb.zip", bomb)]).status_code == 413
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 24 * 2**20
