"""What students hand in: from files, zips and notebooks of any kind to each problem's source, or a refusal.

::

    handed_in = take_in([UploadedFile("homework.zip", content)], ["linear", "softmax"])
    handed_in.files         {"linear": b"...", "softmax": b"..."}

Everything here reads a stranger's bytes: bounded before it is unpacked or parsed, never run, never
written to a disk.
"""

from grader.intake.archives import Archive, ArchiveError, Member, open_archive
from grader.intake.folders import read_arrivals
from grader.intake.names import same_everywhere, shown
from grader.intake.taking import LARGEST_ARRIVAL, LARGEST_SOURCE, HandedIn, UploadedFile, take_in

__all__ = [
    "LARGEST_ARRIVAL",
    "LARGEST_SOURCE",
    "Archive",
    "ArchiveError",
    "HandedIn",
    "Member",
    "UploadedFile",
    "open_archive",
    "read_arrivals",
    "same_everywhere",
    "shown",
    "take_in",
]
