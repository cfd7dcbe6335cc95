"""Slack's mrkdwn as HTML: https://docs.slack.dev/messaging/formatting-message-text. Everything else is escaped."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from integrations.simulators.slack.page.emoji import picture
from integrations.simulators.slack.richtext import unescape

_PIECE = re.compile(r"```(?P<pre>.*?)```|`(?P<code>[^`\n]+)`|<(?P<token>[^<>\n]+)>", re.DOTALL)
_MARKS = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), r"<em>\1</em>"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), r"<del>\1</del>"),
)
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_SLOT = re.compile("\x00(\\d+)\x00")
_SCHEMES = ("http://", "https://", "mailto:")


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called: user id → shown name, channel id → name."""

    users: Mapping[str, str]
    channels: Mapping[str, str]


def to_html(text: str, names: Names) -> Markup:
    """mrkdwn text as safe HTML. Code, links and mentions are set aside first so that marks cannot cut them."""
    slots: list[str] = []

    def set_aside(found: re.Match[str]) -> str:
        slots.append(_piece(found, names))
        return f"\x00{len(slots) - 1}\x00"

    body = escape(unescape(_PIECE.sub(set_aside, text.replace("\x00", ""))), quote=False)
    for pattern, replacement in _MARKS:
        body = pattern.sub(replacement, body)
    body = _EMOJI.sub(lambda found: picture(found.group(1)), body)
    body = _quotes(body)
    return Markup(_SLOT.sub(lambda found: slots[int(found.group(1))], body))


def plain(text: str) -> Markup:
    """Plain text with emoji names replaced."""
    return Markup(_EMOJI.sub(lambda found: picture(found.group(1)), escape(unescape(text), quote=False)))


def link(url: str, label: str) -> str:
    """An anchor for a link that is safe to follow; else its text alone."""
    shown = escape(label or url)
    if not url.lower().startswith(_SCHEMES):
        return shown
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{shown}</a>'


def date(epoch: str, form: str, fallback: str) -> str:
    """A date the browser shows in the viewer's zone; the fallback stands until then."""
    return f'<time data-epoch="{escape(epoch)}" data-format="{escape(form)}">{escape(fallback)}</time>'


def mention(user_id: str, names: Names) -> str:
    return f'<span class="mention">@{escape(names.users.get(user_id, user_id))}</span>'


def _quotes(body: str) -> str:
    lines: list[str] = []
    for line in body.split("\n"):
        quoted = line.startswith("&gt;")
        lines.append(f"<blockquote>{line[4:].lstrip()}</blockquote>" if quoted else f"{line}<br>")
    return "".join(lines).removesuffix("<br>")


def _piece(found: re.Match[str], names: Names) -> str:
    pre, code = found.group("pre"), found.group("code")
    if pre is not None:
        return f"<pre>{escape(unescape(pre.strip(chr(10))))}</pre>"
    if code is not None:
        return f"<code>{escape(unescape(code))}</code>"
    return _token(found.group("token"), names)


def _token(token: str, names: Names) -> str:
    target, _, label = (unescape(part) for part in token.partition("|"))
    kinds: dict[str, Callable[[], str]] = {
        "@": lambda: mention(target[1:], names),
        "#": lambda: (
            f'<span class="mention">#{escape(names.channels.get(target[1:], label or target[1:]))}</span>'
        ),
        "!": lambda: _special(target[1:], label),
    }
    return kinds[target[0]]() if target[:1] in kinds else link(target, label)


def _special(target: str, label: str) -> str:
    if not target.startswith("date^"):
        return f'<span class="mention">@{escape(label or target.partition("^")[0])}</span>'
    parts = target.split("^")
    if len(parts) < 3 or not parts[1].isdigit():
        return escape(label)
    return date(parts[1], parts[2], label)
