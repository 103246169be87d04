"""The pages on a real service: who sees what, what forms do, and what a browser is told."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from sqlalchemy import select, update

from api.accounts.models import Token
from api.courses.models import Course
from api.database import now
from api.roles import Role
from api.submissions.models import Submission, SubmissionUpload
from api.web.visitors import COOKIE, safe_next
from grader import GradingFailedError

pytestmark = pytest.mark.timeout(60)


class TestLoggingIn:
    def test_a_stranger_gets_the_form_and_is_led_back_afterwards(self, site):
        browser = site.browser()
        answer = browser.get("/courses/dl/gradebook?sort=Total")
        assert answer.status_code == HTTPStatus.SEE_OTHER
        form = browser.get(answer.headers["location"]).text
        wanted = "/courses/dl/gradebook?sort=Total"
        assert f'name="next" value="{wanted}"' in form
        answer = browser.http.post("/login", data={"token": site.tokens["tess"], "next": wanted})
        assert answer.headers["location"] == wanted
        assert browser.get(wanted).status_code == HTTPStatus.OK

    def test_the_cookie_is_out_of_scripts_reach_and_is_not_the_token(self, site):
        answer = site.browser().http.post("/login", data={"token": f"  {site.tokens['ada']}\n"})
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert site.tokens["ada"] not in cookie

    def test_over_https_the_cookie_never_travels_in_the_clear(self, site):
        browser = site.browser()
        browser.http.base_url = "https://course.test"
        assert (
            "Secure" in browser.http.post("/login", data={"token": site.tokens["ada"]}).headers["set-cookie"]
        )

    @pytest.mark.parametrize("token", ["", "gc_wrong", "x" * 5000, "gc_\u2603"])
    def test_a_wrong_token_is_refused_in_words(self, site, token):
        answer = site.browser().http.post("/login", data={"token": token})
        assert answer.status_code == HTTPStatus.UNAUTHORIZED
        assert "This token is not valid" in answer.text
        assert "set-cookie" not in answer.headers

    @pytest.mark.parametrize(
        "path",
        [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "/a\nb",
            "evil",
        ],
    )
    def test_nobody_is_led_elsewhere(self, site, path):
        answer = site.browser().http.post("/login", data={"token": site.tokens["ada"], "next": path})
        assert answer.headers["location"] == "/"
        assert safe_next(path) == "/"

    def test_another_site_cannot_log_somebody_in(self, site):
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        answer = site.browser().http.post("/login", data={"token": site.tokens["ada"]}, headers=headers)
        assert answer.status_code == HTTPStatus.FORBIDDEN
        headers = {"Origin": "https://evil.example"}
        answer = site.browser().http.post("/login", data={"token": site.tokens["ada"]}, headers=headers)
        assert answer.status_code == HTTPStatus.FORBIDDEN

    def test_logging_out_ends_the_session_everywhere(self, site):
        browser = site.browser("ada")
        session = browser.http.cookies[COOKIE]
        answer = browser.http.post("/logout", data={"csrf": browser.proof()})
        assert answer.headers["location"] == "/"
        assert COOKIE not in browser.http.cookies
        thief = site.browser()
        thief.http.cookies.set(COOKIE, session)
        assert "Your token" in thief.get("/").text
        assert site.browser("ada").get("/").status_code == HTTPStatus.OK

    def test_a_session_runs_out_and_is_swept_away(self, site):
        browser = site.browser("ada")
        with site.services.database.writing() as session:
            for token in session.scalars(select(Token).where(Token.expires_at.is_not(None))):
                token.expires_at = now()
        assert "Your token" in browser.get("/").text
        site.browser("ada")
        with site.services.database.reading() as session:
            assert len(session.scalars(select(Token).where(Token.expires_at.is_not(None))).all()) == 1


class TestForms:
    @pytest.mark.parametrize("csrf", ["", "0" * 64, "\u2603"])
    @pytest.mark.parametrize(
        "path", ["/logout", "/courses/dl/psets/pset1/submissions", "/submissions/1/retry"]
    )
    def test_a_form_without_its_proof_does_nothing(self, site, path, csrf):
        browser = site.browser("ada")
        form = {"csrf": csrf, "ticket": browser.ticket()}
        answer = browser.http.post(path, data=form, files=[("files", ("alpha.py", b"x = 1\n"))])
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert "Load the page again" in answer.text
        assert "None yet." in browser.get(site.PSET).text

    def test_somebody_elses_proof_is_none(self, site):
        bob = site.browser("bob").proof()
        assert (
            site.browser("ada").http.post("/logout", data={"csrf": bob}).status_code == HTTPStatus.FORBIDDEN
        )

    def test_another_site_sends_no_forms_even_with_the_proof(self, site):
        browser = site.browser("ada")
        headers = {"Sec-Fetch-Site": "cross-site"}
        answer = browser.http.post("/logout", data={"csrf": browser.proof()}, headers=headers)
        assert answer.status_code == HTTPStatus.FORBIDDEN

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Origin": "http://course.test"}, HTTPStatus.SEE_OTHER),
            ({"Sec-Fetch-Site": "same-origin"}, HTTPStatus.SEE_OTHER),
            ({"Origin": "null"}, HTTPStatus.FORBIDDEN),
            ({"Origin": "https://course.test"}, HTTPStatus.FORBIDDEN),
            ({"Sec-Fetch-Site": "same-site", "Origin": "http://course.test"}, HTTPStatus.FORBIDDEN),
            ({"Sec-Fetch-Site": "none"}, HTTPStatus.FORBIDDEN),
        ],
    )
    def test_a_form_says_where_it_comes_from_and_hiding_it_does_not_help(self, site, headers, status):
        browser = site.browser("ada")
        answer = browser.http.post("/logout", data={"csrf": browser.proof()}, headers=headers)
        assert answer.status_code == status


class TestHandingIn:
    def test_a_submission_leads_to_its_page(self, site):
        browser = site.browser("ada")
        answer = browser.hand_in(("alpha.py", b"x = 1\n"), ("beta.py", b"y = 1\n"))
        assert answer.status_code == HTTPStatus.SEE_OTHER
        page = browser.get(answer.headers["location"]).text
        assert "In the queue, next to be graded." in page
        assert "alpha.py" in page
        assert "gradecli-receipt-1." in page

    def test_sending_one_form_twice_is_one_submission(self, site):
        browser = site.browser("ada")
        ticket = browser.ticket()
        first, second = (browser.hand_in(("alpha.py", b"x = 1\n"), ticket=ticket) for _ in range(2))
        assert first.headers["location"] == second.headers["location"]

    def test_other_files_from_the_same_page_are_another_attempt(self, site):
        browser = site.browser("ada")
        ticket = browser.ticket()
        first = browser.hand_in(("alpha.py", b"x = 1\n"), ticket=ticket)
        second = browser.hand_in(("alpha.py", b"x = 2\n"), ticket=ticket)
        assert first.headers["location"] != second.headers["location"]
        assert "Attempt 2" in browser.get(second.headers["location"]).text

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            ([], "No file was sent: hand in alpha.py, "),
            ([("notes.txt", b"x")], "notes.txt is not a file of this problem set."),
            (
                [("<script>alert(1)</script>.py", b"x")],
                "“&lt;script&gt;alert(1)&lt;/script&gt;.py” is not a file",
            ),
            ([("../../alpha.py", b"x")], "is not a file of this problem set"),
            ([("alpha.py", b"\xff\xfe")], "alpha.py is not UTF-8 text: save it"),
            ([("alpha.py", b"x"), ("alpha.py", b"y")], "alpha.py is there twice: hand it in once."),
        ],
    )
    def test_what_cannot_be_taken_is_said_on_the_same_page(self, site, files, said):
        browser = site.browser("ada")
        answer = browser.hand_in(*files)
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert said in answer.text
        assert 'role="alert"' in answer.text
        assert "Choose your files" in answer.text
        assert "<script>" not in answer.text

    def test_after_the_due_date_the_page_says_so_and_has_no_form(self, site):
        browser = site.browser("ada")
        ticket = browser.ticket()
        site.close_set()
        page = browser.get(site.PSET).text
        assert "This set is closed." in page
        assert 'type="file"' not in page
        answer = browser.hand_in(("alpha.py", b"x"), ticket=ticket)
        assert answer.status_code == HTTPStatus.FORBIDDEN

    def test_a_flood_of_bytes_is_refused_as_a_page(self, site):
        answer = site.browser("ada").hand_in(("alpha.py", b"x" * 40_000_000))
        assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        assert "That is too large" in answer.text

    def test_the_handout_can_be_read_and_downloaded(self, site):
        browser = site.browser("ada")
        assert f'href="{site.PSET}/handouts/alpha"' in browser.get(site.PSET).text
        assert f'href="{site.PSET}/handouts/beta"' not in browser.get(site.PSET).text
        assert '<span class="tex">x_1</span>' in browser.get(f"{site.PSET}/handouts/alpha").text
        assert browser.get(f"{site.PSET}/handouts/beta").status_code == HTTPStatus.NOT_FOUND
        answer = browser.get(f"{site.PSET}/handout.zip")
        assert answer.headers["content-disposition"] == 'attachment; filename="pset1.zip"'
        assert answer.content.startswith(b"PK")


class TestProgress:
    def test_the_page_shows_the_checks_so_far_without_scripts(self, site, report):
        browser = site.browser("ada")
        submission = browser.submit()
        pages = []

        def look_until_a_check_is_there():
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and not (pages and 'data-check="softmax"' in pages[-1]):
                pages.append(browser.get(f"/submissions/{submission}").text)

        site.meanwhile = look_until_a_check_is_there
        site.grade(report)
        page = pages[-1]
        assert '<noscript><meta http-equiv="refresh"' in page
        assert "The softmax of each row is right" in page
        assert "instance 11" not in page
        assert "5.5" not in page

    def test_events_end_with_the_students_report(self, site, report):
        browser = site.browser("ada")
        submission = browser.submit()
        grading = threading.Timer(0.3, site.grade, [report])
        grading.start()
        answer = browser.get(f"/submissions/{submission}/events")
        grading.join()
        assert answer.headers["content-type"].startswith("text/event-stream")
        kinds = re.findall(r"^event: (\w+)", answer.text, re.MULTILINE)
        assert kinds[0] == "state"
        assert kinds.count("check") == len(report.problems[0].checks)
        assert kinds[-1] == "report"
        assert "max abs difference" not in answer.text

    def test_nobody_else_can_follow(self, site):
        submission = site.browser("ada").submit()
        assert (
            site.browser("bob").get(f"/submissions/{submission}/events").status_code == HTTPStatus.NOT_FOUND
        )
        assert site.browser().get(f"/submissions/{submission}/events").status_code == HTTPStatus.SEE_OTHER

    def test_a_failure_of_ours_is_ours_and_staff_can_repeat_the_grading(self, site, report):
        ada, tess = site.browser("ada"), site.browser("tess")
        submission = ada.submit()
        site.grade(GradingFailedError("the sandbox is gone", retriable=False))
        page = ada.get(f"/submissions/{submission}").text
        assert "could not be graded" in page
        assert "It cost you nothing" in page
        assert "sandbox is gone" not in page
        assert "Grade it again" not in page
        assert "Grade it again" in tess.get(f"/submissions/{submission}").text
        retry = f"/submissions/{submission}/retry"
        assert ada.http.post(retry, data={"csrf": ada.proof()}).status_code == HTTPStatus.FORBIDDEN
        assert tess.http.post(retry, data={"csrf": tess.proof()}).status_code == HTTPStatus.SEE_OTHER
        site.grade(report)
        assert "2 of 9 checks passed." in ada.get(f"/submissions/{submission}").text


class TestReports:
    def test_student_and_staff_see_their_own_copy(self, site, report, course):
        ada = site.browser("ada")
        submission = ada.submit()
        site.grade(report)
        mine = ada.get(f"/submissions/{submission}").text
        staffs = site.browser("tess").get(f"/submissions/{submission}").text
        for page in (mine, staffs):
            assert course.hostile not in page
            assert "dW is twice what it should be" in page
        assert "max abs difference" in staffs
        assert "max abs difference" not in mine
        assert "This is your best attempt: it counts." in mine

    def test_other_students_learn_nothing(self, site, report):
        submission = site.browser("ada").submit()
        site.grade(report)
        bob = site.browser("bob")
        missing = bob.get("/submissions/0000000000000000")
        assert missing.status_code == HTTPStatus.NOT_FOUND
        for part in ("", "/events", "/receipt.txt", "/files/alpha.py"):
            answer = bob.get(f"/submissions/{submission}{part}")
            assert answer.status_code == HTTPStatus.NOT_FOUND
            assert re.sub(r"[0-9a-f]{64}", "", answer.text) == re.sub(r"[0-9a-f]{64}", "", missing.text)

    def test_files_are_saved_and_never_shown(self, site):
        browser = site.browser("ada")
        submission = browser.submit(b"# <script>alert(1)</script>\n")
        answer = browser.get(f"/submissions/{submission}/files/alpha.py")
        assert answer.content == b"# <script>alert(1)</script>\n"
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''alpha.py"
        assert answer.headers["x-content-type-options"] == "nosniff"
        for name in ("beta.py", "..%2Falpha.py", "gradecli.sqlite3"):
            assert browser.get(f"/submissions/{submission}/files/{name}").status_code == HTTPStatus.NOT_FOUND

    def test_files_that_were_removed_leave_a_sentence_with_the_day_and_the_report(self, site, report):
        browser = site.browser("ada")
        submission = browser.submit()
        site.grade(report)
        with site.services.database.writing() as session:
            removed = update(Submission).where(Submission.id == submission)
            session.execute(removed.values(files_removed_at=datetime(2027, 9, 1, tzinfo=UTC)))
        page = browser.get(f"/submissions/{submission}").text
        sentence = "were removed under the course’s retention rule on"
        assert sentence in page
        assert "2027-09-01" in page
        assert "Your files" in page
        assert f"/submissions/{submission}/files/" not in page
        answer = browser.get(f"/submissions/{submission}/files/alpha.py")
        assert answer.status_code == HTTPStatus.GONE
        assert "removed under the course&#39;s retention rule on 2027-09-01." in answer.text
        assert "This was removed" in answer.text

    def test_an_archive_that_was_removed_is_named_and_not_linked(self, site, report):
        submission = site.browser("ada").submit()
        site.grade(report)
        sha256 = site.services.store.put(b"PK")
        removed = {"z.zip": datetime(2026, 11, 20, tzinfo=UTC), "a.zip": None}
        with site.services.database.writing() as session:
            for name, at in removed.items():
                fields = {"name": name, "sha256": sha256, "size": 2, "removed_at": at}
                session.add(SubmissionUpload(submission_id=submission, **fields))
        page = site.browser("ada").get(f"/submissions/{submission}").text
        assert f"/submissions/{submission}/uploads/a.zip" in page
        assert "z.zip" in page
        assert "removed under the course’s retention rule on" in page
        assert f"/submissions/{submission}/uploads/z.zip" not in page

    def test_the_receipt_is_the_one_the_service_verifies(self, site):
        browser = site.browser("ada")
        submission = browser.submit()
        text = browser.get(f"/submissions/{submission}/receipt.txt").text
        bearer = {"Authorization": f"Bearer {site.tokens['tess']}"}
        answer = browser.http.post("/api/v1/receipts/verify", json={"receipt": text}, headers=bearer).json()
        assert (answer["valid"], answer["submission"], answer["student"]) == (
            True,
            submission,
            "ada@example.org",
        )


class TestStaff:
    STAFF_PAGES = ("/courses/dl/gradebook", "/courses/dl/gradebook.csv", "/courses/dl/students/2")

    @pytest.mark.parametrize("path", STAFF_PAGES)
    def test_students_are_told_that_this_is_for_staff(self, site, path):
        answer = site.browser("ada").get(path)
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert "Only graders and instructors of this course" in answer.text

    def test_the_gradebook_leads_to_every_best_submission(self, site, report):
        ada = site.browser("ada")
        submission = ada.submit()
        site.grade(report)
        tess = site.browser("tess")
        page = tess.get("/courses/dl/gradebook?sort=pset1&order=descending").text
        assert f'href="/submissions/{submission}"' in page
        assert page.index("Ada") < page.index("Bob")
        student = re.search(r'href="(/courses/dl/students/\d+)"><bdi>Ada', page)[1]
        assert f'href="/submissions/{submission}"' in tess.get(student).text
        assert tess.get("/courses/dl/students/999").status_code == HTTPStatus.NOT_FOUND

    def test_hostile_names_are_text_here_and_no_formula_in_a_spreadsheet(self, site, course):
        name = '=HYPERLINK("https://evil.example")'
        with site.services.database.writing() as session:
            dl = session.scalars(select(Course)).one()
            site.enrol(session, dl, name, "@evil@example.org", Role.STUDENT)
            site.enrol(session, dl, course.hostile, "x@example.org", Role.STUDENT)
        tess = site.browser("tess")
        page = tess.get("/courses/dl/gradebook").text
        assert course.hostile not in page
        assert "&lt;script&gt;" in page
        answer = tess.get("/courses/dl/gradebook.csv")
        assert answer.headers["content-disposition"] == 'attachment; filename="dl-gradebook.csv"'
        assert not re.search(r'(?m)^"?=|,"?@', answer.text)
        assert "'=HYPERLINK" in answer.text

    def test_an_administrator_sees_courses_that_they_are_not_in(self, site):
        page = site.browser("root").get("/").text
        assert "Deep Learning" in page
        assert "/courses/dl/gradebook" in page

    def test_staff_may_hand_in_too(self, site, report):
        tess = site.browser("tess")
        submission = tess.submit()
        site.grade(report)
        page = tess.get(f"/submissions/{submission}").text
        assert "max abs difference" in page
        assert "Your files" in page


class TestAnswers:
    def test_pages_are_never_kept_and_run_nothing_inline(self, site):
        answer = site.browser("ada").get("/")
        assert answer.headers["cache-control"] == "no-store"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy

    def test_assets_of_a_version_are_kept_for_ever(self, site):
        browser = site.browser()
        address = re.search(r'href="(/static/style.css\?v=\w+)"', browser.get("/").text)[1]
        answer = browser.get(address)
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        assert browser.get("/static/style.css?v=old").headers["cache-control"] == "no-cache"

    @pytest.mark.parametrize("name", ["nothing.js", "..%2F__init__.py", "%2Fetc%2Fpasswd", "style.css%00"])
    def test_only_assets_are_served(self, site, name):
        assert site.browser().get(f"/static/{name}").status_code == HTTPStatus.NOT_FOUND

    @pytest.mark.parametrize("path", ["/nothing", "/courses/none/psets/pset1", "/courses/dl/psets/none"])
    def test_what_is_not_there_is_a_page_that_leads_back(self, site, path):
        answer = site.browser("ada").get(path)
        assert answer.status_code == HTTPStatus.NOT_FOUND
        assert "There is nothing here" in answer.text
        assert 'class="button" href="/"' in answer.text

    def test_programs_still_get_json(self, site):
        answer = site.browser().get("/api/v1/nothing")
        assert answer.json()["error"]["code"] == "not_found"

    def test_a_session_cookie_opens_no_part_of_the_json_service(self, site):
        # Or any page of another site could use it there, where forms carry no proof.
        assert site.browser("ada").get("/api/v1/me").status_code == HTTPStatus.UNAUTHORIZED


def test_the_web_process_can_neither_grade_nor_reach_a_container_engine():
    program = "import sys, api.app; print([m for m in ('torch', 'docker') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
