"""``/api/v1/healthz``: how the service is, for clients of the API. Needs no token.

Monitors ask ``/healthz`` and ``/readyz`` (:mod:`api.monitoring.routes`).
"""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter

from api.dependencies import CurrentServices
from api.jobs.models import JobState
from api.jobs.queue import count_jobs
from api.schemas import Health

__all__ = ["router"]

router = APIRouter(tags=["health"])


@router.get("/healthz")
def healthz(services: CurrentServices) -> Health:
    """Answers when the web process runs and can read its database."""
    with services.database.reading() as session:
        jobs = count_jobs(session)
    return Health(
        status="ok", version=version("gradecli"), queued=jobs[JobState.QUEUED], parked=jobs[JobState.PARKED]
    )
