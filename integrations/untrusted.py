"""Makes words that others wrote visible: what hides, reorders or overwrites text is taken out before anything is shown."""

import re

_ANSI = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]"
)
_HIDDEN = re.compile(
    "["
    "\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"  # controls but tab, newline, return
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"  # zero width, bidi, specials
    "\ud800-\udfff\U000e0000-\U000e0fff"  # lone surrogates, tags
    "]"
)


def visible(text: str) -> str:
    """The text without terminal codes, control, zero-width, bidirectional and tag characters; lines end in one newline."""
    without = _HIDDEN.sub("", _ANSI.sub("", text))
    return without.replace("\r\n", "\n").replace("\r", "\n")


def one_line(text: str) -> str:
    """Visible text on one line, runs of blanks as one."""
    return " ".join(visible(text).split())


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis stands where something was left out."""
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + "…"


def last_lines(text: str, *, lines: int, chars: int) -> str:
    """The last `lines` lines and `chars` characters of visible text; a first line of "…" says that more came before."""
    kept = [line.rstrip() for line in visible(text).strip("\n").split("\n")]
    short = kept[-lines:] if lines > 0 else []
    while len(short) > 1 and len("\n".join(short)) > chars - 2:
        short = short[1:]
    body = cut("\n".join(short), chars - 2)
    return body if len(short) == len(kept) else f"…\n{body}"
