"""Grading from end to end, on small sets and a plain child process: what each submission earns, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from grader import (
    CheckResult,
    EventKind,
    GradeEvent,
    GradeReport,
    PackageError,
    ProblemSet,
    Submission,
    Verdict,
    Visibility,
    grade,
    instance_key,
)
from grader.grading import Instance
from grader.guests import GuestKeeper
from grader.report import Measurement
from sandbox import Backend, SandboxSpec, find
from sandbox.backends.base import SandboxProcess
from sandbox.errors import SandboxStartError
from sandbox.spec import Availability, Enforcement, Runtime

MakePset = Callable[..., ProblemSet]
KEY = instance_key(b"secret", "digest")


class Counting:
    """The plain child process; remembers what was started, and can refuse."""

    name = "subprocess"

    def __init__(self, *, refuse: bool = False) -> None:
        self._inner: Backend = find("subprocess")
        self._refuse = refuse
        self.started: list[SandboxSpec] = []

    def availability(self, runtime: Runtime) -> Availability:
        return self._inner.availability(runtime)

    def enforcement(self) -> Enforcement:
        return self._inner.enforcement()

    def start(self, spec: SandboxSpec) -> SandboxProcess:
        if self._refuse:
            raise SandboxStartError("no sandbox today")
        self.started.append(spec)
        return self._inner.start(spec)


def graded(
    pset: ProblemSet,
    source: str | bytes = b"",
    *,
    files: dict[str, bytes] | None = None,
    backend: Backend | None = None,
    key: bytes = KEY,
    instance: Instance = None,
    **more: Any,
) -> GradeReport:
    """The report on ``source`` as the first problem's file, or on ``files``."""
    content = source if isinstance(source, bytes) else source.encode()
    submission = Submission.from_files(files or {pset.problems[0].file_name: content}, pset)
    return grade(pset, submission, backend or find("subprocess"), key=key, instance=instance, **more)


def by_name(report: GradeReport) -> dict[str, CheckResult]:
    return {check.name: check for problem in report.problems for check in problem.checks}


def verdicts(report: GradeReport) -> dict[str, str]:
    return {name: str(check.verdict) for name, check in by_name(report).items()}


def checks(*texts: str, head: str = "from grader.authoring import *\nimport numpy as np\n") -> str:
    return head + "\n".join(texts)


def hidden(name: str, body: str, points: float = 5, arguments: str = "") -> str:
    decorator = f'@check("{name} holds", points={points}{arguments})'
    return f"{decorator}\ndef {name}(student, reference, rng):\n    {body}\n"


# Scores ------------------------------------------------------------------------------------------


def test_a_right_solution_earns_everything(make_pset: MakePset, right: bytes) -> None:
    pset = make_pset()
    report = graded(pset, right)
    assert (report.score, report.max_score) == (5.0, 5.0)
    assert verdicts(report) == {"example": "passed", "doubled": "passed", "shifted": "passed"}
    assert [(c.score, c.max_score) for c in by_name(report).values()] == [(0, 0), (2, 2), (3, 3)]
    assert all(check.message == "" for check in by_name(report).values())
    (problem,) = report.problems
    assert (problem.name, problem.title, problem.runtime) == ("doubling", "Doubling", "numpy")
    assert problem.digest == pset.problems[0].digest


def test_the_starter_earns_nothing_and_is_told_so(make_pset: MakePset) -> None:
    pset = make_pset()
    report = graded(pset, pset.problems[0].text("starter.py"))
    assert report.score == 0
    assert verdicts(report) == {"example": "error", "doubled": "error", "shifted": "skipped"}
    assert by_name(report)["doubled"].message == "double is not implemented yet on line 3 of doubling.py."


def test_a_check_whose_need_did_not_pass_is_skipped(make_pset: MakePset) -> None:
    report = graded(make_pset(), "def double(x): return 3 * x\ndef shift(x, by): return x + by")
    assert verdicts(report) == {"example": "failed", "doubled": "failed", "shifted": "skipped"}
    assert by_name(report)["shifted"].message == "Skipped until this passes: Arrays are doubled."
    assert by_name(report)["shifted"].score == 0


