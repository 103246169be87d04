"""Passwords and sessions: kept safely, checked without hints, bounded, and ended when they should be."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from api.accounts import passwords
from api.accounts.logins import Client
from api.accounts.models import Token, TokenKind, User
from api.accounts.passwords import Passwords, require_good
from api.database import now
from api.errors import InvalidRequestError, TooManyError
from api.limits import Limit, Limits
from api.services import Services
from api.web.visitors import COOKIE, SECURE_COOKIE

GOOD = "a horse, a staple"
BETTER = "a staple, a battery"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    """Hashes that cost nothing: what they cost is another test's business."""
    monkeypatch.setattr(passwords, "_TIME_COST", 1)
    monkeypatch.setattr(passwords, "_MEMORY_KIB", 64)


@pytest.fixture
def quick(school):
    fields = {name: getattr(school.services, name) for name in Services.__dataclass_fields__}
    school.services = Services(**{**fields, "passwords": Passwords()})
    school.app.state.services = school.services
    return school


class Browser:
    """A browser with its own cookie jar, which sends forms as pages have them."""

    def __init__(self, school):
        self.school = school
        self.cookie = ""

    def request(self, method, path, **options):
        headers = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        answer = self.school.http.request(method, path, headers=headers, follow_redirects=False, **options)
        self.school.http.cookies.clear()
        found = re.search(rf"{COOKIE}=\"?(\w[\w-]*)", answer.headers.get("set-cookie", ""))
        self.cookie = found[1] if found else self.cookie
        return answer

    def log_in(self, **form):
        return self.request("POST", "/login", data=form)

    def send(self, path, **form):
        proof = re.search(r'name="csrf" value="(\w+)"', self.request("GET", "/account").text)
        assert proof
        return self.request("POST", path, data={"csrf": proof[1], **form})

    def is_in(self):
        return self.request("GET", "/account").status_code == 200


@pytest.fixture
def ada(quick):
    """Ada's browser; she logged in with her token and set a password."""
    browser = Browser(quick)
    assert browser.log_in(token=quick.tokens["ada"]).status_code == 303
    assert "Your password is set." in browser.send("/account/password", new=GOOD, again=GOOD).text
    return browser


def kept_of(school):
    with school.services.database.reading() as session:
        return session.scalars(select(User.password_hash).where(User.email == "ada@example.org")).one()


def test_a_password_opens_the_pages_for_its_own_person(quick, ada):
    other = Browser(quick)
    answer = other.log_in(email="  Ada@Example.org ", password=GOOD)
    assert answer.status_code == 303
    assert "ada@example.org" in other.request("GET", "/account").text
    assert GOOD not in kept_of(quick)
    assert kept_of(quick).startswith("$argon2id$")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.org", "wrong password"),
        ("bob@example.org", GOOD),
        ("nobody@example.org", GOOD),
        ("ada@example.org", ""),
        ("ada@example.org", "x" * 900),
        ("", GOOD),
    ],
)
def test_what_does_not_fit_is_refused_alike_whoever_exists(quick, ada, email, password):
    refused = Browser(quick).log_in(email=email, password=password)
    assert refused.status_code == 401
    assert "do not belong together" in refused.text
    assert "set-cookie" not in refused.headers


def test_an_address_that_nobody_has_costs_the_same_work(quick, ada, monkeypatch):
    checked = []
    real = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda *given: checked.append(given[1]) or real(*given))
    for email in ("ada@example.org", "bob@example.org", "nobody@example.org"):
        Browser(quick).log_in(email=email, password="wrong password")
    assert len(checked) == 3
    assert len({kept.split("$")[3] for kept in checked}) == 1, "the same parameters for everybody"


def test_a_new_password_ends_every_other_session_and_no_token(quick, ada):
    other = Browser(quick)
    other.log_in(email="ada@example.org", password=GOOD)
    refused = ada.send("/account/password", current="wrong", new=BETTER, again=BETTER)
    assert refused.status_code == 403
    assert other.is_in()
    ada.send("/account/password", current=GOOD, new=BETTER, again=BETTER)
    assert ada.is_in()
    assert not other.is_in()
    assert other.log_in(email="ada@example.org", password=GOOD).status_code == 401
    assert other.log_in(email="ada@example.org", password=BETTER).status_code == 303
    assert quick.get("ada", "/me").status_code == 200


