"""The web application: the JSON API under ``/api/v1``, and the pages.

This process imports neither PyTorch nor Docker and never runs a submission: it takes submissions
in and shows what workers found.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from api import health, refusals, web
from api.accounts import device_routes as devices
from api.accounts import routes as accounts
from api.body import BodyLimit, BoundedBody
from api.courses import routes as courses
from api.courses.packages import PackageSource
from api.courses.roster import MAX_ROSTER_BYTES
from api.flood import FloodGate
from api.gradebook import routes as gradebook
from api.headers import SecurityHeaders
from api.monitoring import routes as monitoring
from api.monitoring.readiness import ReadinessProbe
from api.monitoring.requests import ObservedRequests
from api.operations import audit_routes, grading_routes
from api.proxies import ClientAddress, networks
from api.regrading import routes as regrading
from api.services import Services
from api.settings import Settings
from api.submissions import routes as submissions
from api.submissions.progress import Watchers
from api.submissions.uploads import MAX_BODY_BYTES

__all__ = ["create_app"]

_PREFIX = "/api/v1"
_BODY_LIMITS = (
    BodyLimit(re.compile(rf"({_PREFIX})?/courses/[^/]+/psets/[^/]+/submissions"), MAX_BODY_BYTES),
    BodyLimit(re.compile(rf"{_PREFIX}/courses/[^/]+/roster"), MAX_ROSTER_BYTES),
)


def create_app(settings: Settings, *, packages: PackageSource | None = None) -> FastAPI:
    """The application for a data folder that :func:`api.bootstrap.prepare` has made.

    Args:
        packages: where published packages come from, when not from ``settings.problems``.

    Raises:
        StoreError, UnavailableError: the data folder or the database is not ready.
    """
    services = Services.open(settings, packages=packages)
    answer = refusals.answering(web.error_page)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        services.close()

    app = FastAPI(
        title="gradecli",
        version=version("gradecli"),
        openapi_url=f"{_PREFIX}/openapi.json",
        # The bundled documentation pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(ObservedRequests, json_prefix=_PREFIX, trusted_proxies=settings.trusted_proxies),
            Middleware(ClientAddress, trusted=networks(settings.trusted_proxies)),
            Middleware(SecurityHeaders),
            Middleware(FloodGate, refuse=answer),
            Middleware(BoundedBody, limits=_BODY_LIMITS, refuse=answer),
        ],
    )
    app.state.services = services
    app.state.watchers = Watchers()
    app.state.readiness = ReadinessProbe()
    app.include_router(_json_routes())
    app.include_router(monitoring.router)
    app.include_router(web.router)
    refusals.install(app, answer)
    return app


def _json_routes() -> APIRouter:
    router = APIRouter(prefix=_PREFIX, responses=refusals.DESCRIBED)
    for part in (
        accounts,
        devices,
        courses,
        submissions,
        gradebook,
        regrading,
        audit_routes,
        grading_routes,
        health,
    ):
        router.include_router(part.router)
    return router