def test_partial_credit_is_the_sum_of_what_passed(make_pset: MakePset) -> None:
    report = graded(make_pset(), "def double(x): return 2 * x\ndef shift(x, by): return x - by")
    assert report.score == 2.0
    assert by_name(report)["shifted"].message == "the shifted array has wrong values."
    assert "of 4 differ" in by_name(report)["shifted"].detail


@pytest.mark.parametrize("points", [(0.1, 0.1, 0.1), (0.7, 0.1, 0.2), (1 / 3, 1 / 3, 1 / 3)])
def test_points_that_are_no_whole_numbers_add_up_to_the_problems(
    make_pset: MakePset, points: tuple[float, ...]
) -> None:
    toml = f'title = "T"\npoints = {round(sum(points), 6)}\nruntime = "numpy"\n'
    texts = [hidden(f"check{n}", "student.double(1)", earned) for n, earned in enumerate(points)]
    report = graded(
        make_pset(doubling={"problem.toml": toml, "checks/hidden.py": checks(*texts)}),
        "def double(x): return x",
    )
    assert report.score == report.max_score == round(sum(points), 6)


def test_two_of_three_problems(make_pset: MakePset, right: bytes) -> None:
    pset = make_pset(alpha={}, beta={}, gamma={})
    files = {"alpha.py": right, "gamma.py": b"def double(x): return 2 * x\n"}
    report = graded(pset, files=files)
    assert [(problem.name, problem.score, problem.max_score) for problem in report.problems] == [
        ("alpha", 5.0, 5.0),
        ("beta", 0.0, 5.0),
        ("gamma", 2.0, 5.0),
    ]
    assert (report.score, report.max_score) == (7.0, 15.0)
    beta = report.problems[1]
    assert beta.message == "beta.py is not in your submission, so this problem was not graded."
    assert {check.verdict for check in beta.checks} == {Verdict.SKIPPED}
    assert (
        by_name(report)["shifted"].message
        == "shift is not defined in gamma.py. Keep the names of the starter."
    )


def test_one_problem_alone_can_be_graded(make_pset: MakePset, right: bytes) -> None:
    pset = make_pset(alpha={}, beta={})
    report = graded(pset, files={"alpha.py": right, "beta.py": right}, problem="beta")
    assert [problem.name for problem in report.problems] == ["beta"]
    assert (report.score, report.max_score) == (5.0, 5.0)
    with pytest.raises(PackageError, match="no problem 'gamma'"):
        graded(pset, right, problem="gamma")


# Files that cannot be run ------------------------------------------------------------------------


def test_a_file_that_does_not_parse_is_told_once_and_for_every_check(make_pset: MakePset) -> None:
    report = graded(make_pset(), "def double(x:\n    return x")
    (problem,) = report.problems
    assert problem.message.startswith(
        "doubling.py is not valid Python on line 1: def double(x: ('(' was never"
    )
    assert {(check.verdict, check.message) for check in problem.checks} == {(Verdict.ERROR, problem.message)}


def test_a_file_that_ends_the_process_when_loaded_is_an_error_everywhere(make_pset: MakePset) -> None:
    report = graded(make_pset(), "import os\nos._exit(0)")
    assert set(verdicts(report).values()) == {"error"}
    assert "ended the Python process" in report.problems[0].message


def test_a_forbidden_name_is_found_before_anything_is_run(make_pset: MakePset) -> None:
    toml = 'title = "T"\npoints = 5\nruntime = "numpy"\nforbidden = ["numpy.add"]\n'
    pset = make_pset(doubling={"problem.toml": toml})
    report = graded(pset, "import numpy as np\nx = np.add(1, 2)", backend=Counting(refuse=True))
    assert set(verdicts(report).values()) == {"forbidden"}
    assert "line 2 uses numpy.add" in report.problems[0].message
    assert report.score == 0