@pytest.mark.parametrize(
    "password",
    [
        *("short", "", "1234567890", "aaaaaaaaaaaa", "Password1234", "QWERTYUIOP", "ada@example.org"),
        *("x" * 201, "abababababab", "deeplearning1"),
    ],
)
def test_a_password_that_is_tried_first_is_refused(password):
    with pytest.raises(InvalidRequestError, match="password"):
        require_good(password, email="ada@example.org", name="Ada Lovelace")


@pytest.mark.parametrize(
    "password", [GOOD, "päßwörter sind schön", "correcthorsebatterystaple", "12345 monkeys"]
)
def test_a_password_of_a_few_words_is_good(password):
    require_good(password, email="ada@example.org", name="Ada Lovelace")


def test_one_password_typed_on_two_keyboards_is_one():
    keeper = Passwords()
    assert keeper.verify(keeper.hash("schöne Wörter"), "scho\u0308ne Wo\u0308rter")


def test_other_parameters_make_the_hash_anew_at_the_next_log_in(quick, ada, monkeypatch):
    before = kept_of(quick)
    monkeypatch.setattr(passwords, "_TIME_COST", 2)
    fields = {name: getattr(quick.services, name) for name in Services.__dataclass_fields__}
    quick.app.state.services = Services(**{**fields, "passwords": Passwords()})
    assert Browser(quick).log_in(email="ada@example.org", password=GOOD).status_code == 303
    after = kept_of(quick)
    assert (before.split("$")[3], after.split("$")[3]) == ("m=64,t=1,p=1", "m=64,t=2,p=1")
    assert Browser(quick).log_in(email="ada@example.org", password=GOOD).status_code == 303
    assert kept_of(quick) == after


def test_only_a_few_are_computed_at_once_and_the_rest_are_asked_to_come_back(monkeypatch):
    keeper, started, go_on = Passwords(), threading.Semaphore(0), threading.Event()
    real, running = PasswordHasher.hash, []

    def slow(self, password):
        running.append(password)
        started.release()
        go_on.wait(30)
        return real(self, password)

    monkeypatch.setattr(PasswordHasher, "hash", slow)
    threads = [threading.Thread(target=keeper.hash, args=(str(number),)) for number in range(10)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        assert started.acquire(timeout=30)
    while keeper._queue.acquire(blocking=False):
        keeper._queue.release()
    assert len(running) == 2
    with pytest.raises(TooManyError, match="Many people are logging in"):
        keeper.verify(None, "one too many")
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert len(running) == 10


def test_the_real_parameters_are_those_that_are_promised():
    kept = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1).hash(GOOD)
    assert "$argon2id$v=19$m=65536,t=3,p=1$" in kept


class TestLinks:
    def link(self, school, who="iris", email="ada@example.org"):
        made = school.call(who, "POST", "/people/password-link", json={"email": email})
        assert made.status_code == 201
        return made.json()["secret"]

    def follow(self, school, secret, new=GOOD, again=GOOD):
        browser = Browser(school)
        form = {"secret": secret, "new": new, "again": again}
        return browser.request("POST", "/password", data=form), browser

    def test_it_sets_a_password_once_logs_in_and_ends_what_was_open(self, quick, ada):
        secret = self.link(quick)
        answer, browser = self.follow(quick, secret, BETTER, BETTER)
        assert answer.headers["location"] == "/account"
        assert browser.is_in()
        assert not ada.is_in()
        assert self.follow(quick, secret)[0].status_code == 401
        assert Browser(quick).log_in(email="ada@example.org", password=BETTER).status_code == 303

    def test_a_password_that_is_refused_leaves_it_good(self, quick):
        secret = self.link(quick)
        for new, again in (("short", "short"), (GOOD, BETTER), ("", "")):
            refused, browser = self.follow(quick, secret, new, again)
            assert refused.status_code == 422
            assert secret in refused.text, "it need not be looked up again"
            assert not browser.is_in()
        assert self.follow(quick, secret)[0].status_code == 303

    def test_an_old_one_and_one_before_the_last_are_worth_nothing(self, quick):
        first, second = self.link(quick), self.link(quick)
        assert self.follow(quick, first)[0].status_code == 401
        with quick.services.database.writing() as session:
            session.execute(update(Token).where(Token.kind == TokenKind.PASSWORD).values(expires_at=now()))
        assert self.follow(quick, second)[0].status_code == 401


