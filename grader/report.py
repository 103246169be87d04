"""The grade report: what a submission earned, check by check. It has two readers.

A report is made once, complete, for staff. :meth:`GradeReport.for_student` is the only way to
make the student's copy, and leaves out what a hidden check must keep to itself.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

__all__ = [
    "CheckResult",
    "Counterexample",
    "Diagnosis",
    "Flag",
    "GradeReport",
    "Measurement",
    "ProblemReport",
    "Verdict",
    "Visibility",
]


class Verdict(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIME_LIMIT = "time limit"
    MEMORY_LIMIT = "memory limit"
    OUTPUT_LIMIT = "output limit"
    FORBIDDEN = "forbidden"
    SKIPPED = "skipped"
    INTERNAL_ERROR = "internal error"


class Visibility(StrEnum):
    """Whether students have the check itself."""

    PUBLIC = "public"
    HIDDEN = "hidden"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measurement(_Frozen):
    """Time and memory of one problem's sandboxes: beside the report, never part of a verdict."""

    wall_seconds: float
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None


class Diagnosis(_Frozen):
    """The known mistake that a failed answer makes: its name in the package, and its sentence."""

    mistake: str
    sentence: str


class Counterexample(_Frozen):
    """A small failing example on inputs that no check uses: lines to paste, and both answers.

    ``code`` ends with the expression that goes wrong; ``got`` and ``right`` are what it gives and what it
    should give, as Python shows them.
    """

    code: str
    got: str
    right: str


class CheckResult(_Frozen):
    """One check's outcome. ``message`` is for the student; ``detail`` and ``printed`` for staff
    (and, on a public check, for the student too).

    ``signature``, for staff, is alike for answers that are wrong in the same way (:mod:`grader.diagnosis`).
    """

    name: str
    title: str
    visibility: Visibility
    verdict: Verdict
    score: float
    max_score: float
    message: str = ""
    detail: str = ""
    printed: str = ""
    instance: int | None = None
    diagnosis: Diagnosis | None = None
    counterexample: Counterexample | None = None
    signature: tuple[float, ...] = ()

    def for_student(self) -> CheckResult:
        if self.visibility is Visibility.PUBLIC:
            return self
        return self.model_copy(update={"detail": "", "printed": "", "instance": None, "signature": ()})


class Flag(_Frozen):
    """A forbidden name that the student's code called while it ran, under whatever alias, and how often.

    The student's own process says so: a reason for staff to look at the file, and never points.
    """

    name: str
    calls: int


class ProblemReport(_Frozen):
    """One problem of the set. ``digest`` names the exact version of the problem's files; ``flags`` are
    for staff."""

    name: str
    title: str
    score: float
    max_score: float
    digest: str
    runtime: str
    message: str = ""
    checks: tuple[CheckResult, ...]
    flags: tuple[Flag, ...] = ()

    def for_student(self) -> ProblemReport:
        checks = tuple(check.for_student() for check in self.checks)
        return self.model_copy(update={"checks": checks, "flags": ()})


class Environment(_Frozen):
    """Where the submission ran: its backend, library versions, and the limits not enforced there."""

    backend: str
    versions: dict[str, str]
    not_enforced: tuple[str, ...] = ()
    digest: str


class GradeReport(_Frozen):
    """A graded submission. Equal for equal (submission, problem versions, environment)."""

    pset: str
    title: str
    score: float
    max_score: float
    submission_digest: str
    environment: Environment
    problems: tuple[ProblemReport, ...]

    def for_student(self) -> GradeReport:
        return self.model_copy(update={"problems": tuple(p.for_student() for p in self.problems)})