def test_a_byte_order_mark_and_other_line_ends_change_nothing(make_pset: MakePset, right: bytes) -> None:
    pset = make_pset()
    for content in (b"\xef\xbb\xbf" + right, right.replace(b"\n", b"\r\n"), right.replace(b"\n", b"\r")):
        assert graded(pset, content).score == 5.0
    toml = 'title = "T"\npoints = 5\nruntime = "numpy"\nforbidden = ["numpy.add"]\n'
    pset = make_pset("strict", doubling={"problem.toml": toml})
    assert set(verdicts(graded(pset, b"\xef\xbb\xbfimport numpy\nnumpy.add\n")).values()) == {"forbidden"}


def test_an_empty_file_is_graded(make_pset: MakePset) -> None:
    report = graded(make_pset(), b"")
    assert (
        by_name(report)["doubled"].message
        == "double is not defined in doubling.py. Keep the names of the starter."
    )


# Crashes and limits ------------------------------------------------------------------------------

FOUR = checks(
    hidden("first", "expect.equal(student.first(), 1, what='it')", 1),
    hidden("second", "expect.equal(student.second(), 2, what='it')", 1, ", time_limit=0.7"),
    hidden("third", "expect.equal(student.third(), 3, what='it')", 1),
    hidden("fourth", "expect.equal(student.fourth(), 4, what='it')", 2),
)
ANSWERS = "def first(): return 1\ndef third(): return 3\ndef fourth(): return 4\n"
QUIET = checks('@check("Nothing")\ndef nothing(student, reference, rng): pass\n')
FOUR_FILES = {
    "reference.py": f"{ANSWERS}def second(): return 2\n",
    "checks/public.py": QUIET,
    "checks/hidden.py": FOUR,
}


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        ("import os; os._exit(1)", "error"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "error"),
        ("import sys; sys.exit(0)", "error"),
        ("while True: pass", "time limit"),
        ("import time; time.sleep(60)", "time limit"),
        ("while True: print('x' * 1000)", "output limit"),
        ("raise MemoryError", "memory limit"),
        ("raise KeyboardInterrupt", "error"),
        ("return 3", "failed"),
        ("return {object(): 1}", "error"),
        ("1 / 0", "error"),
    ],
)
def test_whatever_happens_in_one_check_costs_only_that_check(
    make_pset: MakePset, second: str, verdict: str
) -> None:
    report = graded(make_pset(doubling=FOUR_FILES), f"{ANSWERS}def second():\n    {second}\n")
    assert verdicts(report) == {
        "nothing": "passed", "first": "passed", "second": verdict, "third": "passed", "fourth": "passed",
    }  # fmt: skip
    assert report.score == 4.0


def test_the_time_limit_is_for_all_calls_of_a_check_together(make_pset: MakePset) -> None:
    text = checks(
        hidden("short", "student.rest(0.2); student.rest(0.2)", 2, ", time_limit=1.5"),
        hidden("long", "[student.rest(0.4) for _ in range(6)]", 3, ", time_limit=1.5"),
    )
    files = {"reference.py": "def rest(s): pass\n", "checks/public.py": QUIET, "checks/hidden.py": text}
    report = graded(make_pset(doubling=files), "import time\ndef rest(s): time.sleep(s)")
    assert verdicts(report) == {"nothing": "passed", "short": "passed", "long": "time limit"}
    assert "longer than the 1.5 s this check allows" in by_name(report)["long"].message


def test_time_that_the_check_itself_takes_is_not_the_students(make_pset: MakePset) -> None:
    body = "import time; student.one(); time.sleep(1.0); student.one()"
    files = {
        "reference.py": "def one(): return 1\n",
        "checks/public.py": QUIET,
        "checks/hidden.py": checks(hidden("slow", body, 5, ", time_limit=0.9")),
    }
    assert graded(make_pset(doubling=files), "def one(): return 1").score == 5.0


def test_the_problems_time_limit_holds_where_a_check_has_none(make_pset: MakePset) -> None:
    toml = 'title = "T"\npoints = 5\nruntime = "numpy"\n[limits]\ntime_seconds = 0.5\n'
    report = graded(
        make_pset(doubling={"problem.toml": toml}),
        "import time\ndef double(x): time.sleep(9)\ndef shift(x, by): pass",
    )
    assert "longer than the 0.5 s" in by_name(report)["doubled"].message


