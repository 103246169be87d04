"""From what a student handed in to the source of each problem: the one place where that is decided."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from grader.errors import BadSubmissionError, TooLargeSubmissionError
from grader.intake.archives import ArchiveError, ArchiveTooLargeError, open_archive
from grader.intake.names import fault_in_path, same_everywhere, shown, spelled
from grader.intake.notebooks import may_concern, sources_in

__all__ = [
    "LARGEST_ARRIVAL",
    "LARGEST_SOURCE",
    "HandedIn",
    "UploadedFile",
    "only_what_concerns",
    "take_in",
]

LARGEST_SOURCE: Final = 256 * 1024
"""Bytes of one problem's source."""
LARGEST_SOURCES: Final = 1024 * 1024
MAX_UPLOADED_NAME: Final = 120
LARGEST_ARRIVAL: Final = 4 * 2**20
"""Bytes of all that is handed in at once; notebooks carry their pictures with them."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file as it arrived; the name is whatever the client claimed."""

    name: str
    content: bytes = field(repr=False)

    @property
    def stem(self) -> str:
        return spelled(self.name).rpartition(".")[0]

    @property
    def is_zip(self) -> bool:
        return self.name.lower().endswith(".zip")

    @property
    def is_notebook(self) -> bool:
        return self.name.lower().endswith(".ipynb")

    def is_source_of(self, problems: Sequence[str]) -> bool:
        """Whether it is called what the source of one of the problems is called."""
        return self.name.endswith(".py") and self.stem in problems


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What is graded: source by problem. ``originals``: the zips and notebooks that it was taken out of."""

    files: Mapping[str, bytes]
    originals: tuple[UploadedFile, ...] = ()


def take_in(arrived: Sequence[UploadedFile], problems: Sequence[str]) -> HandedIn:
    """The source of each problem in what arrived: ``<problem>.py`` files, notebooks, zips of both.

    Nothing is written to disk, executed or compiled. Whether a source is good Python is for grading to say.

    Args:
        problems: the names of the set's problems, in order.

    Raises:
        TooLargeSubmissionError: there is more of something than is taken.
        BadSubmissionError: anything else. The message is a sentence that says what to do next.
    """
    files: dict[str, bytes] = {}
    givers: dict[str, str] = {}
    if sum(len(file.content) for file in arrived) > LARGEST_ARRIVAL:
        raise TooLargeSubmissionError(
            f"More than {LARGEST_ARRIVAL // 2**20} MiB was handed in: leave out data, and clear the outputs "
            "of notebooks."
        )
    for file, giver in _opened(arrived, problems):
        for problem, source in _sources(file, giver, problems).items():
            if problem in files:
                raise BadSubmissionError(
                    f"{problem} is handed in twice, by {givers[problem]} and by {giver}: keep one of them."
                )
            _require_python(giver, source)
            files[problem], givers[problem] = source, giver
    if not files:
        raise BadSubmissionError(f"No file was sent: hand in {_takes(problems)}.")
    if sum(map(len, files.values())) > LARGEST_SOURCES:
        raise TooLargeSubmissionError(
            f"Your sources are larger than {LARGEST_SOURCES // 1024} KiB together: remove data from them."
        )
    return HandedIn(files, tuple(file for file in arrived if file.is_zip or file.is_notebook))


def only_what_concerns(files: Iterable[UploadedFile], problems: Sequence[str]) -> list[UploadedFile]:
    """Of the files of a folder or zip, those to be handed in; people keep other things there too.

    Raises:
        BadSubmissionError: a notebook that may be meant cannot be read.
    """
    return [file for file in files if file.is_source_of(problems) or _hands_in(file, problems)]


def _hands_in(file: UploadedFile, problems: Sequence[str]) -> bool:
    """Whether a notebook is named after a problem, or selects cells."""
    if not file.is_notebook or not may_concern(file.name, file.content, problems):
        return False
    return file.stem in problems or bool(sources_in(file.name, _bounded(file), problems))


def _opened(arrived: Sequence[UploadedFile], problems: Sequence[str]) -> Iterator[tuple[UploadedFile, str]]:
    """Each file with what to call it; for a zip, each file in it that matters."""
    seen = set[str]()
    for file in arrived:
        if file.is_zip or file.is_notebook:
            _require_plain_name(file.name)
        if same_everywhere(file.name) in seen:
            raise BadSubmissionError(f"{shown(file.name)} is there twice: hand it in once.")
        seen.add(same_everywhere(file.name))
        if file.is_zip:
            for path, member in _unzipped(file, problems):
                yield member, f"{shown(path)} in {shown(file.name)}"
        else:
            yield file, shown(file.name)


def _require_plain_name(name: str) -> None:
    """The name of a file that is kept, and that somebody may save under that name."""
    path = "/" in name or "\\" in name
    fault = "has a path for a name" if path else fault_in_path(name)
    if len(name) > MAX_UPLOADED_NAME:
        fault = "has too long a name"
    if fault:
        raise BadSubmissionError(f"{shown(name)} {fault}: rename it and hand it in again.")


def _unzipped(file: UploadedFile, problems: Sequence[str]) -> Iterator[tuple[str, UploadedFile]]:
    """What matters in a zip, by path: what lies at its top or in a folder there. The rest is not unpacked."""
    told = shown(file.name)
    try:
        archive = open_archive(file.content)
        room = LARGEST_ARRIVAL
        inside: dict[str, UploadedFile] = {}
        for member in archive.members:
            *folders, name = member.path.split("/")
            here = UploadedFile(name, b"")
            if len(folders) > 1:
                continue
            if here.is_zip:
                raise ArchiveError(
                    f"it holds another one, {shown(name)}", "unpack that, and zip the files themselves"
                )
            if here.is_source_of(problems) or here.is_notebook:
                inside[member.path] = UploadedFile(
                    name, archive.read(member, LARGEST_SOURCE if not here.is_notebook else room)
                )
                room -= member.size
    except ArchiveTooLargeError as error:
        raise TooLargeSubmissionError(f"{told} cannot be taken because {error}: {error.remedy}.") from error
    except ArchiveError as error:
        raise BadSubmissionError(f"{told} cannot be taken because {error}: {error.remedy}.") from error
    concerning = only_what_concerns(inside.values(), problems)
    if not concerning:
        raise BadSubmissionError(
            f"{told} holds none of {_listed(problems)}, at its top or in a folder there, and no notebook "
            "that marks cells for them: zip your files again."
        )
    yield from ((path, member) for path, member in inside.items() if member in concerning)


def _sources(file: UploadedFile, giver: str, problems: Sequence[str]) -> dict[str, bytes]:
    if file.is_source_of(problems):
        return {file.stem: file.content}
    if not file.is_notebook:
        raise BadSubmissionError(f"{giver} is not a file of this problem set. It takes {_takes(problems)}.")
    found = sources_in(file.name, _bounded(file), problems)
    if not found:
        raise BadSubmissionError(
            f"{giver} marks no cell to be handed in: tag the cells, or put `# gradecli: {problems[0]}`, with "
            "the problem's name, above your code and `# gradecli: end` below it."
        )
    return found


def _bounded(notebook: UploadedFile) -> bytes:
    if len(notebook.content) > LARGEST_ARRIVAL:
        raise TooLargeSubmissionError(
            f"{shown(notebook.name)} is larger than {LARGEST_ARRIVAL // 2**20} MiB: "
            "clear its outputs and save it."
        )
    return notebook.content


def _require_python(giver: str, content: bytes) -> None:
    """Text in UTF-8: what every tool downstream reads the same way."""
    if len(content) > LARGEST_SOURCE:
        raise TooLargeSubmissionError(
            f"{giver} is larger than {LARGEST_SOURCE // 1024} KiB: remove data and outputs from it."
        )
    try:
        content.decode("utf-8")
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except (UnicodeDecodeError, SyntaxError) as error:
        raise BadSubmissionError(
            f"{giver} is not UTF-8 text: save it as UTF-8 in your editor and hand it in again."
        ) from error
    if b"\0" in content:
        raise BadSubmissionError(
            f"{giver} is not a text file: hand in the Python source, not a compiled file."
        )
    if encoding not in {"utf-8", "utf-8-sig"}:
        raise BadSubmissionError(
            f"{giver} declares another encoding in its first lines: remove that line, UTF-8 is used."
        )


def _listed(problems: Sequence[str]) -> str:
    return ", ".join(f"{problem}.py" for problem in problems)


def _takes(problems: Sequence[str]) -> str:
    return f"{_listed(problems)}, a .zip of them, or a notebook"
