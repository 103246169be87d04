"""Every page as HTML: nothing hostile comes alive, nothing is inline, everything is labelled."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from api.web.rendering import ASSETS, prose

VOID = {"meta", "link", "input", "img", "br", "hr", "circle", "path", "rect"}
TEXT_TYPES = {"password", "file", "text"}


class Page(HTMLParser):
    """The tags of a page, each with its attributes, and whether they close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, *names):
        return [attributes for tag, attributes in self.tags if tag in names]


@pytest.fixture
def parsed(every_page):
    return {name: Page(html) for name, html in every_page.items()}


def test_text_of_others_is_never_markup(every_page, parsed, course):
    for name, page in parsed.items():
        assert page.all("img") == [], name
        assert {script.get("src", "").partition("?")[0] for script in page.all("script")} <= {
            "/static/time.js",
            "/static/upload.js",
            "/static/live.js",
            "/static/link.js",
        }, name
        assert course.hostile not in every_page[name]


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(parsed):
    for name, page in parsed.items():
        assert page.all("style", "iframe", "object", "base") == [], name
        for tag, attributes in page.tags:
            assert "style" not in attributes, (name, tag)
            assert not [key for key in attributes if key.startswith("on")], (name, tag)
            for key in ("href", "src", "action", "data-live"):
                address = attributes.get(key, "/")
                assert re.match(r"/(?!/)|#", address), (name, tag, address)


def test_every_asset_exists_in_the_version_asked_for(parsed):
    for page in parsed.values():
        for attributes in page.all("script", "link"):
            address = attributes.get("src") or attributes["href"]
            path, _, version = address.partition("?v=")
            assert ASSETS[path.removeprefix("/static/")].version == version


def test_every_form_that_changes_something_carries_its_proof(parsed):
    for name, page in parsed.items():
        forms = [
            form
            for form in page.all("form")
            if form["method"] == "post" and form["action"] not in {"/login", "/password"}
        ]
        proofs = [field for field in page.all("input") if field.get("name") == "csrf"]
        assert len(proofs) == len(forms), name
        assert all(form["method"] == "post" for form in forms)


def test_every_field_has_a_label_and_every_reference_a_target(parsed):
    for name, page in parsed.items():
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids)), name
        labelled = {label["for"] for label in page.all("label")}
        fields = {field["id"] for field in page.all("input") if field.get("type") in TEXT_TYPES}
        assert fields <= labelled, name
        for _, attributes in page.tags:
            for key in ("aria-labelledby", "aria-describedby"):
                assert set((attributes.get(key) or "").split()) <= set(ids), (name, key)
            if (attributes.get("href") or "").startswith("#"):
                assert attributes["href"][1:] in ids, (name, attributes["href"])


def test_every_page_has_one_first_heading_a_title_and_a_language(every_page, parsed):
    for name, page in parsed.items():
        # A home page names each course: this one has one.
        assert len(page.all("h1")) == 1, name
        assert page.all("html") == [{"lang": "en"}]
        assert re.search(r"<title>[^<]+ · gradecli</title>", every_page[name]), name


def test_a_verdict_is_an_icon_and_a_word_and_a_colour(every_page):
    html = every_page["report for staff"]
    for verdict in ("passed", "failed", "time limit", "memory limit", "output limit", "forbidden", "skipped"):
        icon = f'#icon-{verdict.replace(" ", "-")}"'
        assert re.search(rf'{icon}></use></svg><span class="word">{verdict}</span>', html), verdict


def test_a_page_that_waits_works_without_scripts(every_page):
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in every_page["running"]
    assert "3 of" not in every_page["waiting"]
    assert "Problem 1 of 2: 5 of 12 checks done." in every_page["running"]
    assert "http-equiv" not in every_page["report"]


def test_a_students_report_has_nothing_of_staffs(every_page):
    for secret in ("instance 11", "max abs difference", "Limits not enforced", "b3:51c9", "numpy.matmul, 3"):
        assert secret in every_page["report for staff"]
        assert secret not in every_page["report"]


def test_a_listing_can_be_linked_line_by_line(every_page):
    assert '<span class="line" id="linear_softmax-L7"><a href="#linear_softmax-L7"' in every_page["report"]


def test_empty_pages_say_what_to_do_next(every_page):
    assert "as soon as your course staff publish it" in every_page["home without sets"]
    assert (
        "gradecli publish pset1 --course dl-2026 --due 2026-11-17T23:59"
        in every_page["home of staff without sets"]
    )
    assert "gradecli course create" in every_page["home without courses"]
    assert "gradecli roster import" in every_page["gradebook without students"]


def test_backquotes_become_code_and_nothing_else():
    assert prose("Run `gradecli psets` <b>") == "Run <code>gradecli psets</code> &lt;b&gt;"
    assert prose("an odd ` one <b>") == "an odd ` one &lt;b&gt;"
    assert prose("`<i>`") == "<code>&lt;i&gt;</code>"
