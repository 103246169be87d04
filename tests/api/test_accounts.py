"""Tokens, and what happens to secrets."""

from __future__ import annotations

import logging
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select

from api.accounts.models import Token
from api.accounts.service import authenticate, issue_token, revoke_token
from api.bootstrap import new_token, prepare
from api.database import now
from api.errors import NotAuthenticatedError, NotFoundError
from api.settings import Settings


def test_me_lists_the_courses(school):
    body = school.get("tess", "/me").json()
    assert body["name"] == "Tess"
    assert body["is_admin"] is False
    assert body["enrolments"] == [
        {"course": "dl", "title": "Deep learning", "role": "grader", "section": None}
    ]
    assert school.get("root", "/me").json()["is_admin"] is True


def test_only_the_hash_of_a_token_is_kept(school):
    token = school.tokens["ada"]
    with school.services.database.reading() as session:
        assert session.scalars(select(Token).where(Token.sha256 == sha256(token.encode()).hexdigest())).one()
    for path in school.settings.data.rglob("*"):
        if path.is_file():
            assert token.encode() not in path.read_bytes(), path


def test_a_token_ends(school, user_id):
    with school.services.database.writing() as session:
        token = issue_token(session, user_id("ada"), label="short", lifetime=timedelta(hours=1))
    with school.services.database.reading() as session:
        assert authenticate(session, token).name == "Ada"
        with pytest.raises(NotAuthenticatedError):
            authenticate(session, token, at=now() + timedelta(hours=2))


def test_a_token_can_be_revoked(school):
    with school.services.database.writing() as session:
        revoke_token(session, school.tokens["ada"])
        revoke_token(session, "unknown")
    assert school.get("ada", "/me").status_code == 401
    assert school.get("bob", "/me").status_code == 200


def test_an_operator_can_issue_another_token(school):
    school.tokens["ada"] = new_token(school.settings, "ADA@example.org")
    assert school.get("ada", "/me").json()["name"] == "Ada"
    with pytest.raises(NotFoundError, match=r"nobody@example\.org"):
        new_token(school.settings, "nobody@example.org")


def test_the_first_start_alone_makes_an_administrator(tmp_path):
    settings = Settings(data=tmp_path / "data", admin_email="Root@Example.org")
    first, second = prepare(settings), prepare(settings)
    assert first.admin_email == "root@example.org"
    assert first.admin_token is not None
    assert second.admin_token is None
    assert first.admin_token not in repr(first)


def test_where_output_is_kept_the_first_start_makes_no_token_and_an_operator_can(tmp_path):
    settings = Settings(data=tmp_path / "data", first_token=False)
    assert prepare(settings).admin_token is None
    assert prepare(settings).admin_token is None
    assert new_token(settings, settings.admin_email).startswith("gc_")


def test_what_is_private_is_private_on_the_disk_too(tmp_path):
    settings = Settings(data=tmp_path / "data")
    prepare(settings)
    assert settings.data.stat().st_mode & 0o777 == 0o700
    assert (settings.data / "service.key").stat().st_mode & 0o777 == 0o600


def test_no_secret_reaches_the_logs(open_school, caplog):
    caplog.set_level(logging.DEBUG)
    submission = open_school.submit("ada", b"secret_of_ada = 1\n")
    open_school.grade()
    open_school.get("ada", f"/submissions/{submission}/report")
    roster = b"name,email,role\nNew,new@example.org,student\n"
    answer = open_school.call(
        "iris", "POST", "/courses/dl/roster", content=roster, headers={"Content-Type": "text/csv"}
    )
    secrets = [*open_school.tokens.values(), answer.json()["added"][0]["token"], "secret_of_ada"]
    secrets += [open_school.services.keys.receipts.hex(), repr(open_school.services.keys.grading)]
    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in repr(open_school.services)
