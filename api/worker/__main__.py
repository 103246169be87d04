"""``python -m api.worker PARENT``: one of the supervisor's workers, configured by environment variables."""

from __future__ import annotations

import sys

from api.processes.ending import run_process
from api.processes.lifeline import end_with_parent
from api.settings import Settings
from api.worker.process import run


def _work(settings: Settings) -> None:
    end_with_parent(int(sys.argv[1]))
    run(settings)


if __name__ == "__main__":
    sys.exit(run_process("worker", _work))
