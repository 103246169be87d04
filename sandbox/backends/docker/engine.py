"""Where the Docker engine is, a client for it, and its errors in our words."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import docker
import docker.errors
import requests

from sandbox.errors import BackendUnavailableError, ImageMissingError, InfrastructureError

__all__ = ["EngineAddress", "connect", "explained", "image_exists"]

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


@contextlib.contextmanager
def connect(
    address: EngineAddress | None = None, timeout: int = _REQUEST_SECONDS
) -> Iterator[docker.DockerClient]:
    """A client of the engine for the length of a ``with`` block.

    Raises:
        BackendUnavailableError: no engine answers.
    """
    client = open_client(address or EngineAddress.from_environment(), timeout)
    try:
        yield client
    finally:
        client.close()


def open_client(address: EngineAddress, timeout: int = _REQUEST_SECONDS) -> docker.DockerClient:
    """A client whose owner closes it. Raises as :func:`connect`."""
    with explained("answer", str(address)):
        return docker.DockerClient(base_url=address.url, version="auto", timeout=timeout)


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


def image_exists(client: docker.DockerClient, reference: str) -> bool:
    """Whether the engine has this image.

    Raises:
        InfrastructureError: the engine cannot be asked.
    """
    try:
        with explained(f"look for {reference}"):
            client.images.get(reference)
    except ImageMissingError:
        return False
    return True
