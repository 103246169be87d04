"""What routes ask FastAPI for: the opened services, and who is asking."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import Field

from api.access import Actor
from api.accounts.models import TokenKind
from api.accounts.service import admit
from api.errors import NotAuthenticatedError
from api.limits import network_of
from api.proxies import client_address
from api.services import Services
from api.submissions.progress import Watchers

__all__ = ["CurrentActor", "CurrentServices", "CurrentWatchers", "UserId", "current_services"]

UserId = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""A user's number in an address, within what every database can look up."""

_bearer = HTTPBearer(auto_error=False, description="A token, as `gradecli login` takes it.")


def current_services(request: Request) -> Services:
    """What :func:`api.app.create_app` opened."""
    services: Services = request.app.state.services
    return services


CurrentServices = Annotated[Services, Depends(current_services)]


def _current_watchers(request: Request) -> Watchers:
    watchers: Watchers = request.app.state.watchers
    return watchers


CurrentWatchers = Annotated[Watchers, Depends(_current_watchers)]


def _current_actor(
    request: Request,
    services: CurrentServices,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Actor:
    """The person whose token came in the Authorization header, if they do not ask too often.

    No session is kept open for the route: a route opens its own, and a transaction never waits
    for anything but the database.
    """
    if credentials is None:
        raise NotAuthenticatedError
    network = network_of(client_address(request.scope))
    services.limits.wrong_token.check(network)
    try:
        actor = admit(services.database, credentials.credentials, TokenKind.TOKEN)
    except NotAuthenticatedError:
        services.limits.wrong_token.take(network)
        raise
    services.limits.requests.take(str(actor.id))
    return actor


CurrentActor = Annotated[Actor, Depends(_current_actor)]
