"""Watching a submission while it is graded."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from api.errors import TooManyError
from api.jobs import queue
from api.models import ProgressEvent
from api.submissions import progress
from api.submissions.progress import Watchers, watch
from grader import GradingFailedError


@dataclass
class Event:
    kind: str
    data: dict
    id: str | None


def _parse(text: str) -> list[Event]:
    events = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append(Event(fields["event"], json.loads(fields["data"]), fields.get("id")))
    return events


def _watch(school, who, submission, after=None):
    headers = {} if after is None else {"Last-Event-ID": after}
    answer = school.get(who, f"/submissions/{submission}/events", headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return _parse(answer.text)


def test_a_graded_submission_tells_its_checks_then_its_report_and_ends(open_school):
    submission = open_school.submit("ada")
    open_school.grade(9.0)
    events = _watch(open_school, "ada", submission)
    assert [event.kind for event in events] == ["state", "state", "check", "report"]
    assert events[0].data["state"] == "graded"
    assert events[1].data | {"state": "running", "problem": "alpha"} == events[1].data
    assert (events[2].data["index"], events[2].data["total"]) == (1, 1)
    assert events[3].data["score"] == 9.0


def test_a_stream_tells_nobody_what_is_for_staff(open_school):
    submission = open_school.submit("ada")
    open_school.grade()
    for who in ("ada", "tess"):
        answer = open_school.get(who, f"/submissions/{submission}/events")
        assert "STAFF-ONLY" not in answer.text
        assert "told to students" in answer.text


def test_a_stream_resumes_after_the_last_event_seen(open_school):
    submission = open_school.submit("ada")
    open_school.grade()
    first = [event for event in _watch(open_school, "ada", submission) if event.id]
    again = _watch(open_school, "ada", submission, after=first[0].id)
    assert [event.id for event in again if event.id] == [event.id for event in first[1:]]
    assert again[-1].kind == "report"


@pytest.mark.parametrize("after", ["", "x", "-1", "1e9", "9" * 400, "١"])
def test_a_strange_last_event_id_means_from_the_start(open_school, after):
    submission = open_school.submit("ada")
    open_school.grade()
    answer = open_school.get(
        "ada", f"/submissions/{submission}/events", headers={"Last-Event-ID": after.encode()}
    )
    assert answer.status_code == 200
    assert _parse(answer.text)[-1].kind == "report"


def test_a_live_stream_follows_the_grading(open_school):
    submission = open_school.submit("ada")
    go = threading.Event()
    open_school.grader.meanwhile = lambda: go.wait(5) and None
    thread = threading.Thread(target=open_school.grade)

    async def follow() -> list[str]:
        kinds = []
        async for event in watch(open_school.services, Watchers(), submission):
            kinds.append(event.event)
            if kinds == ["state"]:
                thread.start()
            if event.event == "check":
                go.set()
        return kinds

    kinds = asyncio.run(asyncio.wait_for(follow(), 10))
    thread.join()
    assert kinds == ["state", "state", "state", "check", "state", "report"]


def test_when_grading_starts_again_the_stream_says_so_and_then_goes_on(open_school):
    submission = open_school.submit("ada")
    open_school.grader.outcomes = [GradingFailedError("no engine"), 7.0]
    shown = threading.Event()
    open_school.grader.meanwhile = lambda: shown.wait(5) and None
    worker = open_school.worker()

    def grade_next() -> None:
        while not worker.grade_one():
            time.sleep(0.01)

    threads = [threading.Thread(target=grade_next) for _ in range(2)]

    async def follow() -> list[tuple[str, str]]:
        seen = []
        async for event in watch(open_school.services, Watchers(), submission):
            data = json.loads(event.raw_data)
            seen.append((event.event, data.get("state", "")))
            if len(seen) == 1:
                threads[0].start()
            elif event.event == "check":
                shown.set()
            elif data.get("state") == "queued":
                assert "Grading starts again" in data["message"]
                threads[1].start()
        return seen

    seen = asyncio.run(asyncio.wait_for(follow(), 10))
    for thread in threads:
        thread.join()
    running, check, queued = ("state", "running"), ("check", ""), ("state", "queued")
    assert seen[:5] == [queued, running, running, check, queued]
    assert seen[-1][0] == "report"
    assert seen.count(check) == 2


def test_a_second_try_between_two_looks_is_told(open_school):
    running = progress._Look(
        state=queue.JobState.RUNNING, lease=1, queue_position=None, events=(), report=None
    )
    again = progress._Look(state=queue.JobState.RUNNING, lease=2, queue_position=None, events=(), report=None)
    assert [event.state for event in progress._news(running, again)] == ["queued", "running"]
    assert list(progress._news(again, again)) == []


def test_a_submission_that_was_given_up_ends_the_stream_in_plain_words(open_school):
    submission = open_school.submit("ada")
    open_school.grader.outcomes = [GradingFailedError("secret path /srv", retriable=False)]
    open_school.worker().grade_one()
    events = _watch(open_school, "ada", submission)
    assert [event.kind for event in events] == ["state", "incident"]
    assert events[0].data["state"] == "failed"
    assert "cost you nothing" in events[1].data["message"]
    assert "/srv" not in str(events)


def test_streams_end_when_the_process_does(open_school):
    submission = open_school.submit("ada")
    watchers = Watchers()

    async def follow() -> int:
        count = 0
        async for _ in watch(open_school.services, watchers, submission):
            count += 1
            watchers.closing = True
        return count

    assert asyncio.run(asyncio.wait_for(follow(), 5)) == 1


def test_one_person_cannot_open_streams_without_end(open_school):
    watchers, actor = Watchers(), open_school.actor("ada")
    with watchers.admit(actor):
        pass
    admitted = [watchers.admit(actor) for _ in range(11)]
    for one in admitted[:10]:
        one.__enter__()
    with pytest.raises(TooManyError):
        admitted[10].__enter__()
    admitted[0].__exit__(None, None, None)
    with watchers.admit(actor):
        pass


def test_events_written_while_a_stream_waits_come_in_order(open_school):
    submission = open_school.submit("ada")
    database = open_school.services.database
    with database.writing() as session:
        lease = queue.lease_next(session, "w", seconds=30)

    def write() -> None:
        for number in range(5):
            with database.writing() as session:
                event = ProgressEvent(job_id=lease.job_id, kind="check", data=json.dumps({"n": number}))
                queue.add_progress(session, lease, [event])
            time.sleep(0.05)

    async def follow() -> list[int]:
        numbers = []
        async for event in watch(open_school.services, Watchers(), submission):
            if event.event == "check":
                numbers.append(json.loads(event.raw_data)["n"])
            if len(numbers) == 5:
                return numbers
        return numbers

    thread = threading.Thread(target=write)
    thread.start()
    assert asyncio.run(asyncio.wait_for(follow(), 10)) == [0, 1, 2, 3, 4]
    thread.join()
    with database.reading() as session:
        assert len(session.scalars(select(ProgressEvent)).all()) == 5
