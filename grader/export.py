"""Builds what a student downloads: starters, handouts and public checks, and nothing that is hidden.

::

    pset1/README.md                       the set, its problems, and what to do
    pset1/linear_softmax.py               the starter
    pset1/linear_softmax.md               the handout
    pset1/support.py                      where the set has one
    pset1/.gradecli/pset.json             what `gradecli check` and `gradecli submit` need to know
    pset1/.gradecli/linear_softmax/       the public checks with recorded answers
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Final

from grader.authoring import Random
from grader.errors import PackageError
from grader.instances import public_seed
from grader.loading import load_checks
from grader.package import Problem, ProblemSet, load_pset
from grader.recording import Exchange, RecordingSession, exchanges_to_json
from grader.report import Visibility
from sandbox import InProcessSession, load

__all__ = ["FOLDER", "build_handout"]

FOLDER: Final = ".gradecli"
_EPOCH: Final = (2020, 1, 1, 0, 0, 0)  # equal sets give equal archives


def build_handout(pset: ProblemSet) -> bytes:
    """The zip a student downloads.

    Raises:
        PackageError: a public check does not pass on the reference, or the package is broken.
    """
    files = {"README.md": _readme(pset), f"{FOLDER}/pset.json": _description(pset)}
    for problem in pset.problems:
        files[problem.file_name] = problem.text("starter.py")
        files[f"{problem.name}.md"] = problem.text("handout.md")
        own = f"{FOLDER}/{problem.name}"
        files[f"{own}/checks/public.py"] = problem.text("checks/public.py")
        files[f"{own}/expected.json"] = exchanges_to_json(_record(problem))
        if (support := problem.support()) is not None:
            files[f"{own}/support.py"] = support
            if files.setdefault("support.py", support) != support:
                raise PackageError(
                    problem.folder / "support.py", "differs from another problem's in this set"
                )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{pset.name}/{name}", _EPOCH)
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _record(problem: Problem) -> dict[str, tuple[Exchange, ...]]:
    """What the reference answers in each public check, which must pass on it."""
    recordings = {}
    for check, visibility in load_checks(problem):
        if visibility is not Visibility.PUBLIC:
            continue
        files = problem.files_with(problem.text("reference.py"))
        with InProcessSession() as one, InProcessSession() as other:
            recorder = RecordingSession(other)
            student = load(one, files, problem.file_name)
            reference = load(recorder, files, problem.file_name)
            try:
                check.run(student, reference, Random(public_seed(problem.name, check.name)))
            except Exception as error:
                raise PackageError(
                    problem.folder / "checks" / "public.py", f"{check.name} fails on the reference: {error}"
                ) from error
        recordings[check.name] = tuple(recorder.exchanges)
    return recordings


def _description(pset: ProblemSet) -> str:
    problems = [
        {
            "name": problem.name,
            "title": problem.title,
            "points": problem.points,
            "runtime": str(problem.runtime),
            "digest": problem.digest,
            "memory_bytes": problem.limits.memory_bytes,
            "time_seconds": problem.time_seconds,
            "forbidden": {name: problem.instead.get(name, "") for name in problem.forbidden},
        }
        for problem in pset.problems
    ]
    described = {"name": pset.name, "title": pset.title, "digest": pset.digest, "problems": problems}
    return json.dumps(described, indent=1)


def _readme(pset: ProblemSet) -> str:
    lines = [f"# {pset.title}", "", pset.description.strip(), ""]
    for problem in pset.problems:
        hours = f", about {problem.estimated_hours:g} hours" if problem.estimated_hours else ""
        lines.append(
            f"- **{problem.title}**, {problem.points:g} points{hours}: "
            f"read `{problem.name}.md`, write `{problem.file_name}`"
        )
    lines += ["", "In this folder:", "", "```", "gradecli check", "gradecli submit", "```", ""]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """``python -m grader.export PSET_FOLDER OUTPUT_ZIP``"""
    folder, output = map(Path, arguments)
    try:
        output.write_bytes(build_handout(load_pset(folder)))
    except PackageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
