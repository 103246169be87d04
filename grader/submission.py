"""A submission: one text file for each problem that was attempted, named after the problem."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import BadSubmissionError
from grader.intake import HandedIn, UploadedFile, read_arrivals, take_in
from grader.package import ProblemSet

__all__ = ["Submission", "submission_digest"]


def submission_digest(files: Mapping[str, bytes]) -> str:
    """The name of a submission's content: a hash of its files by problem name."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\0".encode() + hashlib.sha256(files[name]).digest())
    return total.hexdigest()


@dataclass(frozen=True, slots=True)
class Submission:
    """The files of a submission by problem name, each checked to be text of a sane size.

    ``digest`` is a hash of names and contents: equal files give an equal digest.
    """

    files: Mapping[str, bytes]
    digest: str

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], pset: ProblemSet) -> Submission:
        """From file names and contents; files that belong to no problem of the set are refused.

        Raises:
            BadSubmissionError: a name is unknown, nothing is left, or a file is not Python text.
        """
        names = [problem.name for problem in pset.problems]
        arrived = [UploadedFile(name, content) for name, content in files.items()]
        if other := next((file for file in arrived if not file.is_source_of(names)), None):
            raise BadSubmissionError(
                f"{other.name} is not a file of {pset.name}; it takes {', '.join(f'{n}.py' for n in names)}."
            )
        return cls.taken(take_in(arrived, names), names)

    @classmethod
    def read(cls, path: Path, pset: ProblemSet, problem: str | None = None) -> Submission:
        """From a folder, a ``.zip``, a notebook, or (with ``problem``) a single file of any name.

        Other files in a folder or zip are left alone.

        Raises:
            BadSubmissionError: there is nothing to grade, or a file cannot be taken.
        """
        names = [one.name for one in pset.problems]
        wanted = names if problem is None else [pset.problem(problem).name]
        arrived = read_arrivals(path, names)
        if problem is not None and path.is_file() and not arrived[0].is_zip:
            arrived = [UploadedFile(problem + path.suffix.lower(), arrived[0].content)]
        elif not arrived:
            raise BadSubmissionError(f"{path} holds none of {', '.join(f'{name}.py' for name in wanted)}.")
        return cls.taken(take_in(arrived, names), wanted)

    @classmethod
    def taken(cls, handed_in: HandedIn, wanted: Sequence[str]) -> Submission:
        """From what was handed in, the problems in ``wanted`` of it.

        Raises:
            BadSubmissionError: none of them was.
        """
        files = {name: source for name, source in handed_in.files.items() if name in wanted}
        if not files:
            raise BadSubmissionError(f"Nothing was handed in for {', '.join(wanted)}.")
        return cls(files, submission_digest(files))
