"""Transcripts: all of it is there, and nothing in one is believed unseen."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import ProblemSet, Submission, grade, instance_key
from grader.errors import TranscriptError
from grader.report import Visibility
from grader.transcripts import Transcript, TranscriptWriter, read_transcript
from grader.transcripts.records import (
    MAGIC,
    Ended,
    ForbiddenCalled,
    GradingOpened,
    GuestStarted,
    ProblemOpened,
    SectionOpened,
    Spent,
    Stop,
    Stopped,
    pack_record,
    pack_request,
    unpack_record,
)
from sandbox import find
from sandbox.errors import (
    MemoryLimitError,
    OutputLimitError,
    ProcessDiedError,
    ProtocolViolationError,
    StudentCodeError,
    StudentExceptionError,
    TimeLimitError,
)
from sandbox.session import Answer
from sandbox.wire.frames import PREFIX_BYTES, FrameLimits, read_prefix
from sandbox.wire.messages import Operation, Returned, pack_message
from sandbox.wire.values import HandleRef

MakePset = Callable[..., ProblemSet]
FILES = {"doubling.py": "def double(x):\n    raise ValueError(x)\n"}
OPENED = GradingOpened("digest", "pset1", "version", "subprocess", ("memory",))
SECTION = SectionOpened("doubled", Visibility.HIDDEN, 3, 2**127, 5, 10.0, fresh=False)


class Scripted:
    """A session that answers, or raises, the next of what it was given."""

    def __init__(self, *outcomes: object) -> None:
        self._outcomes = list(outcomes)

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return Answer(outcome, "printed\n")


@pytest.fixture
def pset(make_pset: MakePset) -> ProblemSet:
    return make_pset()


def recorded(pset: ProblemSet, *outcomes: object, max_bytes: int = 2**20) -> bytes:
    """A transcript of one section in which each of ``outcomes`` came back."""
    file = io.BytesIO()
    with TranscriptWriter(file, max_bytes=max_bytes) as writer:
        writer.open_grading(OPENED)
        writer.open_problem(pset.problems[0], ("doubled",), FILES)
        writer.open_section(SECTION)
        writer.guest_started({"numpy": "2.4"})
        session = writer.listen(Scripted(*outcomes))
        for number, outcome in enumerate(outcomes):
            try:
                session.request(
                    Operation.CALL, HandleRef(1, "module"), "double", (np.arange(4.0), number), {}, False
                )
            except StudentCodeError:
                assert isinstance(outcome, StudentCodeError)
    return file.getvalue()


def answers(transcript: Transcript) -> list[object]:
    """What comes back from the only section: values, or the errors themselves."""
    found: list[object] = []
    ((section,),) = [problem.sections for problem in transcript.problems.values()]
    for exchange in section.exchanges:
        try:
            answer = exchange.answer(FILES, 10.0, 2**30)
            assert answer.printed == "printed\n"
            found.append(answer.value)
        except StudentCodeError as error:
            found.append(error)
    return found


def test_what_was_graded_and_how_comes_back(pset: ProblemSet) -> None:
    transcript = read_transcript(recorded(pset, 1.5))
    assert transcript.opened == OPENED
    problem = transcript.problems["doubling"]
    assert (problem.opened.digest, problem.opened.checks) == (pset.problems[0].digest, ("doubled",))
    assert problem.versions == {"numpy": "2.4"}
    assert [section.opened for section in problem.sections] == [SECTION]
    assert problem.sections[0].spent >= 0


def test_answers_come_back_bit_for_bit_and_anew_each_time(pset: ProblemSet) -> None:
    array = np.array([[1.0, -0.0], [np.nan, 5e-324]]).T
    transcript = read_transcript(recorded(pset, array, {"a": (None, HandleRef(7, "Value"))}, 2**70))
    first, table, number = answers(transcript)
    assert isinstance(first, np.ndarray)
    assert (first.tobytes(), first.strides) == (array.tobytes(), array.strides)
    assert (table, number) == ({"a": (None, HandleRef(7, "Value"))}, 2**70)
    first[:] = 9
    again = answers(transcript)[0]
    assert isinstance(again, np.ndarray)
    assert again.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "error",
    [
        TimeLimitError(10.0, printed="so far\n"),
        MemoryLimitError(2**30),
        OutputLimitError("the answer is too large"),
        ProcessDiedError("the process ended without answering (signal 9)"),
        ProtocolViolationError("a message of no known kind"),
        StudentExceptionError("KeyError", "'a'", reason="raised", printed="words"),
        StudentExceptionError("TypeError", "no such argument", reason="signature"),
        StudentCodeError("something else"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_failures_come_back_as_what_they_were(pset: ProblemSet, error: StudentCodeError) -> None:
    (found,) = answers(read_transcript(recorded(pset, error)))
    assert type(found) is type(error)
    assert isinstance(found, StudentCodeError)
    assert (str(found), found.printed) == (str(error), error.printed)
    if isinstance(error, StudentExceptionError):
        assert isinstance(found, StudentExceptionError)
        assert (found.kind, found.text, found.reason) == (error.kind, error.text, error.reason)


def test_a_transcript_over_its_bound_says_that_it_must_be_run_again(pset: ProblemSet) -> None:
    content = recorded(pset, *[np.random.default_rng(0).random(500)] * 9, max_bytes=10_000)
    assert len(content) < 12_000
    with pytest.raises(TranscriptError, match=r"too large to be kept whole\. Run the submission again"):
        read_transcript(content)


def test_an_answer_that_cannot_be_written_again_is_treated_as_too_large(pset: ProblemSet) -> None:
    content = recorded(pset, 10**390, 1.0)  # the wire reads longer integers than it writes
    with pytest.raises(TranscriptError, match="too large"):
        read_transcript(content)


def test_a_grading_that_broke_off_leaves_no_readable_transcript(pset: ProblemSet) -> None:
    file = io.BytesIO()
    with suppress(RuntimeError), TranscriptWriter(file) as writer:
        writer.open_grading(OPENED)
        raise RuntimeError
    with pytest.raises(TranscriptError, match="Run the submission again"):
        read_transcript(file.getvalue())


def test_a_recorded_grading_has_the_same_report(pset: ProblemSet, right: bytes) -> None:
    submission = Submission.from_files({"doubling.py": right}, pset)
    key, file = instance_key(b"s", submission.digest), io.BytesIO()
    with TranscriptWriter(file) as writer:
        report = grade(pset, submission, find("subprocess"), key=key, transcript=writer)
    assert report == grade(pset, submission, find("subprocess"), key=key)
    sections = read_transcript(file.getvalue()).problems["doubling"].sections
    assert [section.opened.check for section in sections] == ["", "example", "doubled", "shifted"]


# Damage ------------------------------------------------------------------------------------------


def unpacked(content: bytes) -> list[bytes]:
    """A transcript's frames."""
    data, frames = zlib.decompress(content[len(MAGIC) :]), []
    while data:
        size = PREFIX_BYTES + sum(read_prefix(data[:PREFIX_BYTES], FrameLimits()))
        frames.append(data[:size])
        data = data[size:]
    return frames


