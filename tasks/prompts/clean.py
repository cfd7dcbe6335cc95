"""Makes text from people and programs safe to show a model: what a reader cannot see is removed or shown, and counted. Pure."""

import re
from dataclasses import dataclass

_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_HIDDEN = re.compile(f"[{_INVISIBLE}]")
_JOINED = re.compile(f"(?<=[^\x00-\x7f{_INVISIBLE}])[\u200c\u200d\ufe0e\ufe0f](?![{_INVISIBLE}])")
"""One joiner or variation selector after a letter that is not ASCII is how emoji and several scripts are written."""

_ANSI = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system commands: titles, links
    r"|\x1b[PX^_].*?(?:\x1b\\|$)"  # device control strings
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor
    r"|\x1b[ -/]*[0-~]"
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\u0085]")

_COMMENT = re.compile(r"<!--.*?(?:--!?>|\Z)", re.DOTALL)
_IMAGE = re.compile(r"!\[(?:[^\[\]]|\[[^\[\]]*\])*\](?:\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\])?")
_LINK_TITLE = re.compile(r"(\]\(\s*[^\s()]+)\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\))\s*\)")
_REFERENCE_TITLE = re.compile(
    r"^([ \t]*\[[^\]]{1,999}\]:\s{0,99}\S+)[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\))", re.MULTILINE
)
_ATTRIBUTE = re.compile(
    r"(<[a-zA-Z][^<>]*?)(?<!\s)\s++(?:alt|title|placeholder|aria-[\w-]+|data-[\w-]+)\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+)"
)
_NUMERIC_ENTITY = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));?")
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Text without what a reader would not see; `hidden` counts the characters taken out."""

    text: str
    hidden: int


def clean(text: str) -> Cleaned:
    """What a person wrote: invisible characters, HTML comments, alt texts and titles are removed and counted."""
    shown = _entities(_plain(text))
    hidden = 0
    for _ in range(_ROUNDS):
        after = _without_markup(shown)
        hidden += len(shown) - len(after)
        if after == shown:
            break
        shown = after
    return Cleaned(shown, hidden + len(text) - len(_CONTROL.sub("", _ANSI.sub("", text))))


def reveal(text: str) -> str:
    """What a program printed or a file holds: nothing is lost, what cannot be seen is written as <U+200B>."""
    kept: set[int] = {found.start() for found in _JOINED.finditer(text)}

    def show(found: re.Match[str]) -> str:
        return found.group() if found.start() in kept else f"<U+{ord(found.group()):04X}>"

    return _plain(_HIDDEN.sub(show, text))


def excerpt(text: str, limit: int) -> str:
    """At most `limit` characters: the head and the tail, with a line that says how much was left out between."""
    if len(text) <= limit:
        return text
    head = limit // 2
    tail = limit - head
    return f"{text[:head]}\n[… {len(text) - limit} characters left out …]\n{text[-tail:]}"


def _plain(text: str) -> str:
    """Without escape sequences and control characters; a lone carriage return cannot overwrite a line any more."""
    return _CONTROL.sub("", _LINE_BREAKS.sub("\n", _ANSI.sub("", text)))


def _without_markup(text: str) -> str:
    joined = {found.start() for found in _JOINED.finditer(text)}
    text = _HIDDEN.sub(lambda found: found.group() if found.start() in joined else "", text)
    text = _COMMENT.sub("", text)
    text = _IMAGE.sub("[image]", text)
    text = _LINK_TITLE.sub(r"\1)", text)
    text = _REFERENCE_TITLE.sub(r"\1", text)
    return _ATTRIBUTE.sub(r"\1", text)


def _entities(text: str) -> str:
    """Numeric entities as the characters they stand for, so that nothing hides behind them."""

    def decode(found: re.Match[str]) -> str:
        number = int(found[1], 16) if found[1] else int(found[2])
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"

    return _CONTROL.sub("", _NUMERIC_ENTITY.sub(decode, text))
