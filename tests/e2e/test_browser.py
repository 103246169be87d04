"""The pages in a real browser, on a real service: what students and staff see and do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = ROOT / "problems" / "pset1_backprop" / "linear_softmax" / "submissions"
RIGHT = (SOLUTIONS / "accepted" / "one_hot_einsum.py").read_text(encoding="utf-8")
WRONG = (SOLUTIONS / "wrong_answer" / "weight_gradient_averaged_again.py").read_text(encoding="utf-8")
# The file is loaded anew for each check, so this makes grading slow enough to be watched.
SLOWLY = "\nimport time\n\ntime.sleep(0.25)\n"
HOSTILE = "<script>window.owned = 1</script><img src=x onerror='window.owned = 2'>"
GRADED = 120_000

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass(frozen=True)
class Course:
    """A running service with a course, and how its people log in."""

    url: str
    tokens: dict[str, str] = field(repr=False)


@pytest.fixture(scope="module")
def course(
    tmp_path_factory: pytest.TempPathFactory, ready_backend: Callable[[str], object], problems_root: Path
) -> Iterator[Course]:
    ready_backend("bubblewrap")
    folder = tmp_path_factory.mktemp("service")
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GRADECLI_")}
    log = folder / "log"
    command = ["serve", "--port", "0", "--data", str(folder / "data"), "--problems", str(problems_root)]
    with log.open("w", encoding="utf-8") as errors:
        service = subprocess.Popen(
            [sys.executable, "-m", "gradecli", *command],
            cwd=ROOT,
            env=ours | {"PYTHONUNBUFFERED": "1", "GRADECLI_HOME": str(folder / "home")},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert service.stdout is not None
    try:
        said = ""
        for line in service.stdout:
            said += line
            if "served at" in line:
                break
        started = re.search(r"shown this once\): (\S+)\n.*served at (\S+)", said)
        assert started is not None, log.read_text(encoding="utf-8")
        yield Course(started[2], {"root": started[1], **make_course(started[2], started[1])})
    finally:
        service.terminate()
        service.wait(60)
        service.stdout.close()


def make_course(url: str, admin: str) -> dict[str, str]:
    """A course with pset1, due in three days; its people's tokens, by the first part of their addresses."""
    roster = (
        "name,email,role\n"
        "Ada Lovelace,ada@x.edu,student\n"
        "Bob,bob@x.edu,student\n"
        f'"=1+1 {HOSTILE}",eve@x.edu,student\n'
        "Terry,terry@x.edu,grader\n"
        + "".join(f"Student {number:02},s{number}@x.edu,student\n" for number in range(40))
    )
    due = (datetime.now(UTC) + timedelta(days=3, hours=12)).isoformat()
    with httpx2.Client(
        base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {admin}"}, timeout=60
    ) as http:
        http.post("/courses", json={"name": "dl", "title": "Deep Learning"}).raise_for_status()
        added = http.post("/courses/dl/roster", content=roster.encode(), headers={"Content-Type": "text/csv"})
        added.raise_for_status()
        http.put("/courses/dl/psets/pset1", json={"due_at": due}).raise_for_status()
    return {person["email"].partition("@")[0]: person["token"] for person in added.json()["added"]}


@pytest.fixture(scope="module")
def chrome(chromium: str) -> Iterator[Browser]:
    arguments = ["--disable-background-networking"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


class Tab:
    """A page somebody looks at. Whatever the browser complains about is an error of ours."""

    def __init__(self, context: BrowserContext, course: Course) -> None:
        self.course = course
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda said: self._note(said.type, said.text))
        self.page.on("pageerror", lambda error: self._note("error", str(error)))
        self.page.on("request", lambda request: self._note_stranger(request.url))

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def _note_stranger(self, url: str) -> None:
        if not url.startswith(self.course.url):
            self.complaints.append(f"asked elsewhere: {url}")

    def log_in(self, who: str) -> Page:
        self.page.goto(self.course.url)
        self.page.get_by_label("Your token").fill(self.course.tokens[who])
        self.page.get_by_role("button", name="Log in with the token").click()
        expect(self.page.get_by_role("button", name="Log out")).to_be_visible()
        return self.page


