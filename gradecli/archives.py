"""The files of a handout's zip, judged as something that will be written to a student's disk.

Reading and judging zips is :mod:`grader.intake`'s, for everybody. On top of that a handout has only the
plainest names, because they become files here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from grader.intake import ArchiveError, open_archive, same_everywhere, shown

__all__ = ["ArchiveError", "read_all"]

MOST_FILES = 1_000
LARGEST_FILE = 8 * 2**20
LARGEST_TOTAL = 32 * 2**20

# Letters, digits and . _ - only: nothing that any system reads as more than a name. No leading
# dash (an option, to a shell) and no trailing dot (Windows drops it, and meets another file).
_PLAIN_NAME = re.compile(r"(?!-)[A-Za-z0-9._-]{1,100}(?<!\.)", re.ASCII)


def read_all(content: bytes) -> dict[PurePosixPath, bytes]:
    """Every file of a zip, by its path.

    Raises:
        ArchiveError: any entry is other than a plain file or folder at a plain relative path, two
            names are the same where case does not count, or it holds more than is reasonable.
    """
    archive = open_archive(content)
    if len(archive.members) > MOST_FILES:
        raise ArchiveError(f"it holds more than {MOST_FILES} files")
    for member in archive.members:
        if len(member.path) > 200 or not all(map(_PLAIN_NAME.fullmatch, member.path.split("/"))):
            raise ArchiveError(f"it has a name that is not allowed: {shown(member.path)}")
    files = {PurePosixPath(member.path): member for member in archive.members}
    _refuse_folders_that_collide(files)
    if sum(member.size for member in archive.members) > LARGEST_TOTAL:
        raise ArchiveError(f"it unpacks to more than {LARGEST_TOTAL // 2**20} MiB")
    return {path: archive.read(member, LARGEST_FILE) for path, member in files.items()}


def _refuse_folders_that_collide(paths: Collection[PurePosixPath]) -> None:
    spelling = {same_everywhere(str(path)): str(path) for path in paths}
    for path in paths:
        for parent in map(str, path.parents[:-1]):
            if spelling.setdefault(f"{same_everywhere(parent)}/", parent) != parent:
                raise ArchiveError(f"{shown(parent)} in it is another folder's name on some systems")
            if same_everywhere(parent) in spelling:
                raise ArchiveError(f"{shown(parent)} in it is both a file and a folder")