# Fresh starts ------------------------------------------------------------------------------------


def test_the_file_is_loaded_anew_for_each_check_and_so_is_the_reference(make_pset: MakePset) -> None:
    counter = "count = 0\ndef bump():\n    global count\n    count += 1\n    return count\n"
    body = "expect.equal(student.bump(), reference.bump(), what='the count')"
    text = checks(hidden("one", f"{body}; {body}", 2), hidden("two", body, 3))
    files = {"reference.py": counter, "checks/public.py": QUIET, "checks/hidden.py": text}
    assert verdicts(graded(make_pset(doubling=files), counter)) == {
        "nothing": "passed",
        "one": "passed",
        "two": "passed",
    }


def test_what_a_reference_draws_does_not_depend_on_the_checks_before(make_pset: MakePset) -> None:
    draws = "import numpy as np\ndef draw(): return np.random.rand()\n"
    text = "SEEN = []\n" + checks(
        hidden("one", "SEEN.append(reference.draw()); reference.draw()", 2),
        hidden("two", "expect.equal(reference.draw(), SEEN[0], what='it')", 3),
    )
    files = {"reference.py": draws, "checks/public.py": QUIET, "checks/hidden.py": text}
    assert graded(make_pset(doubling=files), b"").score == 5.0


def test_a_check_with_a_sandbox_of_its_own_meets_nothing_of_the_last(make_pset: MakePset) -> None:
    source = "import builtins\ndef leave(): builtins.left = 1\ndef find(): return hasattr(builtins, 'left')\n"
    text = checks(
        hidden("leave", "student.leave()", 1),
        hidden("own", "expect.equal(student.find(), False, what='it')", 4, ", fresh_sandbox=True"),
    )
    files = {"reference.py": source, "checks/public.py": QUIET, "checks/hidden.py": text}
    backend = Counting()
    assert graded(make_pset(doubling=files), source, backend=backend).score == 5.0
    assert len(backend.started) == 2


def test_each_problem_has_a_sandbox_of_its_own(make_pset: MakePset, right: bytes) -> None:
    backend = Counting()
    graded(make_pset(alpha={}, beta={}), files={"alpha.py": right, "beta.py": right}, backend=backend)
    assert len(backend.started) == 2


def test_support_is_there_for_both_sides(make_pset: MakePset) -> None:
    solution = "import support\ndef double(x): return support.twice(x)\ndef shift(x, by): return x + by\n"
    pset = make_pset(doubling={"support.py": "def twice(x): return 2 * x\n", "reference.py": solution})
    assert graded(pset, solution).score == 5.0


# CPU time ----------------------------------------------------------------------------------------


def test_a_guest_whose_cpu_time_could_run_out_is_replaced_before_a_check(make_pset: MakePset) -> None:
    (problem,) = make_pset().problems
    files = problem.files_with("def double(x): return x")
    for cpu_seconds, starts in ((120, 1), (31, 3)):
        backend = Counting()
        short = replace(problem, limits=replace(problem.limits, cpu_seconds=cpu_seconds))
        with GuestKeeper(backend, short, files) as keeper:
            for _ in range(3):
                assert keeper.module(0, 1.0).double(3) == 3
        assert len(backend.started) == starts


def test_a_check_that_may_take_long_has_the_cpu_time_for_it(make_pset: MakePset) -> None:
    (problem,) = make_pset().problems
    backend = Counting()
    with GuestKeeper(backend, problem, problem.files_with("")) as keeper:
        keeper.module(0, 300.0)
        keeper.module(0, 300.0)
    assert [spec.limits.cpu_seconds for spec in backend.started] == [330, 330]
    assert backend.started[0].limits.memory_bytes == problem.limits.memory_bytes


