"""``/healthz``, ``/readyz`` and ``/metrics``, for monitors: at the root, without a log-in."""

from __future__ import annotations

import hmac
import platform
import shutil
from http import HTTPStatus
from importlib.metadata import version
from ipaddress import ip_address

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import choose_encoder
from starlette.responses import JSONResponse, Response

from api.dependencies import CurrentServices
from api.errors import NotAllowedError, NotAuthenticatedError
from api.monitoring.figures import Figures
from api.monitoring.readiness import ReadinessProbe
from api.monitoring.schemas import Liveness
from api.settings import Settings

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


@router.get("/healthz")
async def healthz() -> Liveness:
    """The process answers. Needs neither the database nor a free thread."""
    return Liveness(status="alive", version=version("gradecli"))


@router.get("/readyz")
def readyz(request: Request, services: CurrentServices) -> Response:
    """Whether the service can do its work: 503 when it cannot, and which part is why."""
    probe: ReadinessProbe = request.app.state.readiness
    found = probe.look(services)
    status = HTTPStatus.OK if found.status == "ready" else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse(found.model_dump(mode="json"), status_code=status)


@router.get("/metrics")
def metrics(request: Request, services: CurrentServices) -> Response:
    """Everything that is counted, in the text format of Prometheus or in OpenMetrics."""
    _admit(request, services.settings)
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    found = CollectorRegistry()
    found.register(services.metrics)
    found.register(Figures(services.database))
    build = Gauge("gradecli_build_info", "The version that runs.", ("version", "python"), registry=found)
    build.labels(version("gradecli"), platform.python_version()).set(1)
    free = Gauge("gradecli_disk_free_bytes", "Free space where the data lies.", registry=found)
    free.set(shutil.disk_usage(services.settings.data).free)
    return Response(encode(found), headers={"Content-Type": content_type})


def _admit(request: Request, settings: Settings) -> None:
    """Let through whoever has the token, or, where none is set, whoever asks on this machine.

    Raises:
        NotAuthenticatedError, NotAllowedError: neither.
    """
    expected = settings.metrics_token
    if expected is not None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), expected.get_secret_value().encode()):
            msg = "Metrics are read with the token that GRADECLI_METRICS_TOKEN holds."
            raise NotAuthenticatedError(msg)
        return
    client = request.client.host if request.client is not None else ""
    # A proxy on this machine asks for anybody.
    if _is_loopback(client) and not any(name in request.headers for name in _FORWARDED):
        return
    msg = "Metrics are read on the server itself. For other machines, set GRADECLI_METRICS_TOKEN."
    raise NotAllowedError(msg)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