def packed(frames: list[bytes]) -> bytes:
    return MAGIC + zlib.compress(b"".join(frames))


def test_records_out_of_their_place_are_refused(pset: ProblemSet) -> None:
    frames = unpacked(recorded(pset, 1.0, 2.0))
    read_transcript(packed(frames))
    for place in (0, 1, 2, 4, 5, 6, 7, 8, 9):  # any but the sandbox's start
        with pytest.raises(TranscriptError, match="is damaged"):
            read_transcript(packed(frames[:place] + frames[place + 1 :]))
    swapped = [*frames[:5], frames[4], *frames[6:]]
    for wrong in (
        frames[1:],
        [*frames, frames[-1]],
        [*frames, frames[0]],
        frames[:-1],
        swapped,
        frames[::-1],
    ):
        with pytest.raises(TranscriptError, match="is damaged"):
            read_transcript(packed(wrong))
    with pytest.raises(TranscriptError, match="is damaged"):  # a problem twice
        read_transcript(packed([*frames[:-1], *frames[1:-1], frames[-1]]))


@pytest.mark.parametrize(
    "record",
    [GuestStarted({"a": "b"}), Spent(1.0), SECTION, Ended(complete=True), OPENED, ForbiddenCalled({"a": 1})],
)
def test_a_record_in_place_of_an_answer_is_refused(pset: ProblemSet, record: GuestStarted) -> None:
    frames = unpacked(recorded(pset, 1.0))
    frames[5] = pack_record(record)
    with pytest.raises(TranscriptError, match="is damaged"):
        read_transcript(packed(frames))


