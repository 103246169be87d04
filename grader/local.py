"""Runs the public checks of a downloaded set on the student's own machine, with no server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from grader.answers import SandboxAnswers
from grader.composing import report_of
from grader.errors import BadSubmissionError, PackageError
from grader.export import FOLDER
from grader.grading import grade_problem
from grader.loading import LoadedCheck, read_checks
from grader.package import Problem, ProblemSet
from grader.recording import exchanges_from_json
from grader.references import RecordedReference
from grader.report import GradeReport, Visibility
from grader.submission import Submission, submission_digest
from sandbox import Limits, Runtime, find

__all__ = ["check_folder", "read_downloaded"]


def read_downloaded(folder: Path) -> ProblemSet:
    """The set that ``folder`` was downloaded as.

    Raises:
        BadSubmissionError: it was not made by ``gradecli start``, or its files were changed.
    """
    path = folder / FOLDER / "pset.json"
    try:
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        problems = tuple(_problem(entry, folder / FOLDER / entry["name"]) for entry in table["problems"])
        return ProblemSet(table["name"], table["title"], "", folder, problems, table["digest"])
    except FileNotFoundError as error:
        raise BadSubmissionError(
            f"{folder} is not a problem set's folder. Get one with `gradecli start`, and run this inside it."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadSubmissionError(
            f"{path} was changed and cannot be read. Get it back with `gradecli start`; your files are kept."
        ) from error


def check_folder(folder: Path, sources: Mapping[str, bytes] | None = None) -> GradeReport:
    """The public checks' results on the files in ``folder``: no points, the same sentences.

    ``sources``: what to check by problem, where it is not what lies in ``folder``.

    Raises:
        BadSubmissionError: the folder cannot be checked; the message says what to do.
        InfrastructureError: a library that a problem needs is not installed here.
    """
    pset = read_downloaded(folder)
    if sources is None:
        submission = Submission.read(folder, pset)
    else:
        submission = Submission(dict(sources), submission_digest(sources))
    backend = find("subprocess")
    key = hashlib.sha256(submission.digest.encode()).digest()
    open_answers = partial(SandboxAnswers, backend=backend, key=key, instance=None)
    graded = []
    for problem in pset.problems:
        try:
            checks = read_checks(problem.folder / "checks" / "public.py")
            recorded = exchanges_from_json(problem.text("expected.json"))
        except (PackageError, OSError, ValueError) as error:
            raise BadSubmissionError(
                f"The public checks of {problem.name} cannot be read. Get them back with `gradecli start`; "
                "your files are kept."
            ) from error
        loaded = tuple(LoadedCheck(check, Visibility.PUBLIC) for check in checks)
        content = submission.files.get(problem.name)
        references = RecordedReference(recorded)
        graded.append(grade_problem(problem, loaded, references, content, open_answers, lambda _event: None))
    not_enforced = tuple(map(str, backend.enforcement().not_enforced))
    report = report_of(pset, submission, graded, backend.name, not_enforced)
    # The hidden checks earn the points, and flags are for staff.
    return report.for_student().model_copy(update={"score": 0.0, "max_score": 0.0})


def _problem(entry: dict[str, Any], folder: Path) -> Problem:
    forbidden = entry["forbidden"]
    if isinstance(forbidden, list):  # downloaded before there was anything to say beside a name
        forbidden = dict.fromkeys(forbidden, "")
    return Problem(
        name=entry["name"],
        title=entry["title"],
        points=float(entry["points"]),
        runtime=Runtime(entry["runtime"]),
        folder=folder,
        digest=entry["digest"],
        instance_seed=b"",
        limits=Limits(memory_bytes=int(entry["memory_bytes"])),
        time_seconds=float(entry["time_seconds"]),
        forbidden=tuple(forbidden),
        instead={name: instead for name, instead in dict(forbidden).items() if instead},
    )
