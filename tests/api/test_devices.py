"""Logging a program in through a browser: who approves what, once, and how nobody guesses."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from api.accounts import devices
from api.accounts.logins import Client, log_in_with_token
from api.accounts.models import DeviceLogin, Token
from api.accounts.service import issue_token
from api.database import now
from api.limits import Limit, Limits
from api.roles import Scope
from api.services import Services
from api.web.visitors import COOKIE


class Page:
    """The pages as somebody who is logged in sees them."""

    def __init__(self, school, token):
        self.http = school.http
        cookie = log_in_with_token(school.services, token, Client("192.0.2.1"))
        self.headers = {"Cookie": f"{COOKIE}={cookie}"}

    def get(self, code=""):
        return self.http.get("/device", params={"code": code} if code else {}, headers=self.headers)

    def send(self, code, answer="approve"):
        csrf = re.search(r'name="csrf" value="(\w+)"', self.http.get("/account", headers=self.headers).text)
        assert csrf
        form = {"csrf": csrf[1], "code": code, "answer": answer}
        return self.http.post("/device", data=form, headers=self.headers)


def ask(school, scope="read submit staff admin", client="gradecli on a laptop"):
    answer = school.call(None, "POST", "/device/code", json={"client": client, "scope": scope})
    assert answer.status_code == 200, answer.text
    return answer.json()


def poll(school, asked, *, after=True):
    """What the waiting program is told, an interval after it last asked."""
    if after:
        with school.services.database.writing() as session:
            session.execute(update(DeviceLogin).values(polled_at=None))
    answer = school.call(None, "POST", "/device/token", json={"device_code": asked["device_code"]})
    return answer.json()["error"]["code"] if answer.status_code == 400 else answer.json()


def test_a_program_is_let_in_by_its_person_with_what_they_have_to_give(school):
    asked = ask(school)
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", asked["user_code"])
    assert asked["verification_uri"].endswith("/device")
    assert (asked["interval"], asked["expires_in"]) == (3, 600)
    assert poll(school, asked) == "authorization_pending"
    page = Page(school, school.tokens["ada"])
    shown = page.get(asked["user_code"].lower().replace("-", " ")).text
    for word in ("gradecli on a laptop", "testclient", "hand in homework as you", asked["user_code"]):
        assert word in shown
    for word in ("act as you on the staff", "administrator of the whole"):
        assert word not in shown
    assert "logged in as you" in page.send(asked["user_code"]).text
    made = poll(school, asked)
    assert made["scopes"] == ["read", "submit"]
    school.tokens["program"] = made["token"]
    me = school.get("program", "/me").json()
    assert (me["name"], me["scopes"]) == ("Ada", ["read", "submit"])
    with school.services.database.reading() as session:
        row = session.scalars(select(Token).order_by(Token.id.desc()).limit(1)).one()
    assert row.label == "gradecli on a laptop"
    assert timedelta(days=119) < row.expires_at - now() <= timedelta(days=120)
    assert poll(school, asked) == "expired_token", "it comes once"


@pytest.mark.parametrize(
    ("who", "scopes"),
    [
        ("ada", ["read", "submit"]),
        ("tess", ["read", "submit", "staff"]),
        ("root", ["read", "submit", "staff", "admin"]),
    ],
)
def test_nobody_gives_more_than_they_have(school, who, scopes):
    asked = ask(school)
    Page(school, school.tokens[who]).send(asked["user_code"])
    assert poll(school, asked)["scopes"] == scopes


def test_nobody_gives_more_than_was_asked_or_than_they_are_logged_in_for(school, user_id):
    asked = ask(school, "read")
    Page(school, school.tokens["root"]).send(asked["user_code"])
    assert poll(school, asked)["scopes"] == ["read"]
    with school.services.database.writing() as session:
        narrow = issue_token(session, user_id("tess"), label="narrow", scopes=[Scope.READ])
    asked = ask(school)
    Page(school, narrow).send(asked["user_code"])
    assert poll(school, asked)["scopes"] == ["read"]


def test_a_program_that_is_denied_is_told_and_its_code_is_gone(school):
    asked = ask(school)
    page = Page(school, school.tokens["ada"])
    assert "Denied" in page.send(asked["user_code"], "deny").text
    assert poll(school, asked) == "access_denied"
    assert page.get(asked["user_code"]).status_code == 404


def test_looking_at_a_code_approves_nothing(school):
    asked = ask(school)
    Page(school, school.tokens["ada"]).get(asked["user_code"])
    assert poll(school, asked) == "authorization_pending"


def test_one_approval_is_enough_and_nobody_can_change_it(school):
    asked = ask(school)
    Page(school, school.tokens["ada"]).send(asked["user_code"])
    assert Page(school, school.tokens["bob"]).send(asked["user_code"]).status_code == 404
    school.tokens["program"] = poll(school, asked)["token"]
    assert school.get("program", "/me").json()["name"] == "Ada"


def test_a_code_is_short_lived(school):
    asked = ask(school)
    page = Page(school, school.tokens["ada"])
    with school.services.database.writing() as session:
        session.execute(update(DeviceLogin).values(expires_at=now()))
    assert page.send(asked["user_code"]).status_code == 404
    assert poll(school, asked) == "expired_token"


def test_who_asks_too_often_is_told_to_slow_down_even_when_approved(school):
    asked = ask(school)
    assert poll(school, asked) == "authorization_pending"
    Page(school, school.tokens["ada"]).send(asked["user_code"])
    assert poll(school, asked, after=False) == "slow_down"
    assert poll(school, asked)["token"]


def test_only_hashes_of_device_codes_are_kept(school):
    asked = ask(school)
    with school.services.database.reading() as session:
        row = session.scalars(select(DeviceLogin)).one()
    assert asked["device_code"] not in {str(value) for value in vars(row).values()}


def test_codes_cannot_be_guessed(school):
    fields = {name: getattr(school.services, name) for name in Services.__dataclass_fields__}
    limits = Limits(device_code=Limit(3, 60.0, "Many codes that are none."))
    school.app.state.services = Services(**{**fields, "limits": limits})
    asked = ask(school)
    page = Page(school, school.tokens["ada"])
    for _ in range(5):
        assert page.get(asked["user_code"]).status_code == 200
    assert [page.get(f"BBBBBBB{letter}").status_code for letter in "BCDFG"] == [404, 404, 404, 429, 429]
    refused = page.send(asked["user_code"])
    assert refused.status_code == 429
    assert "Many codes that are none." in refused.text
    assert poll(school, asked) == "authorization_pending"


def test_device_codes_cannot_be_guessed_and_programs_that_wait_are_bounded(school, monkeypatch):
    fields = {name: getattr(school.services, name) for name in Services.__dataclass_fields__}
    limits = Limits(wrong_token=Limit(2, 60.0, "Many wrong."), new_device=Limit(50, 60.0, "Many begun."))
    school.app.state.services = Services(**{**fields, "limits": limits})
    guesses = [
        school.call(None, "POST", "/device/token", json={"device_code": f"guess {number}"}).status_code
        for number in range(3)
    ]
    assert guesses == [400, 400, 429]
    monkeypatch.setattr(devices, "_MOST_WAITING", 3)
    statuses = [school.call(None, "POST", "/device/code", json={"client": "x"}).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    with school.services.database.writing() as session:
        session.execute(update(DeviceLogin).values(expires_at=now() - timedelta(minutes=11)))
    ask(school)
    with school.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DeviceLogin)) == 1


@pytest.mark.parametrize("client", ["", "x" * 101, "two\nlines"])
def test_a_program_says_who_it_is_in_one_line(school, client):
    assert school.call(None, "POST", "/device/code", json={"client": client}).status_code == 422
