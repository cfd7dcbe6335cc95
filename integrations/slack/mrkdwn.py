"""Spans to Slack's mrkdwn: everything is escaped, and only our own spans become formats, links, mentions and dates."""

import re
from collections.abc import Callable
from datetime import UTC
from itertools import groupby

from integrations.types.chat import (
    Break,
    ChannelMention,
    Code,
    Link,
    Mention,
    Plain,
    Quoted,
    Span,
    Text,
    When,
)
from integrations.untrusted import cut, one_line

Redact = Callable[[str], str]

UNTRUSTED_CHARS = 2_200
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}")
_URL = re.compile(r"https?://[^\s<>|]{1,2900}")
_AT = re.compile(r"@(?=[A-Za-z!^])")
_EMOJI = re.compile(r":(?=[a-z0-9_+'-]{1,100}:)")
_FORMATS = str.maketrans({"*": "∗", "~": "∼"})


def escape(text: str) -> str:
    """Slack's three control characters: https://docs.slack.dev/messaging/formatting-message-text#escaping"""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(text: Text, *, longest: int, redact: Redact) -> str:
    """One mrkdwn string of at most `longest` characters, cut between or inside spans but never inside a token."""
    room = longest - 2
    pieces: list[str] = []
    for bold, group in groupby(text, key=_is_bold):
        inside = ""
        for span in group:
            fitting = _fit(span, room - len(inside) - (2 if bold else 0), redact)
            inside += fitting
        pieces.append(_embolden(inside) if bold else inside)
        room -= len(pieces[-1])
    return "".join(pieces).strip("\n") or "–"


def plain(text: str, *, longest: int, redact: Redact) -> str:
    """Text for a plain_text object, where nothing is parsed but emoji names."""
    return cut(_quiet(redact(one_line(text))), longest) or "–"


def sentence(text: str, *, redact: Redact) -> str:
    """The top-level text of a message, which notifications show and Slack parses."""
    return escape(cut(_flat(redact(one_line(text))), 600)) or "–"


def _is_bold(span: Span) -> bool:
    return isinstance(span, (Plain, Quoted)) and span.bold


def _embolden(inside: str) -> str:
    """Slack takes no blanks next to the stars."""
    core = inside.strip(" ")
    if not core:
        return inside
    lead = len(inside) - len(inside.lstrip(" "))
    tail = len(inside) - len(inside.rstrip(" "))
    return f"{' ' * lead}*{core}*{' ' * tail}"


def _fit(span: Span, room: int, redact: Redact) -> str:
    """The span as mrkdwn in at most `room` characters: words are cut, tokens are left out whole."""
    rendered = _render(span, None, redact)
    if len(rendered) <= room:
        return rendered
    if isinstance(span, (Plain, Quoted, Code)):
        size = room
        while size > 8:
            rendered = _render(span, size, redact)
            if len(rendered) <= room:
                return rendered
            size = size * 2 // 3
    return ""


def _render(span: Span, size: int | None, redact: Redact) -> str:
    match span:
        case Plain(text):
            return escape(text if size is None else cut(text, size))
        case Quoted(text, _, limit):
            return _quoted(redact(one_line(text)), min(size or limit, limit, UNTRUSTED_CHARS))
        case Code(text, limit):
            inside = cut(redact(one_line(text)).replace("`", "'"), min(size or limit, limit, UNTRUSTED_CHARS))
            return f"`{escape(inside)}`" if inside else ""
        case Link(url, label):
            name = escape(cut(_flat(redact(one_line(label))).replace("|", "¦").replace("`", "'"), 200))
            return f"<{url.replace('&', '&amp;')}|{name or 'link'}>" if _URL.fullmatch(url) else name
        case Mention(user):
            return f"<@{user}>" if _USER.fullmatch(user) else escape(cut(_quiet(one_line(user)), 40))
        case ChannelMention(channel):
            return (
                f"<#{channel}>" if _CHANNEL.fullmatch(channel) else escape(cut(_quiet(one_line(channel)), 40))
            )
        case When(at):
            time = at.astimezone(UTC)
            return f"<!date^{int(time.timestamp())}^{{time}}|{time:%H:%M} UTC>"
        case Break():
            return "\n"


def _quoted(text: str, limit: int) -> str:
    """Untrusted words; paired backticks stay code, every other format is taken from them."""
    parts = cut(text, limit).split("`")
    if len(parts) % 2 == 0:
        parts = ["'".join(parts)]
    shown = []
    for n, part in enumerate(parts):
        if n % 2 == 0:
            shown.append(escape(_flat(part)))
        elif part.strip():
            shown.append(f"`{escape(part)}`")
    return "".join(shown)


def _flat(text: str) -> str:
    """Without mentions, emoji, bold and strike-through."""
    return _quiet(text).translate(_FORMATS)


def _quiet(text: str) -> str:
    """A zero-width space after @ and before emoji names, so that nothing is notified or drawn."""
    return _EMOJI.sub(":\u200b", _AT.sub("@\u200b", text))
