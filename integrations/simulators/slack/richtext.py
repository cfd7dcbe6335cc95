"""What a person types, as Slack stores it: escaped text with mention tokens, and its rich_text block."""

import re
from collections.abc import Callable, Iterable

from integrations.simulators.slack.config import Json, SimUser

_HANDLE = re.compile(r"(?<![\w@`/.<])@([a-z0-9][a-z0-9._-]*)", re.IGNORECASE)
_URL = re.compile(r"(?<![\w<|])https?://[^\s<>|]+[^\s<>|.,;:!?)]")
_TOKEN = re.compile(r"<(?P<token>[^<>]+)>|`(?P<code>[^`\n]+)`")


def typed(text: str) -> str:
    """Text as the composer sends it: `&`, `<` and `>` escaped, bare links wrapped."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _URL.sub(lambda found: f"<{found.group(0)}>", escaped)


def with_mentions(text: str, users: Iterable[SimUser]) -> str:
    """`@handle` of a known user becomes `<@U…>`; everything else stays."""
    by_name = {user.name.lower(): user.id for user in users}

    def token(found: re.Match[str]) -> str:
        user_id = by_name.get(found.group(1).lower())
        return f"<@{user_id}>" if user_id else found.group(0)

    return _HANDLE.sub(token, text)


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def rich_text_block(text: str, block_id: str) -> Json:
    """The rich_text block Slack makes of a typed message."""
    elements = list(_elements(text))
    return {
        "type": "rich_text",
        "block_id": block_id,
        "elements": [{"type": "rich_text_section", "elements": elements}],
    }


def _elements(text: str) -> Iterable[Json]:
    position = 0
    for found in _TOKEN.finditer(text):
        if found.start() > position:
            yield {"type": "text", "text": unescape(text[position : found.start()])}
        code = found.group("code")
        if code is not None:
            yield {"type": "text", "text": unescape(code), "style": {"code": True}}
        else:
            yield _element(found.group("token"))
        position = found.end()
    if position < len(text) or not text:
        yield {"type": "text", "text": unescape(text[position:])}


def _element(token: str) -> Json:
    target, _, label = token.partition("|")
    named: dict[str, Callable[[str], Json]] = {
        "@": lambda rest: {"type": "user", "user_id": rest},
        "#": lambda rest: {"type": "channel", "channel_id": rest},
        "!": lambda rest: {"type": "broadcast", "range": rest},
    }
    if target[0] in named:
        return named[target[0]](target[1:])
    link: Json = {"type": "link", "url": unescape(target)}
    return {**link, "text": unescape(label)} if label else link