@pytest.fixture
def open_tab(chrome: Browser, course: Course) -> Iterator[Callable[..., Tab]]:
    """Opens tabs, each in a browser profile of its own; at the end nothing may have gone wrong in any."""
    opened: list[tuple[Tab, BrowserContext]] = []

    def open_one(**options: object) -> Tab:
        context = chrome.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(20_000)
        opened.append((Tab(context, course), context))
        return opened[-1][0]

    yield open_one
    complaints = [complaint for tab, _ in opened for complaint in tab.complaints]
    for _, context in opened:
        context.close()
    assert complaints == []


def handed_in(course: Course) -> str:
    """The right solution, handed in once by a student of its own, whichever tests ran before."""
    with httpx2.Client(base_url=f"{course.url}/api/v1", timeout=60) as http:
        sent = http.post(
            "/courses/dl/psets/pset1/submissions",
            files=[("files", ("linear_softmax.py", RIGHT.encode()))],
            headers={"Authorization": f"Bearer {course.tokens['s7']}", "Idempotency-Key": f"{7:032x}"},
        ).raise_for_status()
    return str(sent.json()["id"])


def python(name: str, source: str) -> dict[str, object]:
    return {"name": name, "mimeType": "text/x-python", "buffer": source.encode()}


def hand_in(page: Page, source: str) -> None:
    page.get_by_label("Choose your files").set_input_files([python("linear_softmax.py", source)])
    page.get_by_role("button", name="Hand in").click()
    page.wait_for_url("**/submissions/*")


def graded(page: Page) -> Locator:
    """The score at the top of a submission's page, once it is there."""
    score = page.locator(".page-head .score")
    expect(score).to_be_visible(timeout=GRADED)
    return score


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_a_student_hands_in_watches_it_being_graded_reads_and_hands_in_again(open_tab):
    page = open_tab().log_in("ada")
    expect(page.get_by_role("heading", level=1)).to_have_text("Deep Learning")
    expect(page.locator(".due")).to_contain_text("Due in 3 days")
    expect(page.locator(".next")).to_contain_text("Nothing handed in yet.")
    page.get_by_role("link", name="Start").click()

    row = page.locator("[data-expected='linear_softmax.py']")
    expect(row).to_contain_text("not chosen yet")
    page.get_by_label("Choose your files").set_input_files([python("linear_softmax.py", WRONG + SLOWLY)])
    expect(row).to_contain_text("✓ chosen")
    page.get_by_role("button", name="Hand in").click()

    live = page.locator("[data-live]")
    expect(live.locator(".check").nth(1)).to_be_visible(timeout=GRADED)
    expect(live.locator("[data-headline]")).to_have_text(re.compile(r"^\d+ of \d+ checks done\.$"))
    assert 0 < page.locator("progress").evaluate("bar => bar.value") < 1
    expect(live.locator(".check .word").first).to_have_text(re.compile("passed|failed"))

    expect(graded(page)).to_have_text("9 / 10")
    expect(live).to_have_count(0)
    failed = page.locator(".checks .check.bad", has_text="The gradient with respect to the weights is right")
    expect(failed.locator(".word")).to_have_text("failed")
    expect(failed.locator(".message")).not_to_be_empty()
    expect(page.locator(".receipt")).to_have_text(re.compile(r"^gradecli-receipt-1\.\S+$"))
    with page.expect_download() as receipt:
        page.get_by_role("link", name="Download the receipt").click()
    assert receipt.value.path().read_text(encoding="utf-8").startswith("gradecli-receipt-1.")

    page.get_by_role("navigation").get_by_role("link", name="Backpropagation").click()
    hand_in(page, RIGHT)
    expect(graded(page)).to_have_text("10 / 10")
    expect(page.locator(".summary")).to_contain_text("Full marks")
    page.get_by_role("link", name="gradecli").click()
    expect(page.locator(".next")).to_contain_text("Full marks. Nothing left to do.")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Your token")).to_be_visible()


