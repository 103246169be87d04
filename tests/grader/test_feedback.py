"""Every sentence a student can read, exactly; and what a hidden check keeps to itself."""

from __future__ import annotations

import pytest

from grader import Verdict, Visibility
from grader.authoring import CheckFailedError
from grader.feedback import (
    MAX_MESSAGE,
    Explanation,
    explain,
    explain_forbidden,
    missing_file,
    needs_others,
    odd_answer,
)
from grader.forbidden import ForbiddenUse
from grader.intake.places import Places
from sandbox.errors import (
    MemoryLimitError,
    OutputLimitError,
    ProcessDiedError,
    ProtocolViolationError,
    StudentCodeError,
    StudentExceptionError,
    StudentFrame,
    TimeLimitError,
)
from sandbox.wire.messages import Failure

PUBLIC, HIDDEN = Visibility.PUBLIC, Visibility.HIDDEN
SECRET = "s3cr3t"
LINE = StudentFrame("conv.py", 12, "forward", "return x[0]")
FILE = "conv.py"


def raised(
    kind: str = "ValueError",
    text: str = SECRET,
    *frames: StudentFrame,
    reason: str = "raised",
    called: str = "forward",
) -> StudentExceptionError:
    error = StudentExceptionError(kind, text, frames, reason=reason)
    error.called = called
    return error


def message(error: CheckFailedError | StudentCodeError, visibility: Visibility) -> str:
    return explain(error, visibility, FILE).message


# Wrong answers -----------------------------------------------------------------------------------


def test_a_wrong_answer_is_told_with_its_numbers_only_in_public() -> None:
    error = CheckFailedError("dW has wrong values.", "expected 1, got 2")
    assert explain(error, HIDDEN, FILE) == Explanation(
        Verdict.FAILED, "dW has wrong values.", "expected 1, got 2"
    )
    assert message(error, PUBLIC) == "dW has wrong values. Expected 1, got 2."
    assert message(CheckFailedError("dW has wrong values."), PUBLIC) == "dW has wrong values."


def test_an_answer_of_an_unforeseen_form_is_told_without_it() -> None:
    explanation = odd_answer(ValueError(f"cannot reshape \x1b {SECRET}"))
    assert explanation.verdict is Verdict.FAILED
    assert explanation.message == (
        "Your code returned something of an unexpected form. Compare what it returns with the handout."
    )
    assert explanation.detail == f"ValueError: cannot reshape \ufffd {SECRET}"


