"""Reading a set's handouts out of the archive that students download, as safe HTML.

Raw HTML in a handout is shown as text. Formulas stay as the TeX they were written in, in one
piece: Markdown would read ``x_i * y_i`` in them as emphasis.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

__all__ = ["read_statements", "to_html"]

_LARGEST = 512 * 1024


def read_statements(archive: bytes, problems: tuple[str, ...]) -> dict[str, str]:
    """The Markdown of each problem that has a ``<problem>.md`` in the set's archive."""
    if not zipfile.is_zipfile(io.BytesIO(archive)):
        return {}
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        found = {
            PurePosixPath(entry.filename).name: entry
            for entry in opened.infolist()
            if not entry.is_dir() and entry.file_size <= _LARGEST
        }
        return {
            problem: opened.read(found[f"{problem}.md"]).decode("utf-8", errors="replace")
            for problem in problems
            if f"{problem}.md" in found
        }


def to_html(markdown: str) -> Markup:
    """``markdown`` as HTML that contains no markup but what Markdown itself makes."""
    return Markup(_renderer().render(markdown))  # noqa: S704 - html is off: the renderer escapes all text


def _renderer() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Pictures would have to come from somewhere; the security policy allows no other host.
    markdown.disable("image")
    markdown.inline.ruler.before("escape", "tex", _read_tex)
    # Before all other blocks: a line of a formula may begin with "+ b" or "> 0".
    markdown.block.ruler.before(
        "code", "tex_block", _read_tex_block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    markdown.add_render_rule("tex", _write_tex)
    markdown.add_render_rule("tex_block", _write_tex_block)
    markdown.add_render_rule("fence", _write_fence)
    markdown.add_render_rule("table_open", _open_table)
    markdown.add_render_rule("table_close", _close_table)
    return markdown


def _read_tex(state: StateInline, silent: bool) -> bool:
    """Take ``$…$`` and ``$$…$$`` whole. A dollar before a space, or before a digit after it, is money."""
    source, start = state.src, state.pos
    if source[start] != "$":
        return False
    fence = "$$" if source.startswith("$$", start) else "$"
    opening = start + len(fence)
    closing = source.find(fence, opening)
    if closing <= opening:
        return False
    if fence == "$" and (source[opening].isspace() or source[closing - 1].isspace()):
        return False
    if fence == "$" and source[closing + 1 : closing + 2].isdigit():
        return False
    if not silent:
        token = state.push("tex", "span", 0)
        token.content = source[opening:closing].strip("\n")
        token.markup = fence
    state.pos = closing + len(fence)
    return True


def _read_tex_block(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Take a block of lines whole that begins with ``$$`` and ends, on one of its lines, with ``$$``."""
    for last in range(first, end):
        lines = state.getLines(first, last + 1, state.blkIndent, False).strip()
        if not lines.startswith("$$") or state.isEmpty(last):
            return False
        if len(lines) > 2 * len("$$") and lines.endswith("$$"):
            break
    else:
        return False
    if not silent:
        token = state.push("tex_block", "div", 0)
        token.content = lines[2:-2].strip()
        token.map = [first, last + 1]
    state.line = last + 1
    return True


def _write_tex_block(_: RendererHTML, tokens: list[Token], index: int, *_more: object) -> str:
    return f'<div class="tex block">{escape(tokens[index].content)}</div>\n'


# What may be wider than a small screen scrolls by itself, and a keyboard must be able to reach it.


def _write_fence(renderer: RendererHTML, tokens: list[Token], index: int, *more: Any) -> str:
    return renderer.fence(tokens, index, *more).replace("<pre>", '<pre tabindex="0">', 1)


def _open_table(_: RendererHTML, _tokens: list[Token], _index: int, *_more: object) -> str:
    return '<div class="wide-table" tabindex="0"><table>\n'


def _close_table(_: RendererHTML, _tokens: list[Token], _index: int, *_more: object) -> str:
    return "</table></div>\n"


def _write_tex(_: RendererHTML, tokens: list[Token], index: int, *_more: object) -> str:
    token = tokens[index]
    kind = "tex block" if token.markup == "$$" else "tex"
    return f'<span class="{kind}">{escape(token.content)}</span>'