def test_files_can_be_dropped_and_strangers_are_left_out(open_tab):
    page = open_tab().log_in("bob")
    page.get_by_role("link", name="Start").click()
    dropped = page.evaluate_handle(
        """([name, hostile, source]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([source], name));
            transfer.items.add(new File(["x"], hostile));
            return transfer;
        }""",
        ["linear_softmax.py", f"{HOSTILE}.py", RIGHT],
    )
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": dropped})
    expect(page.locator("[data-expected='linear_softmax.py']")).to_contain_text("✓ chosen")
    expect(page.locator("[data-unexpected]")).to_contain_text("Left out")
    expect(page.locator("[data-unexpected]")).to_contain_text(HOSTILE)
    assert page.evaluate("window.owned") is None
    page.get_by_role("button", name="Hand in").click()
    expect(graded(page)).to_have_text("10 / 10")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_notebook_is_handed_in_and_its_cells_are_graded(open_tab, scripts):
    cell = {"cell_type": "code", "metadata": {"tags": ["linear_softmax"]}, "source": RIGHT, "outputs": []}
    content = json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell]}).encode()
    page = open_tab(java_script_enabled=scripts).log_in("s3" if scripts else "s4")
    page.get_by_role("link", name="Start").click()
    page.get_by_text("Or a zip, or a notebook").click()
    page.get_by_label("Choose your files").set_input_files(
        [{"name": "homework.ipynb", "mimeType": "", "buffer": content}]
    )
    if scripts:
        expect(page.locator("[data-wrapped]")).to_contain_text("✓ homework.ipynb")
        expect(page.locator("[data-expected]")).to_contain_text("may be in what you chose")
    page.get_by_role("button", name="Hand in").click()
    expect(graded(page)).to_have_text("10 / 10")
    expect(page.get_by_role("link", name="homework.ipynb")).to_be_visible()
    assert overflow(page) <= 0


def test_nothing_a_student_writes_comes_alive(open_tab):
    student = open_tab().log_in("eve")
    expect(student.locator(".who")).to_contain_text(HOSTILE)
    student.get_by_role("link", name="Start").click()
    hand_in(
        student,
        f'{RIGHT}\n\ndef softmax(logits):\n    raise ValueError("""{HOSTILE}""")\n# \u202e{HOSTILE}\n',
    )
    graded(student)
    address = student.url

    staff = open_tab().log_in("terry")
    staff.goto(address)
    graded(staff)
    for page in (student, staff):
        assert HOSTILE in page.locator("main").text_content()
        assert page.evaluate("window.owned") is None
        assert page.locator("img").count() == 0
    expect(staff.locator(".listing")).to_contain_text("# ‹U+202E›")
    staff.goto(f"{staff.url}#linear_softmax-L3")
    expect(staff.locator("#linear_softmax-L3")).to_be_in_viewport()


def test_staff_open_the_gradebook_sort_it_and_take_it_along(open_tab, course):
    submission = handed_in(course)
    page = open_tab().log_in("terry")
    page.goto(f"{course.url}/submissions/{submission}")
    graded(page)

    page.get_by_role("link", name="gradecli").click()
    page.get_by_role("link", name="Gradebook").click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(43)
    page.get_by_title("Sort by pset1").click()
    expect(page.get_by_role("columnheader", name="pset1")).to_have_attribute("aria-sort", "descending")
    expect(rows.first.locator("td").first).to_have_text(re.compile(r"^10(\.0+)?$"))
    expect(rows.last.locator("td").first).to_have_text("–")

    header, scroller = page.locator("thead th").first, page.locator(".scroller")
    before = header.bounding_box()
    scroller.evaluate("area => area.scrollTop = 600")
    assert scroller.evaluate("area => area.scrollTop") > 300
    expect(header).to_be_in_viewport()
    assert header.bounding_box()["y"] == pytest.approx(before["y"], abs=2)

    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "dl-gradebook.csv"
    table = download.value.path().read_text(encoding="utf-8")
    assert "Student 07,s7@x.edu,10,10" in table
    assert "'=1+1" in table
    assert not re.search(r"(?m)^=", table)

    page.get_by_role("link", name="Student 07").click()
    page.get_by_role("link", name="Backpropagation, attempt 1").click()
    expect(page.locator(".page-head")).to_contain_text("Student 07, handed in")
    expect(page.locator(".listing")).to_contain_text("def cross_entropy")
    expect(page.get_by_role("heading", name="How it was graded")).to_be_visible()


def test_a_refusal_is_said_on_the_page_without_scripts_too(open_tab):
    tab = open_tab(java_script_enabled=False)
    page = tab.log_in("s1")
    page.get_by_role("link", name="Start").click()
    page.get_by_label("Choose your files").set_input_files([python(f"{HOSTILE}.py", RIGHT)])
    with page.expect_response("**/submissions") as refused:
        page.get_by_role("button", name="Hand in").click()
    assert refused.value.status == 422
    expect(page.get_by_role("alert")).to_contain_text("is not a file of this problem set")
    # Chromium notes the status of the refusal; it should note nothing else.
    (noted,) = tab.complaints
    assert "status of 422" in noted
    tab.complaints.clear()


