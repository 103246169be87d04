"""``python -m api.worker``: one of the supervisor's workers, configured by environment variables."""

from __future__ import annotations

from api.logs import start_logging
from api.processes.lifeline import end_with_parent
from api.settings import Settings
from api.worker.process import run

if __name__ == "__main__":
    settings = Settings()
    start_logging("worker", settings)
    end_with_parent()
    run(settings)
