"""Build a runtime's image on the Docker engine."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sandbox.backends.docker.engine import Engine, explained
from sandbox.errors import ImageMissingError
from sandbox.images.source import reference, write_context
from sandbox.images.wheelhouse import download
from sandbox.spec import Runtime

__all__ = ["build"]

BASE_IMAGE = "python:3.11-slim-bookworm"
_BUILD_SECONDS = 3600
_COLOUR = re.compile(r"\x1b\[\d*m")
_MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}


def build(runtime: Runtime, *, progress: Callable[[str], None]) -> str:
    """Build the image of ``runtime`` from this installation's source, unless it is there already.

    Args:
        runtime: which image.
        progress: called with one line of text at a time.

    Returns:
        The image's reference; it is tagged ``latest`` too.

    Raises:
        BackendUnavailableError: no Docker engine answers.
        ImageMissingError: it could not be built; the message says why and what to do.
    """
    name = reference(runtime)
    with Engine(timeout=_BUILD_SECONDS) as engine:
        if engine.has_image(name):
            progress(f"{name} is there already")
        else:
            with tempfile.TemporaryDirectory(prefix="gradecli-image-") as folder:
                _build_in(engine, runtime, name, Path(folder), progress)
        with explained("tag the image"):
            repository, _, _ = name.partition(":")
            engine.api.tag(name, repository, "latest")
    return name


def _build_in(
    engine: Engine, runtime: Runtime, name: str, context: Path, progress: Callable[[str], None]
) -> None:
    write_context(runtime, context)
    with explained("say what machine it runs on"):
        architecture = str(engine.client.version()["Arch"])
    progress(f"fetching the pinned wheels of the {runtime} runtime")
    download(runtime, _MACHINES.get(architecture, architecture), context / "wheelhouse")
    with explained(f"build {name}"):
        events: Iterator[dict[str, Any]] = engine.api.build(
            path=str(context), tag=name, rm=True, forcerm=True, decode=True, network_mode="none"
        )
        for event in events:
            if "error" in event:
                raise ImageMissingError(_failure(name, str(event["error"])))
            for line in str(event.get("stream", "")).splitlines():
                if text := _COLOUR.sub("", line).strip():
                    progress(text)


def _failure(name: str, error: str) -> str:
    if BASE_IMAGE in error or "registry" in error or "pull access denied" in error:
        return (
            f"{name} starts from {BASE_IMAGE}, which this engine neither has nor can pull ({error}). Let the "
            f"engine reach a registry, or load the image with `docker load`, and build again."
        )
    return f"{name} could not be built: {error}"
