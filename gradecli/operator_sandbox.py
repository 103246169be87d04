"""Which sandbox a command runs code in, and what its failures mean at the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gradecli.errors import BadInputError, PlatformError
from grader import GradeReport, GradingFailedError
from grader.local import check_folder
from sandbox import Backend, InfrastructureError, Runtime
from sandbox.backends import SERVER_BACKENDS, find

__all__ = ["check_here", "choose_backend", "sandbox_failures"]


@contextmanager
def sandbox_failures(meaning: str) -> Iterator[None]:
    """``with``: the sandbox's failures become a :class:`PlatformError` that starts with ``meaning``."""
    try:
        yield
    except (GradingFailedError, InfrastructureError) as error:
        raise PlatformError(f"{meaning}: {error}") from error


def check_here(folder: Path, sources: Mapping[str, bytes] | None = None) -> GradeReport:
    """The public checks of a downloaded set, in a process of this person's own.

    ``sources``: what to check, by problem; else what is in ``folder``.

    Raises:
        BadSubmissionError: the folder's files cannot be checked.
        PlatformError: this machine lacks what they need.
    """
    with sandbox_failures("The checks could not run on this machine"):
        return check_folder(folder, sources)


def choose_backend(name: str | None, runtimes: set[Runtime]) -> Backend:
    """The backend called ``name``, or the first that can run all of ``runtimes`` here.

    Raises:
        BadInputError: there is no isolating backend of that name.
        PlatformError: it cannot run here, or none can.
    """
    if name is not None and name not in SERVER_BACKENDS:
        raise BadInputError(f"There is no sandbox {name!r}. Choose one of: {', '.join(SERVER_BACKENDS)}")
    reasons = []
    for candidate in (name,) if name is not None else ("bubblewrap", "docker"):
        try:
            backend = find(candidate)
        except InfrastructureError as error:
            reasons.append(f"{candidate}: {error}")
            continue
        answers = [backend.availability(runtime) for runtime in sorted(runtimes)]
        if all(answer.ok for answer in answers):
            return backend
        reasons += [f"{candidate}: {answer.detail}. {answer.remedy}" for answer in answers if not answer.ok]
    raise PlatformError("No sandbox can run this here.\n" + "\n".join(f"  {reason}" for reason in reasons))
