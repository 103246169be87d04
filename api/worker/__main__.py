"""``python -m api.worker PARENT``: one of the workers of the supervisor that is process ``PARENT``."""

from __future__ import annotations

import sys

from api.logs import start_logging
from api.processes.lifeline import end_with_parent
from api.settings import Settings
from api.worker.process import run

if __name__ == "__main__":
    settings = Settings()
    start_logging("worker", settings)
    end_with_parent(int(sys.argv[1]))
    run(settings)
