"""A logged-in person at work: their log-in, the server, and the course a command is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gradecli.client import CourseService
from gradecli.courses import choose_course
from gradecli.home import Credentials, Home
from gradecli.payloads import Me

__all__ = ["Session", "open_session"]


@dataclass(frozen=True)
class Session:
    """One command's dealings with the server."""

    home: Home
    credentials: Credentials
    service: CourseService
    me: Me

    def course(self, asked: str | None, *, folder: str | None = None) -> str:
        """The course to act in; see :func:`gradecli.courses.choose_course`."""
        return choose_course(self.me, asked=asked, folder=folder, remembered=self.credentials.course)


@contextmanager
def open_session() -> Iterator[Session]:
    """Connect as the person who is logged in here.

    Raises:
        NotLoggedInError: nobody is, or the server no longer accepts their token.
        UnreachableError: the server does not answer.
    """
    home = Home()
    credentials = home.credentials()
    with CourseService(credentials.url, credentials.token) as service:
        yield Session(home=home, credentials=credentials, service=service, me=service.me())