def test_a_page_without_scripts_refreshes_itself_until_the_report(open_tab):
    page = open_tab(java_script_enabled=False).log_in("s2")
    page.get_by_role("link", name="Start").click()
    hand_in(page, RIGHT + SLOWLY)
    expect(page.locator("[data-headline]")).to_be_visible()
    expect(graded(page)).to_have_text("10 / 10")


def test_the_keyboard_is_enough(open_tab, course):
    page = open_tab().page
    page.goto(course.url)
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.get_by_label("Your token").focus()
    page.keyboard.type(course.tokens["s3"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Backpropagation", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hand in")).to_be_visible()
    page.get_by_label("Choose your files").focus()
    outline = page.locator("[data-drop]").evaluate("area => getComputedStyle(area).outlineStyle")
    assert outline == "solid"


@dataclass
class CommandLine:
    """``gradecli`` of somebody who has no token at hand, on a machine of its own."""

    course: Course
    home: Path

    def logs_in(self) -> tuple[subprocess.Popen[str], str, str]:
        """``gradecli login``, started: the process, and the page and the code that it shows."""
        self.home.mkdir()
        login = subprocess.Popen(
            [sys.executable, "-m", "gradecli", "login", self.course.url],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert login.stdout is not None
        said = ""
        for line in login.stdout:
            said += line
            code, address = re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", said), re.search(r"http://\S+/device", said)
            if code and address:
                return login, address[0], code[0]
        raise AssertionError(f"it ended without a code: {said}")

    def asks(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gradecli", *arguments]
        return subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False)

    def _environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("GRADECLI_")}
        # No browser of this machine: the test has its own.
        return ours | {"GRADECLI_HOME": str(self.home), "BROWSER": "false", "PYTHONUNBUFFERED": "1"}


def test_the_command_line_is_let_in_on_the_page_or_denied_there(open_tab, course, tmp_path):
    page = open_tab(viewport={"width": 360, "height": 700}).log_in("s9")
    let_in, denied = (CommandLine(course, tmp_path / name) for name in ("let-in", "denied"))

    login, address, code = let_in.logs_in()
    page.goto(address)
    if page.get_by_label("Code").count():
        page.get_by_label("Code").fill(code.lower())
        page.get_by_role("button", name="Continue").click()
    expect(page.locator(".device-code")).to_have_text(code)
    expect(page.locator(".facts")).to_contain_text("gradecli")
    assert login.poll() is None, "it waits until the person has decided"
    assert overflow(page) <= 0
    page.get_by_role("button", name="Let it in").click()
    expect(page.get_by_role("status")).to_contain_text("logged in as you")
    out, err = login.communicate(timeout=60)
    assert login.returncode == 0, err
    assert "Student 09" in out
    scores = let_in.asks("scores")
    assert scores.returncode == 0, scores.stderr
    page.goto(f"{course.url}/account")
    expect(page.locator("main")).to_contain_text("gradecli")

    login, address, code = denied.logs_in()
    page.goto(f"{course.url}/device?code={code}")
    page.get_by_role("button", name="Deny").click()
    out, err = login.communicate(timeout=60)
    assert login.returncode == 4, err
    assert "denied" in err.lower()
    assert denied.asks("scores").returncode == 4


@pytest.mark.parametrize("width", [360, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_its_window(open_tab, course, width, scheme):
    page = open_tab(viewport={"width": width, "height": 700}, color_scheme=scheme).log_in("terry")
    set_page = "/courses/dl/psets/pset1"
    ours, book = ("/account", "/device", "/password"), "/courses/dl/gradebook"
    for path in ("/", *ours, set_page, f"{set_page}/handouts/linear_softmax", f"{set_page}/regrades", book):
        page.goto(course.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert overflow(page) <= 0, path
    page.goto(f"{course.url}/submissions/{handed_in(course)}")
    graded(page)
    assert overflow(page) <= 0
    shade = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (max(int(part) for part in re.findall(r"\d+", shade)) < 60) == (scheme == "dark")
