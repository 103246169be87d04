"""Receipts prove what was handed in."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.submissions.receipts import verify


@pytest.fixture
def receipt(open_school):
    return open_school.post_files("ada", {"alpha.py": b"1"}).json()["receipt"]


def _verify(school, text, who="ada"):
    return school.call(who, "POST", "/receipts/verify", json={"receipt": text}).json()


def test_a_receipt_says_what_was_handed_in(open_school, receipt):
    submission = open_school.get("ada", "/courses/dl/submissions").json()[0]
    body = _verify(open_school, f"  {receipt}\n", who="tess")
    assert body["valid"] is True
    assert body["recorded"] is True
    assert body["student"] == "ada@example.org"
    assert (body["submission"], body["digest"]) == (submission["id"], submission["digest"])
    assert (body["course"], body["pset"], body["attempt"]) == ("dl", "pset1", 1)
    assert body["received_at"] == submission["received_at"]


def test_a_changed_receipt_is_not_one(open_school, receipt):
    prefix, payload, signature = receipt.split(".")
    said = base64.urlsafe_b64decode(payload + "==").replace(b"ada@", b"bob@")
    forged = base64.urlsafe_b64encode(said).rstrip(b"=").decode()
    texts = [
        f"{prefix}.{forged}.{signature}",
        f"{prefix}.{payload}.{signature[:-2]}",
        f"{prefix}.{payload}.",
        f"{prefix}.{payload}",
        f"gradecli-receipt-2.{payload}.{signature}",
        f"{prefix}.{payload}=.{signature}",
        f"{receipt}.x",
        "",
        "\u0661.\u0662.\u0663",
    ]
    for text in texts:
        body = _verify(open_school, text)
        assert body["valid"] is False, text
        assert body["student"] is None


def test_a_receipt_outlives_the_submission(open_school, receipt, furnished):
    del furnished
    services = open_school.services
    with services.database.writing() as session:
        for table in ("submission_files", "grading_jobs", "submissions"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    body = _verify(open_school, receipt)
    assert (body["valid"], body["recorded"]) == (True, False)
    assert "tell the operator" in body["message"]


def test_a_huge_receipt_is_refused(open_school):
    answer = open_school.call("ada", "POST", "/receipts/verify", json={"receipt": "x" * 5000})
    assert answer.status_code == 422


@given(st.text(max_size=200))
def test_no_text_without_the_key_is_a_receipt(text):
    assert verify(text, b"k" * 32) is None
