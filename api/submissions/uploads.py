"""What may be uploaded, and how it becomes what is graded. Nothing here is ever run."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from api.errors import BadFileError, TooLargeError
from grader import BadSubmissionError
from grader.errors import TooLargeSubmissionError
from grader.intake import LARGEST_ARRIVAL, HandedIn, UploadedFile, take_in

__all__ = ["MAX_BODY_BYTES", "MAX_FILES", "UploadedFile", "checked_files"]

MAX_BODY_BYTES = LARGEST_ARRIVAL + 64 * 1024
"""The files, and what multipart encoding adds to them."""
MAX_FILES = 32

# Unpacking and parsing take a bounded amount of memory each, and of the processor all there is:
# however many requests come at once, two take turns no slower than twenty.
_OPENING = threading.BoundedSemaphore(2)


def checked_files(files: Sequence[UploadedFile], problems: Sequence[str]) -> HandedIn:
    """The source of each problem in ``files``, and the originals to be kept beside them.

    Args:
        problems: the names of the set's problems.

    Raises:
        BadFileError: a file is none of this set's, is not what it says, or cannot be read.
        TooLargeError: there is more than is accepted.
    """
    with _OPENING:
        try:
            return take_in(files, problems)
        except TooLargeSubmissionError as error:
            raise TooLargeError(str(error)) from error
        except BadSubmissionError as error:
            raise BadFileError(str(error)) from error
