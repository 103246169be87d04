"""The command line: students hand in homework with it, staff and operators run the course.

``gradecli.main`` builds the commands, which live in ``student``, ``staff``, ``author`` and
``operator``; each says what it does and calls one module that does it. Nothing heavy is imported
until a command needs it, so that ``gradecli --help`` answers at once. Everything printed goes
through ``gradecli.terminal``, which makes text from servers and students harmless.
"""

from __future__ import annotations

__all__: list[str] = []
