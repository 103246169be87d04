"""What workers may ask of an engine: a short list, each entry with the request that the gate makes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from sandbox.backends.docker.request import OWNER_LABEL, SANDBOX_LABEL
from sandbox.gate.creation import GATE_LABEL, Bounds, creation
from sandbox.gate.http import RefusedError, Request, parse_json
from sandbox.images import reference
from sandbox.spec import Runtime

__all__ = ["OLDEST_API", "Order", "Purpose", "order", "own_containers", "removal"]

OLDEST_API = 41
"""Older versions of the engine's API leave out fields of a container's description (``CgroupnsMode``)."""

_VERSIONED = re.compile(r"/v1\.([0-9]{2})(/.*)")
_CONTAINER = re.compile(r"/containers/([0-9a-f]{64})(?:/([a-z]+))?")
_LABEL = re.compile(rf"{re.escape(SANDBOX_LABEL)}|{re.escape(OWNER_LABEL)}=[A-Za-z0-9._/-]{{1,140}}")
_ATTACHED = {"stream": "1", "stdin": "1", "stdout": "1", "stderr": "1"}


class Purpose(Enum):
    """What an order is for, where more has to be done than to pass the answer on."""

    ASK = auto()
    DESCRIBE = auto()
    CREATE = auto()
    ATTACH = auto()
    REMOVE = auto()


@dataclass(frozen=True, slots=True)
class Order:
    """One request to the engine, made by the gate. ``container`` must be one of its own."""

    purpose: Purpose
    method: str
    target: str
    body: bytes = field(default=b"", repr=False)
    container: str | None = None


def order(request: Request, bounds: Bounds, gate: str) -> Order:
    """What is to be asked of the engine for ``request``.

    Raises:
        RefusedError: nothing.
    """
    version, path = _split(request.path)
    found = _order(request, path, bounds, gate)
    if found.purpose is not Purpose.CREATE and request.body:
        raise RefusedError("a request that needs no body has one")
    if (found.purpose is Purpose.ATTACH) != ("upgrade" in request.headers):
        raise RefusedError("only the streams of a container are taken over by an upgrade")
    return Order(found.purpose, found.method, f"{version}{found.target}", found.body, found.container)


def own_containers(gate: str, labels: Iterable[str] = ()) -> str:
    """The address of the list of this gate's containers, narrowed to those with all of ``labels``."""
    filters = json.dumps({"label": [f"{GATE_LABEL}={gate}", *labels]}, separators=(",", ":"))
    return f"/containers/json?all=1&filters={quote(filters, safe='')}"


def removal(container: str) -> str:
    """The address at which a container is killed and removed with DELETE."""
    return f"/containers/{container}?v=1&force=1"


def _split(path: str) -> tuple[str, str]:
    """The version's prefix, empty for what any version answers, and the rest."""
    if path in ("/_ping", "/version"):
        return "", path
    found = _VERSIONED.fullmatch(path)
    if found is None or int(found[1]) < OLDEST_API:
        raise RefusedError(f"only versions of the engine's API from 1.{OLDEST_API} on are passed on")
    return f"/v1.{found[1]}", found[2]


def _order(request: Request, path: str, bounds: Bounds, gate: str) -> Order:
    method, query = request.method, request.query
    match method, path:
        case "GET", "/_ping" | "/version":
            _takes(query, {})
            return Order(Purpose.ASK, method, path)
        case "GET", "/info":
            _takes(query, {})
            return Order(Purpose.DESCRIBE, method, path)
        case "GET", "/containers/json":
            return Order(Purpose.ASK, method, own_containers(gate, _labels(query)))
        case "POST", "/containers/create":
            _takes(query, {})
            made = creation(request.body, bounds, gate)
            return Order(Purpose.CREATE, method, path, json.dumps(made).encode())
        case "GET", _ if path in _images():
            _takes(query, {})
            return Order(Purpose.ASK, method, path)
    if found := _CONTAINER.fullmatch(path):
        return _about(found[1], found[2], method, query)
    raise RefusedError("this is not among the things that a worker may ask of the engine")


def _about(container: str, part: str | None, method: str, query: Mapping[str, str]) -> Order:
    path = f"/containers/{container}/{part}"
    match method, part:
        case "GET", "json":
            _takes(query, {})
            return Order(Purpose.ASK, method, path, container=container)
        case "POST", "start" | "kill":
            _takes(query, {})
            return Order(Purpose.ASK, method, path, container=container)
        case "POST", "attach":
            if query != _ATTACHED:
                raise RefusedError("all three streams are attached, or none")
            target = f"{path}?stream=1&stdin=1&stdout=1&stderr=1"
            return Order(Purpose.ATTACH, method, target, container=container)
        case "DELETE", None:
            flags = {"v": "True", "force": "True"}
            _takes(query, flags | {"link": "False"})
            return Order(Purpose.REMOVE, method, removal(container), container=container)
    raise RefusedError("this is not among the things that a worker may do with a container")


def _labels(query: Mapping[str, str]) -> list[str]:
    _takes({name: value for name, value in query.items() if name != "filters"}, {
        "limit": "-1", "all": "1", "size": "0", "trunc_cmd": "0",
    })  # fmt: skip
    filters: Any = parse_json(query.get("filters", "{}"))
    labels = filters.pop("label", []) if isinstance(filters, dict) else None
    if filters or not isinstance(labels, list):
        raise RefusedError("containers are listed by their labels alone")
    for label in labels:
        if not (isinstance(label, str) and _LABEL.fullmatch(label)):
            raise RefusedError("this is not a label of sandboxes")
    return labels


def _takes(query: Mapping[str, str], possible: Mapping[str, str]) -> None:
    for name, value in query.items():
        if possible.get(name) != value:
            raise RefusedError(f"the parameter {name[:20]} cannot be this", HTTPStatus.FORBIDDEN)


def _images() -> frozenset[str]:
    return frozenset(f"/images/{reference(runtime)}/json" for runtime in Runtime)
