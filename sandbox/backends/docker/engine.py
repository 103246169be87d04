"""Where the Docker engine is, a client for it, and its errors in our words."""

from __future__ import annotations

import contextlib
import os
import socket
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import docker
import docker.errors
import requests

from sandbox.errors import BackendUnavailableError, ImageMissingError, InfrastructureError

__all__ = ["Engine", "EngineAddress", "explained"]

_DEFAULT_SOCKET = "/var/run/docker.sock"
_REQUEST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """A Unix socket's path, or a host and port."""

    path: str | None = None
    host: str = ""
    port: int = 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> EngineAddress:
        """What ``DOCKER_HOST`` says, else the usual socket.

        Raises:
            BackendUnavailableError: it names a kind of address that is not supported.
        """
        text = environment.get("DOCKER_HOST") or f"unix://{_DEFAULT_SOCKET}"
        scheme, separator, rest = text.partition("://")
        if separator and scheme == "unix" and rest:
            return cls(path=rest)
        host, _, port = rest.rstrip("/").rpartition(":")
        if environment.get("DOCKER_TLS_VERIFY") or scheme not in ("tcp", "http") or not port.isdecimal():
            raise BackendUnavailableError(
                f"DOCKER_HOST={text} is not supported: use unix:///path/to/docker.sock, or tcp://host:port "
                "without TLS (a filtered proxy beside the worker, or a tunnel)."
            )
        return cls(host=host.strip("[]"), port=int(port))

    @property
    def url(self) -> str:
        """As the Docker SDK wants it."""
        return f"unix://{self.path}" if self.path else f"tcp://{self}"

    def open(self, timeout: float) -> socket.socket:
        """A new connection of its own."""
        if self.path is None:
            return socket.create_connection((self.host, self.port), timeout)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        try:
            connection.connect(self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def __str__(self) -> str:
        if self.path:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Engine:
    """A connected engine. Its connections close when nobody holds it any more, or by :meth:`close`.

    Raises:
        BackendUnavailableError: no engine answers at ``address``.
    """

    def __init__(self, address: EngineAddress | None = None, *, timeout: int = _REQUEST_SECONDS) -> None:
        self.address = address or EngineAddress.from_environment()
        with explained("answer", str(self.address)):
            # The SDK would not close a socket that it cannot connect.
            self.address.open(timeout).close()
            self.client = docker.DockerClient(base_url=self.address.url, version="auto", timeout=timeout)
        self.api = self.client.api
        self.close = weakref.finalize(self, self.client.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def has_image(self, reference: str) -> bool:
        """Whether it can start containers from ``reference``.

        Raises:
            InfrastructureError: it cannot be asked.
        """
        try:
            with explained(f"look for {reference}", str(self.address)):
                self.client.images.get(reference)
        except ImageMissingError:
            return False
        return True

    def remove(self, container: str) -> None:
        """Kill and remove a container; that it is gone already is no error.

        Raises:
            InfrastructureError: it would not, or does not answer.
        """
        with (
            explained("remove a sandbox", str(self.address)),
            contextlib.suppress(docker.errors.NotFound),
        ):
            self.api.remove_container(container, force=True, v=True)


@contextlib.contextmanager
def explained(action: str, where: str = "") -> Iterator[None]:
    """Turn what the SDK raises inside the block into this package's errors.

    ``action`` completes "the Docker engine would not …".

    Raises:
        ImageMissingError: the engine does not have the image.
        BackendUnavailableError: it does not answer.
        InfrastructureError: it answered with a refusal.
    """
    try:
        yield
    except docker.errors.ImageNotFound as error:
        raise ImageMissingError(f"the Docker engine would not {action}: {error.explanation}") from error
    except docker.errors.APIError as error:
        raise InfrastructureError(
            f"the Docker engine would not {action}: {error.explanation or error}"
        ) from error
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        at = f" at {where}" if where else ""
        raise BackendUnavailableError(
            f"no Docker engine answers{at} ({error}). Start it (`systemctl start docker`), or point "
            "DOCKER_HOST at one; this user must be allowed to use it."
        ) from error