class TestSessions:
    def test_a_session_that_nobody_uses_ends(self, quick, ada):
        with quick.services.database.writing() as session:
            long_ago = now() - timedelta(hours=25)
            session.execute(
                update(Token).where(Token.kind == TokenKind.SESSION).values(last_used_at=long_ago)
            )
        assert not ada.is_in()

    def test_a_session_that_is_used_goes_on_until_its_week_is_over(self, quick, ada):
        with quick.services.database.writing() as session:
            session.execute(
                update(Token)
                .where(Token.kind == TokenKind.SESSION)
                .values(created_at=now() - timedelta(days=6), last_used_at=now() - timedelta(hours=20))
            )
        assert ada.is_in()
        with quick.services.database.writing() as session:
            session.execute(update(Token).where(Token.kind == TokenKind.SESSION).values(expires_at=now()))
        assert not ada.is_in()

    def test_one_can_log_out_everywhere(self, quick, ada):
        other = Browser(quick)
        other.log_in(email="ada@example.org", password=GOOD)
        answer = ada.send("/account/log-out-everywhere")
        assert f"{COOKIE}=" in answer.headers["set-cookie"]
        assert not ada.is_in()
        assert not other.is_in()
        assert quick.get("ada", "/me").status_code == 200

    @pytest.mark.parametrize(
        ("proxy", "name"), [("127.0.0.1", SECURE_COOKIE), ("192.0.2.9", COOKIE)], ids=["trusted", "not"]
    )
    def test_over_https_the_cookie_is_one_that_only_this_host_can_set(self, quick, proxy, name):
        headers = {"X-Forwarded-Proto": "https"}
        http = TestClient(quick.app, client=(proxy, 50_000), follow_redirects=False, headers=headers)
        cookie = http.post("/login", data={"token": quick.tokens["ada"]}).headers["set-cookie"]
        assert cookie.startswith(f"{name}=")
        assert ("Secure" in cookie) == (name == SECURE_COOKIE)
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        secret = cookie.partition("=")[2].partition(";")[0]
        http.cookies.clear()
        for shown in (SECURE_COOKIE, COOKIE):
            found = http.get("/account", headers={"Cookie": f"{shown}={secret}"})
            assert found.status_code == (200 if shown == name else 303)


@pytest.mark.parametrize(
    ("program", "label"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("\x1b[2J<script>", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_session_is_called_by_its_browser_and_never_by_what_that_sent(program, label):
    assert Client("192.0.2.1", program).label == label


class TestGuessing:
    def strict(self, school, **limits):
        fields = {name: getattr(school.services, name) for name in Services.__dataclass_fields__}
        school.app.state.services = Services(**{**fields, "limits": Limits(**limits)})

    def test_wrong_passwords_for_one_account_are_few_and_right_ones_are_free(self, quick, ada):
        self.strict(quick, login_account=Limit(3, 60.0, "Many wrong passwords."))
        for _ in range(6):
            assert Browser(quick).log_in(email="ada@example.org", password=GOOD).status_code == 303
        statuses = [
            Browser(quick).log_in(email="ada@example.org", password=f"guess {n} of many").status_code
            for n in range(5)
        ]
        assert statuses == [401, 401, 401, 429, 429]
        refused = Browser(quick).log_in(email="ADA@example.org", password=GOOD)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert Browser(quick).log_in(email="bob@example.org", password=GOOD).status_code == 401
        assert Browser(quick).log_in(token=quick.tokens["ada"]).status_code == 303

    def test_wrong_tokens_and_links_from_one_address_are_few(self, quick):
        self.strict(quick, login_address=Limit(2, 60.0, "Many wrong log-ins."))
        assert [Browser(quick).log_in(token="gc_guess").status_code for _ in range(3)] == [401, 401, 429]
        form = {"secret": "gc_guess", "new": GOOD, "again": GOOD}
        assert Browser(quick).request("POST", "/password", data=form).status_code == 429