# Broken checks and odd answers -------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "undefined_name",
        "raise RuntimeError('a bug')",
        "assert False",
        "student.double(np.zeros(2)).nothing",
        "reference.nothing()",
        "reference.double()",
        "student.double(object())",
        "import nowhere_to_be_found",
        "next(iter([]))",
    ],
)
def test_a_check_that_fails_on_the_reference_itself_is_the_packages_fault(
    make_pset: MakePset, body: str
) -> None:
    pset = make_pset(doubling={"checks/hidden.py": checks(hidden("broken", body))})
    with pytest.raises(PackageError, match=r"broken fails on the reference itself") as caught:
        graded(pset, "def double(x): return [x]")
    assert caught.value.path.name == "checks"


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ("None", "student.double(np.zeros(2)).shape"),
        ("3.0", "student.double(np.zeros(2))[0]"),
        ("(1, 2, 3)", "a, b = student.double(np.zeros(2)), 1; c, d = a"),
        ("'text'", "student.double(np.zeros(2)) / 2"),
        ("x[:0]", "assert student.double(np.zeros(2)).max() == 0"),
        ("x", "assert False if student.double(np.ones(2)).sum() == 2 else True"),
        ("x", "reference.double(None) if student.double(np.ones(2)).sum() == 2 else 0"),
        ("iter([])", "next(iter(student.double(np.zeros(2))))"),
        ("x", "undefined if student.double(np.ones(2)).sum() == 2 else 0"),
    ],
)
def test_an_answer_that_a_check_cannot_take_apart_is_wrong(
    make_pset: MakePset, answer: str, body: str
) -> None:
    pset = make_pset(doubling={"checks/hidden.py": checks(hidden("odd", body))})
    report = graded(pset, f"def double(x): return {answer}")
    assert by_name(report)["odd"].verdict in (Verdict.FAILED, Verdict.ERROR)
    assert report.score == 0


def test_torchs_complaint_about_an_odd_answer_is_no_fault_of_the_package(make_pset: MakePset) -> None:
    pytest.importorskip("torch")
    body = "import torch; torch.from_numpy(student.double(np.ones(2))) + torch.ones(2)"
    pset = make_pset(doubling={"checks/hidden.py": checks(hidden("odd", body))})
    report = graded(pset, "import numpy as np\ndef double(x): return np.ones(3)")
    assert by_name(report)["odd"].verdict is Verdict.FAILED
    assert by_name(report)["odd"].message.startswith("Your code returned something of an unexpected form.")
    assert "RuntimeError" in by_name(report)["odd"].detail


def test_an_operating_systems_error_in_a_check_decides_nothing(make_pset: MakePset) -> None:
    body = "open('/nowhere/at/all')"
    pset = make_pset(doubling={"checks/hidden.py": checks(hidden("disk", body))})
    with pytest.raises(FileNotFoundError):
        graded(pset, b"")


def test_a_reference_that_does_not_load_is_the_packages_fault(make_pset: MakePset, right: bytes) -> None:
    with pytest.raises(PackageError, match=r"reference.py: cannot be loaded"):
        graded(make_pset(doubling={"reference.py": "1/0"}), right)


def test_a_sandbox_that_cannot_be_had_decides_nothing(make_pset: MakePset, right: bytes) -> None:
    with pytest.raises(SandboxStartError):
        graded(make_pset(), right, backend=Counting(refuse=True))


# Instances ---------------------------------------------------------------------------------------

SIGNS = checks(
    hidden(
        "sign",
        "x = rng.normal(); expect.equal(student.double(x), reference.double(x), what='it')",
        5,
        ", instances=16",
    )
)
POSITIVE_ONLY = "def double(x): return 2 * x if x > 0 else x"


def test_a_fixed_instance_can_be_chosen_and_all_of_them(make_pset: MakePset) -> None:
    pset = make_pset(doubling={"checks/hidden.py": SIGNS})
    alone = [by_name(graded(pset, POSITIVE_ONLY, instance=n))["sign"] for n in range(16)]
    passed = [check.verdict is Verdict.PASSED for check in alone]
    assert [check.instance for check in alone] == list(range(16))
    assert 0 < sum(passed) < 16
    assert by_name(graded(pset, POSITIVE_ONLY, instance=17))["sign"] == alone[1]
    everything = by_name(graded(pset, POSITIVE_ONLY, instance="all"))["sign"]
    assert everything.verdict is Verdict.FAILED
    assert everything.instance == passed.index(False)
    assert by_name(graded(pset, "def double(x): return x + x", instance="all"))["sign"].instance == 15


