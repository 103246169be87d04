"""Submissions that try to earn what they have not: graded for real, none earns more than its wrong
solution.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from grader import GradeReport, ProblemSet
from grader.report import CheckResult, Verdict
from sandbox import Backend

SUBMISSIONS = Path(__file__).resolve().parent / "submissions"
FAMILIES = (
    "forging the verdict",
    "subverting the framework",
    "stealing tests, references, seeds",
    "cheating the task",
    "breaking the sandbox and the platform",
)

SHAPE = "db has the wrong shape."
NOT_AN_ARRAY = "db should be a NumPy array."
UNREADABLE = (
    "What came back from your code could not be read as an answer. Return plain numbers, arrays or "
    "tensors, and leave the program that runs your code alone."
)
ENDED = (
    "Your code ended the Python process before it returned an answer. Do not call exit, quit or os._exit, "
    "and do not start processes."
)


@dataclass(frozen=True)
class Forgery:
    """An attack, how it is known to have acted, and what its student is told about the bias gradient.

    ``beats`` names what a naive grader believes when this attack beats it. ``heard`` is what must have
    reached the trusted side, ``times`` times. ``printed`` is what must stand in the staff's copy.
    ``as_wrong``: it earns exactly what the wrong solution earns, not less.
    """

    name: str
    message: str = SHAPE
    verdict: Verdict = Verdict.FAILED
    beats: str = ""
    heard: bytes = b""
    times: int = 1
    printed: str = ""
    as_wrong: bool = True


def _broken(name: str, message: str = UNREADABLE, **rest: object) -> Forgery:
    """An attack that spoils its own answers."""
    return Forgery(name, message, Verdict.ERROR, as_wrong=False, **rest)  # type: ignore[arg-type]


FORGED = b'"forged"'
FORGERIES = (
    Forgery("results_files/overwrites_results", beats="RESULTS_FILE"),
    Forgery("results_files/wins_the_race", beats="RESULTS_FILE"),
    Forgery("results_files/plants_modules", beats="RESULTS_FILE"),
    Forgery("printing/prints_the_score", beats="PRINTED", printed="printed by the student"),
    Forgery("printing/filters_its_output", beats="NO_FAILURE"),
    _broken("frames/main_thread", beats="FRAMES", heard=FORGED),
    _broken("frames/background_thread", beats="FRAMES", heard=FORGED),
    _broken("frames/at_exit", beats="FRAMES", heard=FORGED),
    _broken("frames/forked_child", beats="FRAMES", heard=FORGED),
    Forgery("frames/filter_on_the_channel", beats="FRAMES", printed="an forged line"),
    Forgery(
        "frames/answers_twice",
        "linear_backward must return the three gradients (dx, dW, db).",
        beats="FRAMES",
        heard=FORGED,
        as_wrong=False,
    ),
    _broken("frames/replays_an_answer", heard=b"this reply came twice", times=2),
    Forgery(
        "stolen/signs_a_verdict",
        "linear_backward must return the three gradients (dx, dW, db).",
        beats="FRAMES",
        heard=b'["passed",true]'.replace(b",", b", "),
        as_wrong=False,
    ),
    Forgery("stolen/takes_expected_from_frames", beats="RESULTS_FILE"),
    Forgery("stolen/calls_the_reference", beats="RESULTS_FILE"),
    Forgery("stolen/reads_the_reference", beats="RESULTS_FILE"),
    Forgery(
        "patching/patches_the_guest",
        "linear_backward must return the three gradients (dx, dW, db).",
        beats="RESULTS_FILE",
        heard=b"patched by the student",
        as_wrong=False,
    ),
    _broken("patching/patches_the_encoder", beats="RESULTS_FILE", heard=b'"score":7'),
    Forgery("patching/patches_numpy_and_builtins", beats="RESULTS_FILE"),
    Forgery("patching/edits_the_caller", beats="RESULTS_FILE"),
    Forgery(
        "patching/module_that_is_not_one",
        "linear_backward must return the three gradients (dx, dW, db).",
        beats="RESULTS_FILE",
        printed="acted in a destructor",
        as_wrong=False,
    ),
    Forgery("objects/agreeable_arrays", NOT_AN_ARRAY, beats="RESULTS_FILE", heard=b'"Agreeable"'),
    Forgery("objects/equals_everything", NOT_AN_ARRAY, beats="RESULTS_FILE", heard=b'"Zero"', as_wrong=False),
    Forgery(
        "objects/acts_when_unpickled",
        NOT_AN_ARRAY,
        beats="RESULTS_FILE",
        heard=b"__import__",
        as_wrong=False,
    ),
    Forgery("objects/nan_and_empty", "db contains NaN or infinity.", beats="RESULTS_FILE", as_wrong=False),
    _broken("exits/exits_with_success", ENDED, beats="EXIT_STATUS"),
    _broken(
        "exits/raises_system_exit",
        "linear_backward raised a SystemExit on line {line} of linear_softmax.py.",
        beats="EXIT_STATUS",
    ),
    _broken("exits/kills_itself", ENDED, beats="NO_FAILURE"),
    Forgery("inputs/changes_its_inputs", beats="RESULTS_FILE", as_wrong=False),
    Forgery("inputs/knows_the_answers", beats="RESULTS_FILE"),
)
RACING = ("frames/through_proc",)  # what it can open differs between backends


def test_every_attack_says_what_it_does_and_is_tried() -> None:
    files = {p.relative_to(SUBMISSIONS).with_suffix("").as_posix() for p in SUBMISSIONS.glob("*/*.py")}
    elsewhere = {name for name in files if name.split("/")[0] in ("leaks", "lies", "theft", "leftovers")}
    assert {forgery.name for forgery in FORGERIES} | set(RACING) == files - elsewhere
    for name in sorted(files):
        text = ast.get_docstring(ast.parse((SUBMISSIONS / f"{name}.py").read_text(encoding="utf-8"))) or ""
        family = re.search(r"^Family: (.+)\.$", text, re.MULTILINE)
        assert family, f"{name} does not name its family"
        for part in family.group(1).split("; "):
            assert re.sub(r" \([\d, ]+\)$", "", part) in FAMILIES, f"{name}: {part}"


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_forgery_earns_nothing(
    forgery: Forgery,
    tapped: Backend,
    pset1: ProblemSet,
    attack: Callable[[str], str],
    submit: Callable[..., GradeReport],
    unattacked: Callable[[Backend], float],
    result: Callable[[GradeReport, str], CheckResult],
) -> None:
    source = attack(forgery.name)
    report = submit(pset1, tapped, linear_softmax=source)
    assert report.score <= unattacked(tapped) < report.max_score
    if forgery.as_wrong:
        assert report.score == unattacked(tapped)
    bias = result(report, "gradient_of_bias").for_student()
    last_line = source.rstrip().count("\n") + 1
    assert (bias.verdict, bias.message) == (forgery.verdict, forgery.message.format(line=last_line))
    assert tapped.heard.count(forgery.heard or b"returned") >= forgery.times  # type: ignore[attr-defined]
    assert forgery.printed in "".join(c.printed for c in report.problems[0].checks)


@pytest.mark.parametrize("name", RACING)
def test_forgery_that_may_or_may_not_act_earns_nothing(
    name: str,
    backend: Backend,
    pset1: ProblemSet,
    attack: Callable[[str], str],
    submit: Callable[..., GradeReport],
    unattacked: Callable[[Backend], float],
) -> None:
    assert submit(pset1, backend, linear_softmax=attack(name)).score <= unattacked(backend)


@pytest.fixture(scope="module")
def believed(
    ready_backend: Callable[[str], Backend],
    naive: ModuleType,
    pset1: ProblemSet,
    attack: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], dict[str, int]]:
    """What the naive grader believes of an attack."""
    ready_backend("bubblewrap")  # the naive grader is shut in, or the attacks would hit this machine

    def run(name: str) -> dict[str, int]:
        folder = tmp_path_factory.mktemp("naive")
        file = folder / "linear_softmax.py"
        file.write_text(attack(name), encoding="utf-8")
        found = naive.believed(file, pset1.problems[0].folder / "reference.py", folder)
        return {belief.name: score for belief, score in found.items()}

    return run


@pytest.fixture(scope="module")
def believed_without_attack(believed: Callable[[str], dict[str, int]]) -> dict[str, int]:
    return believed("")


def test_naive_grader_is_right_where_nobody_attacks(believed_without_attack: dict[str, int]) -> None:
    scores = dict.fromkeys(("RESULTS_FILE", "PRINTED", "NO_FAILURE", "FRAMES"), 5)
    assert believed_without_attack == scores | {"EXIT_STATUS": 0}


@pytest.mark.parametrize(
    ("name", "belief"),
    [*((f.name, f.beats) for f in FORGERIES if f.beats), *((name, "FRAMES") for name in RACING)],
)
def test_forgery_beats_a_naive_grader(
    name: str,
    belief: str,
    believed: Callable[[str], dict[str, int]],
    believed_without_attack: dict[str, int],
) -> None:
    assert believed(name)[belief] > believed_without_attack[belief]
