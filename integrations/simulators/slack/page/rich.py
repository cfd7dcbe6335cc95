"""rich_text and markdown blocks as HTML."""

import re
from html import escape

from markupsafe import Markup

from integrations.simulators.slack.config import Json
from integrations.simulators.slack.page.emoji import picture
from integrations.simulators.slack.page.mrkdwn import Names, date, link, mention

_MARK_TAGS = (("code", "code"), ("bold", "strong"), ("italic", "em"), ("strike", "del"))
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`|\*\*(?P<bold>[^*\n]+)\*\*|\[(?P<label>[^\]\n]+)\]\((?P<url>[^)\s]+)\)|\*(?P<em>[^*\n]+)\*"
)


def rich_text(block: Json, names: Names) -> Markup:
    """A rich_text block as HTML."""
    return Markup("".join(_part(part, names) for part in block["elements"]))


def _part(part: Json, names: Names) -> str:
    if part["type"] == "rich_text_list":
        tag = "ol" if part.get("style") == "ordered" else "ul"
        items = "".join(f"<li>{_inline(item['elements'], names)}</li>" for item in part["elements"])
        return f"<{tag}>{items}</{tag}>"
    inside = _inline(part["elements"], names)
    if part["type"] == "rich_text_preformatted":
        return f"<pre>{inside}</pre>"
    if part["type"] == "rich_text_quote":
        return f"<blockquote>{inside}</blockquote>"
    return f"<p>{inside}</p>".replace("\n", "<br>")


def _inline(elements: list[Json], names: Names) -> str:
    return "".join(_element(element, names) for element in elements)


def _element(element: Json, names: Names) -> str:
    kind = element["type"]
    if kind == "user":
        return mention(element["user_id"], names)
    if kind == "channel":
        channel = element["channel_id"]
        return f'<span class="mention">#{escape(names.channels.get(channel, channel))}</span>'
    if kind == "broadcast":
        return f'<span class="mention">@{escape(element["range"])}</span>'
    if kind == "emoji":
        return str(picture(element["name"]))
    if kind == "date":
        return date(str(element["timestamp"]), element["format"], element.get("fallback", ""))
    shown = (
        link(element["url"], element.get("text", "")) if kind == "link" else escape(element.get("text", ""))
    )
    for mark, tag in _MARK_TAGS:
        if element.get("style", {}).get(mark):
            shown = f"<{tag}>{shown}</{tag}>"
    return shown


def markdown(text: str) -> Markup:
    """The part of Markdown that agents write: headings, lists, fences, code, bold, links."""
    out: list[str] = []
    fence: list[str] | None = None
    for line in text.split("\n"):
        if line.startswith("```"):
            if fence is not None:
                out.append(f"<pre>{escape(chr(10).join(fence))}</pre>")
            fence = [] if fence is None else None
        elif fence is not None:
            fence.append(line)
        else:
            out.append(_markdown_line(line))
    if fence:
        out.append(f"<pre>{escape(chr(10).join(fence))}</pre>")
    return Markup(re.sub(r"</ul><ul>|</ol><ol>", "", "".join(out)))


def _markdown_line(line: str) -> str:
    heading = re.match(r"(#{1,6}) (.+)", line)
    if heading:
        return f"<p><strong>{_span(heading.group(2))}</strong></p>"
    item = re.match(r"\s*(?:([-*+])|\d+[.)]) (.+)", line)
    if item:
        tag = "ul" if item.group(1) else "ol"
        return f"<{tag}><li>{_span(item.group(2))}</li></{tag}>"
    return f"<p>{_span(line)}</p>" if line.strip() else ""


def _span(text: str) -> str:
    out, position = [], 0
    for found in _INLINE.finditer(text):
        out.append(escape(text[position : found.start()]))
        out.append(_inline_mark(found))
        position = found.end()
    return "".join([*out, escape(text[position:])])


def _inline_mark(found: re.Match[str]) -> str:
    if found.group("code") is not None:
        return f"<code>{escape(found.group('code'))}</code>"
    if found.group("bold") is not None:
        return f"<strong>{escape(found.group('bold'))}</strong>"
    if found.group("em") is not None:
        return f"<em>{escape(found.group('em'))}</em>"
    return link(found.group("url"), found.group("label"))