def test_the_key_chooses_the_instance(make_pset: MakePset) -> None:
    pset = make_pset(doubling={"checks/hidden.py": SIGNS})
    chosen = [by_name(graded(pset, POSITIVE_ONLY, key=bytes([n])))["sign"].instance for n in range(8)]
    assert len(set(chosen)) > 2
    assert by_name(graded(pset, POSITIVE_ONLY, key=bytes([3])))["sign"].instance == chosen[3]


def test_equal_submissions_give_equal_reports(make_pset: MakePset) -> None:
    source = "import random\nimport numpy as np\ndef double(x): return x + random.random() + np.random.rand()"
    pset = make_pset()
    first, second = graded(pset, source), graded(pset, source)
    assert first == second
    assert first.model_dump_json() == second.model_dump_json()
    assert GradeReport.model_validate_json(first.model_dump_json()) == first
    assert by_name(graded(pset, source, key=b"another"))["doubled"].detail != by_name(first)["doubled"].detail


# What is told ------------------------------------------------------------------------------------

TALKING = "def double(x):\n    print('x is', x)\n    raise ValueError(f'x was {x.sum()}')"


def test_the_students_copy_shows_prints_and_numbers_only_of_public_checks(make_pset: MakePset) -> None:
    report = graded(make_pset(), TALKING)
    staff, student = by_name(report), by_name(report.for_student())
    assert "x is" in staff["doubled"].printed
    assert "x was" in staff["doubled"].detail
    assert staff["doubled"].instance is not None
    assert student["doubled"].message == "double raised a ValueError on line 3 of doubling.py."
    assert (student["doubled"].printed, student["doubled"].detail, student["doubled"].instance) == (
        "",
        "",
        None,
    )
    assert "x is" in student["example"].printed
    assert "x was" in student["example"].message
    assert student["doubled"].visibility is Visibility.HIDDEN
    shown = student["doubled"].model_dump_json(exclude={"counterexample"})
    assert "x is" not in shown
    assert "x was" not in shown
    assert student["doubled"].counterexample is not None  # on inputs that are no secret
    assert "ValueError: x was" in student["doubled"].counterexample.got


def test_progress_is_told_in_the_students_words_the_public_checks_first(make_pset: MakePset) -> None:
    events: list[GradeEvent] = []
    graded(make_pset(alpha={}, beta={}), TALKING, on_event=events.append)
    assert [(e.kind, e.problem, e.index, e.total, e.check and e.check.name) for e in events] == [
        (EventKind.PROBLEM_STARTED, "alpha", 0, 3, None),
        (EventKind.CHECK_FINISHED, "alpha", 0, 3, "example"),
        (EventKind.CHECK_FINISHED, "alpha", 1, 3, "doubled"),
        (EventKind.CHECK_FINISHED, "alpha", 2, 3, "shifted"),
        (EventKind.PROBLEM_STARTED, "beta", 0, 3, None),
        (EventKind.CHECK_FINISHED, "beta", 0, 3, "example"),
        (EventKind.CHECK_FINISHED, "beta", 1, 3, "doubled"),
        (EventKind.CHECK_FINISHED, "beta", 2, 3, "shifted"),
    ]
    doubled = events[2].check
    assert doubled is not None
    assert (doubled.printed, doubled.detail) == ("", "")


def test_time_and_memory_are_told_beside_the_report(make_pset: MakePset, right: bytes) -> None:
    used: dict[str, Measurement] = {}
    pset = make_pset(alpha={}, beta={})
    graded(pset, right, on_measurement=lambda name, measurement: used.update({name: measurement}))
    assert set(used) == {"alpha"}
    assert 0 < used["alpha"].wall_seconds < 60


def test_the_environment_tells_backend_versions_and_what_is_not_enforced(
    make_pset: MakePset, right: bytes
) -> None:
    import numpy as np

    environment = graded(make_pset(), right).environment
    assert environment.backend == "subprocess"
    assert environment.versions["numpy"] == np.__version__
    assert "network" in environment.not_enforced
    assert environment.digest == graded(make_pset("pset2"), right).environment.digest
