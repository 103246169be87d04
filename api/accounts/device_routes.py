"""``/device``: how a program that has no token yet asks for one (RFC 8628). Nobody is logged in here."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.accounts import devices
from api.accounts.schemas import DeviceCodeIn, DeviceCodeOut, DevicePollIn, DeviceTokenOut
from api.dependencies import CurrentServices
from api.errors import ApiError, DeviceExpiredError
from api.limits import network_of
from api.proxies import client_address

__all__ = ["router"]

router = APIRouter(prefix="/device", tags=["accounts"])


@router.post("/code")
def ask(request: Request, services: CurrentServices, wanted: DeviceCodeIn) -> DeviceCodeOut:
    """Begin: the answer has a short code to show and the address where its person enters it."""
    address = client_address(request.scope)
    services.limits.new_device.take(network_of(address))
    with services.database.writing() as session:
        return devices.ask(
            session,
            label=wanted.client,
            scopes=wanted.scope,
            address=address,
            verification_uri=f"{request.base_url}device",
        )


@router.post("/token")
def collect(request: Request, services: CurrentServices, poll: DevicePollIn) -> DeviceTokenOut:
    """Ask whether the person has approved; not oftener than the interval says. The token comes once.

    Until then the code of the error is ``authorization_pending``, ``slow_down``, ``access_denied``
    or ``expired_token``.
    """
    network = network_of(client_address(request.scope))
    services.limits.wrong_token.check(network)
    with services.database.writing() as session:
        answer = devices.collect(session, services.settings, poll.device_code)
    if isinstance(answer, DeviceExpiredError):
        services.limits.wrong_token.take(network)
    if isinstance(answer, ApiError):
        raise answer
    return answer
