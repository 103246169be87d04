"""Logs: one line for each thing that happened, with what it was about, and never a secret.

:func:`start_logging` sets a process up; :func:`about` and :func:`note` say what the lines that
follow are about; :func:`never_log` names a secret that no pattern would recognise.
"""

from api.logs.context import about, note
from api.logs.redaction import never_log
from api.logs.start import start_logging

__all__ = ["about", "never_log", "note", "start_logging"]
