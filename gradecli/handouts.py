"""Unpacks a problem set's handout into the student's folder.

Two promises. Nothing is ever written outside that folder, whatever the server sends. And a file
that the student has changed is never overwritten, unless they ask for it; then theirs is kept
beside the new one. To know what was changed, the folder remembers what was handed out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from gradecli import messages
from gradecli.errors import BadInputError, PlatformError
from gradecli.home import replace_file

__all__ = ["Origin", "Unpacked", "origin_of", "read_handout", "sha256", "unpack"]

_ORIGIN = PurePosixPath(".gradecli/origin.json")


class Origin(BaseModel):
    """Where a folder came from, kept in it. ``files``: path to SHA-256 of what was handed out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: str
    course: str
    pset: str
    files: dict[str, str] = {}


@dataclass
class Unpacked:
    """What became of the handout's files, by their paths in the folder."""

    written: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)
    """Path to the backup of the student's version."""


def origin_of(folder: Path) -> Origin | None:
    """Where ``folder`` came from, or ``None`` when ``gradecli start`` did not make it."""
    try:
        return Origin.model_validate_json((folder / _ORIGIN).read_bytes())
    except (OSError, ValidationError):
        return None


def read_handout(content: bytes, pset: str) -> dict[PurePosixPath, bytes]:
    """The handout's files by their paths inside the problem set's folder.

    Raises:
        PlatformError: it is not a handout of ``pset``, or not one to be unpacked.
    """
    from gradecli import archives  # and with it the grader, which takes a while to import

    try:
        files = archives.read_all(content)
    except archives.ArchiveError as error:
        raise PlatformError(messages.handout_refused(str(error))) from error
    inside: dict[PurePosixPath, bytes] = {}
    for path, data in files.items():
        if path.parts[0] != pset or len(path.parts) < 2:
            raise PlatformError(
                messages.handout_refused(f"{str(path)!r} is not inside a folder called {pset}")
            )
        inside[PurePosixPath(*path.parts[1:])] = data
    if not inside or _ORIGIN in inside:
        raise PlatformError(messages.handout_refused("it is not a problem set's handout"))
    return inside


def unpack(
    files: dict[PurePosixPath, bytes], folder: Path, origin: Origin, *, force: bool = False
) -> Unpacked:
    """Write ``files`` into ``folder``, made where needed; nothing is written before all is looked at.

    Raises:
        BadInputError: something that is not a plain file or folder is in the way.
        OSError: the system does not let us write there.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInputError(messages.in_the_way(str(folder), "a file"))
    for path in (*files, _ORIGIN):
        _refuse_what_is_in_the_way(folder, path)
    before = origin_of(folder)
    given = before.files if before else {}
    unpacked = Unpacked()
    for path, content in files.items():
        name, target = str(path), folder / path
        current = target.read_bytes() if target.exists() else None
        if current == content:
            continue
        changed_by_student = current is not None and sha256(current) != given.get(name)
        if changed_by_student and not force:
            unpacked.kept.append(name)
            continue
        if changed_by_student and current is not None:
            backup = _unused_name(target)
            replace_file(backup, current, private=False)
            unpacked.replaced[name] = backup.name
        replace_file(target, content, private=False)
        unpacked.written.append(name)
    handed_out = {str(path): sha256(content) for path, content in files.items()}
    # For a file kept as the student has it, what they started from stays what it was.
    handed_out |= {name: given[name] for name in unpacked.kept if name in given}
    made = origin.model_copy(update={"files": handed_out})
    replace_file(folder / _ORIGIN, made.model_dump_json(indent=2).encode() + b"\n", private=False)
    return unpacked


def _refuse_what_is_in_the_way(folder: Path, path: PurePosixPath) -> None:
    for parent in reversed(path.parents[:-1]):
        place = folder / parent
        # A link to a folder elsewhere would carry the file out of the student's folder.
        if place.is_symlink():
            raise BadInputError(messages.in_the_way(str(place), "a link"))
        if place.exists() and not place.is_dir():
            raise BadInputError(messages.in_the_way(str(place), "a file"))
    target = folder / path
    if target.is_symlink():
        raise BadInputError(messages.in_the_way(str(target), "a link"))
    if target.exists() and not target.is_file():
        raise BadInputError(messages.in_the_way(str(target), "a folder"))


def _unused_name(target: Path) -> Path:
    for number in range(1, 1000):
        backup = target.with_name(f"{target.name}.mine-{number}")
        if not backup.exists():
            return backup
    raise BadInputError(messages.in_the_way(str(target), "kept in 999 copies already"))


def sha256(content: bytes) -> str:
    """A file's fingerprint, as :class:`Origin` keeps it."""
    return hashlib.sha256(content).hexdigest()
