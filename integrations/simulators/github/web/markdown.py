"""Markdown to HTML that is safe to show: a few harmless tags pass, everything else of HTML is text."""

from __future__ import annotations

import html
import re
from collections.abc import MutableMapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_SAFE = re.compile(
    r"(</?(?:details|summary|sub|sup|kbd|br|b|i|strong|em|code|p|table|tr|td|th)\s*/?>|<details open>)"
)


def clean(text: str) -> str:
    """HTML with comments dropped, harmless tags kept and all other markup shown as text."""
    parts = _SAFE.split(_COMMENT.sub("", text))
    return "".join(part if n % 2 else html.escape(part) for n, part in enumerate(parts))


class _Renderer(RendererHTML):
    def html_block(
        self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]
    ) -> str:
        return clean(tokens[idx].content)

    def html_inline(
        self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]
    ) -> str:
        return clean(tokens[idx].content)


_MARKDOWN = MarkdownIt("commonmark", {"html": True, "breaks": True}, renderer_cls=_Renderer)
_MARKDOWN.enable(["table", "strikethrough"]).disable("image")


def render(text: str | None) -> Markup:
    """Markdown as HTML; images are not loaded."""
    return Markup(_MARKDOWN.render(text or ""))
