"""Answers that are to be saved, never shown as anything: what students hand in stays what it is."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

__all__ = ["attachment"]


def attachment(content: bytes, filename: str, media_type: str = "application/octet-stream") -> Response:
    """``content`` as a file to save under ``filename``, whatever characters that has."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}"}
    return Response(content, media_type=media_type, headers=headers)