def test_an_answer_that_is_none_is_refused_when_it_is_asked_for(pset: ProblemSet) -> None:
    frames = unpacked(recorded(pset, 1.0))
    good = frames[5]
    for forged in (
        good.replace(b'"returned"', b'"returnee"'),
        good.replace(b'"fields":[0,', b'"fields":[0.'),
        b"".join(pack_message(Returned(0, 1.0))).replace(b"returned", b"raised  "),
    ):
        frames[5] = forged
        with pytest.raises(TranscriptError, match="is damaged"):
            answers(read_transcript(packed(frames)))


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused() -> None:
    bomb = MAGIC + zlib.compress(bytes(50 * 2**20))
    with pytest.raises(TranscriptError, match="too long"):
        read_transcript(bomb, max_bytes=2**20)


@given(st.binary(max_size=300))
def test_any_other_bytes_are_refused(content: bytes) -> None:
    for given_ in (content, MAGIC + content, MAGIC + zlib.compress(content)):
        with pytest.raises(TranscriptError):
            read_transcript(given_)


_SAMPLE: Final = b"".join(
    [
        pack_record(OPENED),
        pack_record(
            ProblemOpened("doubling", "version", "numpy", 2**30, ("doubled",), {"doubling.py": "hash"})
        ),
        pack_record(SECTION),
        pack_record(GuestStarted({"numpy": "2.4"})),
        pack_request(Operation.CALL, (HandleRef(1, "module"), "double", (1.5,), {}, False), {}),
        *map(bytes, pack_message(Returned(0, np.arange(3.0), "printed"))),
        pack_request(Operation.CALL, (HandleRef(1, "module"), "double", (2.5,), {}, False), {}),
        pack_record(Stopped(Stop.TIME, "late", "")),
        pack_record(Spent(1.0)),
        pack_record(Ended(complete=True)),
    ]
)


def _read_all(content: bytes) -> int:
    """How many answers could be had from a transcript of these frames."""
    count = 0
    for problem in read_transcript(MAGIC + zlib.compress(content)).problems.values():
        for section in problem.sections:
            for exchange in section.exchanges:
                assert isinstance(exchange.timed_out, bool)
                with suppress(StudentCodeError):
                    exchange.answer(FILES, 10.0, 2**30)
                count += 1
    return count


def test_the_sample_is_a_whole_transcript() -> None:
    assert _read_all(_SAMPLE) == 2


@settings(max_examples=300)
@given(place=st.integers(0, len(_SAMPLE) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_never_becomes_another_kind_of_error(place: int, bit: int) -> None:
    content = bytearray(_SAMPLE)
    content[place] ^= 1 << bit
    with suppress(TranscriptError):
        _read_all(bytes(content))


def test_a_section_from_before_there_was_advice_is_a_check() -> None:
    header = pack_record(SECTION)[PREFIX_BYTES:]
    assert unpack_record(header.replace(b',"check"]', b"]"), bytearray()) == SECTION


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"hidden"', b'"secret"'), (b"[\"doubled\"", b"[3"), (b",3,", b',"3",'), (b",3,", b",-3,"),
        (b"10.0", b"-1.0"), (b"10.0", b"true"), (b"false", b"0"),
        (b'"check"]', b'"guess"]'), (b'"fields":[', b'"fields":[0,'),
        (b'"section"', b'"sektion"'), (b',"buffers":[]', b""),
    ],
)  # fmt: skip
def test_a_record_of_the_wrong_form_is_refused(old: bytes, new: bytes) -> None:
    frame = pack_record(SECTION)
    header = frame[PREFIX_BYTES:]
    assert unpack_record(header, bytearray()) == SECTION
    assert header.replace(old, new, 1) != header
    with pytest.raises(ValueError):
        unpack_record(header.replace(old, new, 1), bytearray())
