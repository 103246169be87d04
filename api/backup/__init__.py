"""Keeping the whole service in one file, putting it back, and finding out whether it is whole.

::

    BackupError            why a backup cannot be made, read or restored, and what to do
    └── BadBackupError     the file is damaged, or is not one of ours
"""

from __future__ import annotations

from api.backup.archive import BackupError, BadBackupError
from api.backup.checking import Finding, check
from api.backup.restoring import Restored, restore
from api.backup.writing import Written, record_backup, write_backup

__all__ = [
    "BackupError",
    "BadBackupError",
    "Finding",
    "Restored",
    "Written",
    "check",
    "record_backup",
    "restore",
    "write_backup",
]
