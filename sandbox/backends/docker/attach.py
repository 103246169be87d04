"""Take over an HTTP connection to the engine as a container's standard streams.

The SDK's own attach reads through a buffered HTTP client and has lost bytes, end of file and the
separation of streams (docker-py issues 1507, 1952 and 2466). This is the same request on a socket of
our own, of which not a byte more than the response's header is read.
"""

from __future__ import annotations

import re
import socket

from sandbox.backends.docker.engine import EngineAddress
from sandbox.errors import BackendUnavailableError, InfrastructureError

__all__ = ["attach"]

_MAX_HEADER_BYTES = 16_384
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_SECONDS = 30.0


def attach(address: EngineAddress, api_version: str, container: str) -> socket.socket:
    """The raw stream of a container that has not been started: its input, and its output multiplexed.

    Attach before starting: then the first byte the container writes is the first one that is read.

    Raises:
        BackendUnavailableError: the engine does not answer.
        InfrastructureError: it does not give its streams.
    """
    try:
        connection = address.open(_SECONDS)
    except OSError as error:
        raise BackendUnavailableError(
            f"no Docker engine answers at {address} ({error}). Start it and try again."
        ) from error
    try:
        path = f"/v{api_version}/containers/{container}/attach?stream=1&stdin=1&stdout=1&stderr=1"
        headers = "Host: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0"
        connection.sendall(f"POST {path} HTTP/1.1\r\n{headers}\r\n\r\n".encode())
        header = _read_header(connection)
        found = _STATUS.match(header)
        # 101 where the upgrade is understood; 200 from engines and proxies that only keep the stream open.
        if found is None or found[1] not in (b"101", b"200"):
            first = header.split(b"\r\n")[0].decode("latin-1")
            raise InfrastructureError(f"the Docker engine would not give a container's streams: {first!r}")
    except OSError as error:
        connection.close()
        raise BackendUnavailableError(
            f"the Docker engine at {address} went away ({error}). Start it and try again."
        ) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _read_header(connection: socket.socket) -> bytes:
    header = bytearray()
    while not header.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte or len(header) >= _MAX_HEADER_BYTES:
            raise ConnectionResetError("the connection ended within the response's header")
        header += byte
    return bytes(header)
