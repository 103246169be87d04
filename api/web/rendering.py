"""Turning templates into pages. Everything put into a template is escaped; nothing is inline."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

__all__ = ["ASSETS", "Asset", "Reader", "prose", "render", "static"]

_FOLDER = Path(__file__).parent
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a page is made for. ``csrf`` proves that a form came from a page of theirs."""

    name: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of ``static/``, read once. ``version`` changes with its content."""

    content: bytes
    media_type: str
    version: str


def _read_assets() -> dict[str, Asset]:
    return {
        path.name: Asset(
            content=path.read_bytes(),
            media_type=_MEDIA_TYPES[path.suffix],
            version=sha256(path.read_bytes()).hexdigest()[:12],
        )
        for path in sorted((_FOLDER / "static").iterdir())
    }


ASSETS = _read_assets()
"""The files that pages refer to: the only ones that can be asked for, whatever name a request has."""


def static(name: str) -> str:
    """The address of an asset. It names the version, so that browsers may keep it for ever."""
    return f"/static/{quote(name)}?v={ASSETS[name].version}"


def prose(sentence: str) -> Markup:
    """A sentence in which `backquotes` mark commands, as they are written for every reader."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:
        return escape(sentence)
    marked = (
        Markup("<code>{}</code>").format(part) if odd % 2 else escape(part) for odd, part in enumerate(parts)
    )
    return Markup().join(marked)


_templates = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals["static"] = static
_templates.globals["prose"] = prose


def render(template: str, *, reader: Reader | None, **values: object) -> str:
    """The page made from ``template`` for ``reader``, or for somebody who is not logged in."""
    return _templates.get_template(template).render(reader=reader, **values)
