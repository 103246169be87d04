"""The name of a submission's content."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

__all__ = ["submission_digest"]


def submission_digest(files: Mapping[str, bytes]) -> str:
    """A hash of the files, by problem: what :attr:`grader.Submission.digest` is for the same files."""
    total = sha256()
    for problem in sorted(files):
        total.update(f"{problem}\0".encode() + sha256(files[problem]).digest())
    return total.hexdigest()
