"""What gradecli keeps on this machine: the log-in, submissions not finished yet, receipts.

The folder is ``$GRADECLI_HOME`` or, without it, the system's own place for settings. Its files
are private to the person (mode 0600; on Windows, the profile's own protection) and replaced
whole, so that a power cut leaves the old file or the new one.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gradecli import messages
from gradecli.errors import NotLoggedInError

_DEVICE = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", re.IGNORECASE)  # what Windows opens instead

__all__ = ["Credentials", "Home", "replace_file"]


class Credentials(BaseModel):
    """Who is logged in, and where. ``course`` is the one that commands take when none is named."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: str
    token: str = Field(repr=False)
    user_id: str
    name: str
    course: str | None = None


class Home:
    """The folder, by default this person's."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or _default_folder()

    @property
    def outbox(self) -> Path:
        """Where submissions wait until the server has graded them."""
        return self.folder / "outbox"

    def credentials(self) -> Credentials:
        """The log-in.

        Raises:
            NotLoggedInError: there is none, or the file is not one that gradecli wrote.
        """
        try:
            return Credentials.model_validate_json(self._credentials.read_bytes())
        except (FileNotFoundError, ValidationError):
            raise NotLoggedInError(messages.not_logged_in()) from None

    def save_credentials(self, credentials: Credentials) -> None:
        replace_file(self._credentials, credentials.model_dump_json(indent=2).encode() + b"\n")

    def forget_credentials(self) -> bool:
        """Remove the log-in; whether there was one."""
        existed = self._credentials.exists()
        self._credentials.unlink(missing_ok=True)
        return existed

    def save_receipt(self, course: str, pset: str, submission_id: str, content: bytes) -> Path:
        """Keep a receipt, and every other one: no server can make one take another's place."""
        folder = self.folder / "receipts" / _file_name(course) / _file_name(pset)
        name = _file_name(submission_id)
        for path in (folder / f"{name}{ending}.json" for ending in ("", *(f"-{n}" for n in range(2, 1000)))):
            if not path.exists():
                replace_file(path, content)
                return path
            if path.read_bytes() == content:
                return path
        raise FileExistsError(errno.EEXIST, "A thousand receipts of that name are kept already", str(folder))

    @property
    def _credentials(self) -> Path:
        return self.folder / "credentials.json"


def replace_file(path: Path, content: bytes, *, private: bool = True) -> None:
    """Write ``path`` whole or not at all, making its folder where needed.

    A link at ``path`` is replaced, never followed. Raises ``OSError`` as the system gives it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o777)
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600 if private else 0o666)

    try:
        with open(temporary, "xb", opener=opener) as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _default_folder() -> Path:
    if chosen := os.environ.get("GRADECLI_HOME"):
        return Path(chosen).expanduser()
    from platformdirs import user_config_path

    return user_config_path("gradecli", appauthor=False)


def _file_name(text: str) -> str:
    """``text`` as a file name on every system; ids and names come from the server."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", text)[:80] or "_"
    return f"{name}_" if _DEVICE.fullmatch(name) else name
