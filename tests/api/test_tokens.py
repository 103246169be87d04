"""Tokens: what they may be used for, how long, how they end, and who may end them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from api.accounts.logins import Client, log_in_with_token
from api.accounts.models import Token, TokenKind, User
from api.accounts.service import authenticate, issue_token
from api.courses.models import Course, Enrolment
from api.database import now
from api.errors import NotAuthenticatedError
from api.roles import Role, Scope
from api.web.visitors import COOKIE

COURSE = "/courses/dl"


def narrow(school, user_id, who, *scopes, **options):
    """Another token of ``who``, known to the school as ``who + scopes``."""
    name = "+".join((who, *scopes))
    with school.services.database.writing() as session:
        user = session.scalars(select(User.id).where(User.name == "Administrator")).one()
        owner = user if who == "root" else user_id(who)
        school.tokens[name] = issue_token(session, owner, label=name, scopes=map(Scope, scopes), **options)
    return name


@pytest.mark.parametrize(
    ("who", "scopes", "path", "status"),
    [
        ("ada", ("read",), "/psets", 200),
        ("ada", ("submit",), "/psets", 403),
        ("tess", ("read", "submit"), "/gradebook", 403),
        ("tess", ("staff",), "/gradebook", 200),
        ("ada", ("read", "staff", "admin"), "/gradebook", 403),
        ("root", ("read", "staff"), "/gradebook", 404),
        ("root", ("read", "staff", "admin"), "/gradebook", 200),
        ("root", ("read", "admin"), "/gradebook", 403),
    ],
)
def test_a_token_narrows_what_its_person_may_do_and_never_widens_it(
    open_school, user_id, who, scopes, path, status
):
    assert open_school.get(narrow(open_school, user_id, who, *scopes), COURSE + path).status_code == status


def test_a_grader_s_token_without_staff_shows_a_student_s_world(open_school, user_id):
    adas = open_school.submit("ada")
    reader = narrow(open_school, user_id, "tess", "read", "submit")
    assert open_school.get(reader, f"{COURSE}/submissions").json() == []
    assert open_school.get(reader, f"/submissions/{adas}").status_code == 404
    assert open_school.get("tess", f"/submissions/{adas}").status_code == 200
    assert open_school.get(reader, "/me").json()["scopes"] == ["read", "submit"]


def test_handing_in_needs_the_scope(open_school, user_id):
    reader = narrow(open_school, user_id, "ada", "read")
    refused = open_school.post_files(reader, {"alpha.py": b"x"})
    assert refused.status_code == 403
    assert "lacks the scope `submit`" in refused.json()["error"]["message"]
    assert (
        open_school.post_files(narrow(open_school, user_id, "ada", "submit"), {"alpha.py": b"x"}).status_code
        == 201
    )


def test_a_token_makes_only_narrower_ones_that_do_not_outlive_it(school, user_id):
    parent = narrow(school, user_id, "ada", "read", "submit", lifetime=timedelta(days=3))
    wide = school.call(parent, "POST", "/me/tokens", json={"label": "x", "scopes": ["read", "staff"]})
    assert wide.status_code == 403
    made = school.call(
        parent, "POST", "/me/tokens", json={"label": "x", "scopes": ["read"], "days": 300}
    ).json()
    with school.services.database.reading() as session:
        ends = {row.label: row.expires_at for row in session.scalars(select(Token)) if row.expires_at}
    assert ends["x"] == ends["ada+read+submit"]
    school.tokens["child"] = made["token"]
    assert school.get("child", "/me").json()["scopes"] == ["read"]
    none = school.call("ada", "POST", "/me/tokens", json={"label": "x", "scopes": []})
    assert none.status_code == 422


def test_a_narrow_token_ends_no_wider_one(school, user_id):
    reader = narrow(school, user_id, "ada", "read")
    listed = {one["label"]: one["id"] for one in school.get("ada", "/me/tokens").json()}
    assert school.call(reader, "DELETE", f"/me/tokens/{listed['test']}").status_code == 403
    assert school.call(reader, "DELETE", f"/me/tokens/{listed[reader]}").status_code == 204
    assert school.get(reader, "/me").status_code == 401
    assert school.get("ada", "/me").status_code == 200


def test_the_list_tells_everything_but_the_secret(school, user_id):
    reader = narrow(school, user_id, "ada", "read", lifetime=timedelta(days=1))
    answer = school.get(reader, "/me/tokens")
    newest, oldest = answer.json()
    assert (newest["label"], newest["scopes"], newest["is_this"]) == ("ada+read", ["read"], True)
    assert newest["expires_at"] is not None
    assert (oldest["scopes"], oldest["is_this"]) == (["read", "submit", "staff", "admin"], False)
    assert school.tokens["ada"] not in answer.text
    assert [one["label"] for one in school.get("bob", "/me/tokens").json()] == ["test"]


def test_the_last_use_is_written_down_at_most_once_a_minute(school):
    def last_used():
        with school.services.database.reading() as session:
            return session.scalar(
                select(Token.last_used_at).join(User).where(User.email == "ada@example.org")
            )

    assert last_used() is None
    school.get("ada", "/me")
    first = last_used()
    assert first is not None
    school.get("ada", "/me")
    assert last_used() == first
    with school.services.database.writing() as session:
        session.execute(update(Token).values(last_used_at=first - timedelta(minutes=2)))
    school.get("ada", "/me")
    assert last_used() >= first


def test_nothing_opens_what_something_of_another_kind_opens(school, user_id):
    cookie = log_in_with_token(school.services, school.tokens["ada"], Client("192.0.2.1"))
    school.tokens["cookie"] = cookie
    assert school.get("cookie", "/me").status_code == 401
    for value, status in ((cookie, 200), (school.tokens["ada"], 303)):
        answer = school.http.get("/account", headers={"Cookie": f"{COOKIE}={value}"}, follow_redirects=False)
        assert answer.status_code == status
    with school.services.database.writing() as session:
        link = issue_token(session, user_id("ada"), label="link", kind=TokenKind.PASSWORD, scopes=())
    with school.services.database.reading() as session:
        for kind in (TokenKind.TOKEN, TokenKind.SESSION):
            with pytest.raises(NotAuthenticatedError):
                authenticate(session, link, kind=kind)


def test_logging_in_with_a_narrow_token_makes_a_narrow_session(open_school, user_id):
    reader = narrow(open_school, user_id, "tess", "read", lifetime=timedelta(hours=1))
    cookie = log_in_with_token(open_school.services, open_school.tokens[reader], Client("192.0.2.1"))
    with open_school.services.database.reading() as session:
        actor = authenticate(session, cookie, kind=TokenKind.SESSION)
        assert actor.scopes == {Scope.READ}
        ends = session.get_one(Token, actor.token_id).expires_at
    assert ends <= now() + timedelta(hours=1)
    answer = open_school.http.get("/courses/dl/gradebook", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert answer.status_code == 403


class TestEndingAnothers:
    def ask(self, school, who, email, what="revoke"):
        return school.call(who, "POST", f"/people/{what}", json={"email": email})

    def test_an_instructor_ends_everything_of_a_student_and_it_is_noted(self, school):
        log_in_with_token(school.services, school.tokens["ada"], Client("192.0.2.1"))
        assert self.ask(school, "iris", " ADA@example.org").json() == {"ended": 2}
        assert school.get("ada", "/me").status_code == 401
        (entry,) = school.get("root", "/audit?action=token").json()["entries"]
        assert (entry["by"], entry["subject"], entry["detail"]) == (
            "iris@example.org",
            "ada@example.org",
            {"ended": 2},
        )

    @pytest.mark.parametrize("what", ["revoke", "password-link"])
    def test_nobody_gains_power_over_an_account_by_enrolling_it(self, school, user_id, what):
        with school.services.database.writing() as session:
            other = session.scalars(select(Course.id).where(Course.name == "other")).one()
            session.add(Enrolment(course_id=other, user_id=user_id("ada"), role=Role.STUDENT))
            session.add(Enrolment(course_id=other, user_id=user_id("tess"), role=Role.INSTRUCTOR))
        roster = b"name,email,role\nx,admin@localhost,student\nx,iris@example.org,instructor\n"
        school.call("iris", "POST", f"{COURSE}/roster", content=roster, headers={"Content-Type": "text/csv"})
        unknown = self.ask(school, "iris", "nobody@example.org", what)
        for email in ("ada", "tess", "iris", "eve"):
            refused = self.ask(school, "iris", f"{email}@example.org", what)
            assert (refused.status_code, refused.content) == (404, unknown.content), email
        assert self.ask(school, "iris", "admin@localhost", what).status_code == 404
        assert self.ask(school, "iris", "bob@example.org", what).status_code in {200, 201}
        assert self.ask(school, "root", "ada@example.org", what).status_code in {200, 201}

    def test_who_is_no_instructor_learns_nothing_of_who_is_here(self, school):
        for email in ("bob@example.org", "nobody@example.org"):
            assert self.ask(school, "tess", email).status_code == 403