# Limits and ends ---------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize(
    ("error", "verdict", "sentence"),
    [
        (
            TimeLimitError(2.5),
            Verdict.TIME_LIMIT,
            (
                "Your code took longer than the 2.5 s this check allows and was stopped. Look for a loop "
                "that does not end, or work that NumPy or torch could do at once."
            ),
        ),
        (
            MemoryLimitError(512 * 2**20),
            Verdict.MEMORY_LIMIT,
            (
                "Your code used more than the 512 MiB of memory this problem allows. Look for an array that "
                "is far larger than its inputs, or a list that only grows."
            ),
        ),
        (
            OutputLimitError(SECRET),
            Verdict.OUTPUT_LIMIT,
            "Your code printed or returned far more than is accepted. Remove prints inside loops.",
        ),
        (
            ProcessDiedError(SECRET),
            Verdict.ERROR,
            (
                "Your code ended the Python process before it returned an answer. Do not call exit, quit or "
                "os._exit, and do not start processes."
            ),
        ),
        (
            ProtocolViolationError(SECRET),
            Verdict.ERROR,
            (
                "What came back from your code could not be read as an answer. Return plain numbers, arrays "
                "or tensors, and leave the program that runs your code alone."
            ),
        ),
        (StudentCodeError(SECRET), Verdict.ERROR, "Your code failed while this check ran."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_end_is_told_in_a_sentence_that_says_what_to_look_for(
    error: StudentCodeError, verdict: Verdict, sentence: str, visibility: Visibility
) -> None:
    explanation = explain(error, visibility, FILE)
    assert (explanation.verdict, explanation.message) == (verdict, sentence)


# Exceptions --------------------------------------------------------------------------------------

EXCEPTIONS = [
    (
        raised("ValueError", SECRET, LINE),
        "forward raised a ValueError on line 12 of conv.py.",
        (
            f"forward raised a ValueError on line 12 of conv.py. It says: {SECRET}\n  line 12, in forward: "
            f"return x[0]"
        ),
    ),
    (
        raised("IndexError", SECRET),
        "forward raised an IndexError.",
        f"forward raised an IndexError. It says: {SECRET}",
    ),
    (raised("IndexError", ""), "forward raised an IndexError.", "forward raised an IndexError."),
    (
        raised("NotImplementedError", SECRET, LINE),
        "forward is not implemented yet on line 12 of conv.py.",
        "forward is not implemented yet on line 12 of conv.py.",
    ),
    (
        raised("AttributeError", SECRET, reason=Failure.MISSING),
        "forward is not defined in conv.py. Keep the names of the starter.",
        "forward is not defined in conv.py. Keep the names of the starter.",
    ),
    (
        raised("TypeError", "takes 1", reason=Failure.SIGNATURE),
        "forward could not be called as the handout says. Compare its arguments with the starter's.",
        (
            "forward could not be called as the handout says. Compare its arguments with the starter's. "
            "Python says: takes 1"
        ),
    ),
    (
        raised("TypeError", "a value of type 'set' cannot be sent", reason=Failure.UNSUPPORTED_VALUE),
        "forward returned something that cannot be graded. Return plain numbers, arrays or tensors.",
        (
            "forward returned something that cannot be graded. Return plain numbers, arrays or tensors. A "
            "value of type 'set' cannot be sent."
        ),
    ),
    (
        raised("RuntimeError", SECRET, reason=Failure.NO_GRADIENT),
        (
            "No gradient flows through forward: its result is cut off from its inputs. Do not use .detach(), "
            ".item(), .data, NumPy or torch.no_grad() on the way."
        ),
        (
            "No gradient flows through forward: its result is cut off from its inputs. Do not use .detach(), "
            ".item(), .data, NumPy or torch.no_grad() on the way."
        ),
    ),
    (
        raised("SyntaxError", "'(' was never closed", LINE, reason=Failure.SYNTAX, called=""),
        "conv.py is not valid Python on line 12: return x[0]. Nothing in it could be run.",
        (
            "conv.py is not valid Python on line 12: return x[0] ('(' was never closed). Nothing in it could "
            "be run."
        ),
    ),
    (
        raised("SyntaxError", "invalid syntax", reason=Failure.SYNTAX, called=""),
        "conv.py is not valid Python. Nothing in it could be run.",
        "conv.py is not valid Python (invalid syntax). Nothing in it could be run.",
    ),
    (
        raised("ModuleNotFoundError", "No module named 'sklearn'", LINE, reason=Failure.IMPORT, called=""),
        (
            "conv.py could not be loaded on line 12 of conv.py. Use only the libraries that the handout "
            "names, and keep your code in this one file."
        ),
        (
            "conv.py could not be loaded on line 12 of conv.py: No module named 'sklearn'. Use only the "
            "libraries that the handout names, and keep your code in this one file."
        ),
    ),
    (
        raised("ZeroDivisionError", "division by zero", LINE, called=""),
        "conv.py could not be loaded: it raised a ZeroDivisionError on line 12 of conv.py.",
        "conv.py could not be loaded: it raised a ZeroDivisionError on line 12 of conv.py: division by zero",
    ),
    (
        raised("SystemExit", "", called=""),
        "conv.py could not be loaded: it raised a SystemExit.",
        "conv.py could not be loaded: it raised a SystemExit.",
    ),
]


@pytest.mark.parametrize(
    ("error", "hidden", "public"),
    EXCEPTIONS,
    ids=[f"{error.reason}-{error.kind}-{n}" for n, (error, _, _) in enumerate(EXCEPTIONS)],
)
def test_an_exception_is_told_by_kind_and_line_and_in_public_by_its_text(
    error: StudentExceptionError, hidden: str, public: str
) -> None:
    assert explain(error, HIDDEN, FILE)[:2] == (Verdict.ERROR, hidden)
    assert explain(error, PUBLIC, FILE)[:2] == (Verdict.ERROR, public)


def test_the_line_is_the_last_in_the_students_own_file() -> None:
    deeper = (
        StudentFrame("conv.py", 3, "f", "g()"),
        LINE,
        StudentFrame("support.py", 99, "loss", "raise ValueError"),
    )
    assert (
        message(raised("ValueError", "", *deeper), HIDDEN)
        == "forward raised a ValueError on line 12 of conv.py."
    )
    only = (StudentFrame("support.py", 99, "loss", "raise ValueError"),)
    assert message(raised("ValueError", "", *only), HIDDEN) == "forward raised a ValueError."


def test_lines_of_a_notebooks_code_are_told_as_places_in_the_notebook() -> None:
    places = Places(
        "# gradecli: from cell 2\nimport numpy\n\n# gradecli: from cell 7, line 3\ndef f():\n    g()"
    )
    frames = (StudentFrame(FILE, 6, "f", "g()"), StudentFrame("support.py", 6, "loss", "raise"))
    error = raised("ValueError", "bad", *frames)
    assert explain(error, HIDDEN, FILE, places).message == (
        "forward raised a ValueError in cell 7, line 4 of your notebook."
    )
    public = explain(error, PUBLIC, FILE, places).message
    assert "\n  cell 7, line 4, in f: g()" in public
    assert "\n  line 6, in loss: raise" in public
    uses = (ForbiddenUse("torch.conv2d", 2),)
    assert "cell 2, line 1 uses torch.conv2d" in explain_forbidden(uses, FILE, places).message


def test_endless_recursion_is_told_with_its_last_lines_only() -> None:
    frames = [StudentFrame("conv.py", n, "f", "f()") for n in range(1, 20)]
    told = message(raised("RecursionError", "too deep", *frames), PUBLIC)
    assert told.count("\n") < 10
    assert "line 19" in told


@pytest.mark.parametrize("reason", Failure)
@pytest.mark.parametrize("called", ["forward", ""])
def test_a_hidden_check_never_repeats_what_an_exception_says(reason: Failure, called: str) -> None:
    frame = StudentFrame("conv.py", 12, SECRET, "return x[0]")
    error = raised("Exception", SECRET, frame, reason=reason, called=called)
    assert SECRET not in message(error, HIDDEN)
    assert SECRET in explain(error, HIDDEN, FILE).detail


# Files and needs ---------------------------------------------------------------------------------


def test_forbidden_uses_are_told_with_their_lines() -> None:
    uses = tuple(ForbiddenUse("torch.nn.MultiheadAttention", line) for line in range(3, 10))
    explanation = explain_forbidden(uses[:2], "attention.py")
    assert explanation.verdict is Verdict.FORBIDDEN
    assert explanation.message == (
        "attention.py uses what this problem asks you to write yourself: line 3 uses "
        "torch.nn.MultiheadAttention; line 4 uses torch.nn.MultiheadAttention. Write it out with basic "
        "operations and submit again."
    )
    assert explain_forbidden(uses, "attention.py").message.count("; ") == 4


def test_what_to_write_in_place_of_a_forbidden_name_is_told_once() -> None:
    uses = (ForbiddenUse("torch.a", 1), ForbiddenUse("torch.b", 2), ForbiddenUse("torch.a", 3))
    same = {"torch.a": "a loop.", "torch.b": "a loop.", "torch.c": "nothing"}
    lines = "line 1 uses torch.a; line 2 uses torch.b; line 3 uses torch.a."
    assert explain_forbidden(uses, FILE, instead=same).message.endswith(
        f"{lines} In place of torch.a or torch.b, write a loop. Then submit again."
    )
    assert explain_forbidden(uses, FILE, instead={"torch.b": "two loops"}).message.endswith(
        f"{lines} In place of torch.b, write two loops. Write it out with basic operations and submit again."
    )


def test_a_missing_file_and_a_missing_need_are_told() -> None:
    assert missing_file("conv.py") == "conv.py is not in your submission, so this problem was not graded."
    assert needs_others(["Arrays are doubled", "Arrays are shifted"]) == (
        "Skipped until this passes: Arrays are doubled; Arrays are shifted."
    )


def test_messages_and_details_are_bounded() -> None:
    explanation = explain(raised("ValueError", "x" * 100_000, LINE), PUBLIC, FILE)
    assert len(explanation.message) == MAX_MESSAGE
    explanation = explain(CheckFailedError("a" * 100_000, "b" * 100_000), PUBLIC, FILE)
    assert len(explanation.message) == MAX_MESSAGE
    assert len(explanation.detail) <= 2 * MAX_MESSAGE
