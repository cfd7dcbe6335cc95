"""The one way by which words of agents and people get into Markdown that GitHub renders: they are shown and do nothing."""

import re

from integrations.untrusted import cut, one_line, visible

_SPACE = "\u200b"
_MARKER = re.compile(r"<!--(?=\s*sortie)", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FORMATS = re.compile(r"([\\\[\]*_~|!])")
_REFERENCE = re.compile(r"#(?=\d)|(?<=\bGH)-(?=\d)", re.IGNORECASE)
_SCHEME = re.compile(r"(?<=[A-Za-z]):(?=//)")
_WWW = re.compile(r"\bwww\.(?=\w)", re.IGNORECASE)
_LEADING = re.compile(r"^(\s*)([-+>=]|\d{1,9}(?=[.)]))")


def inert(text: str, limit: int = 300) -> str:
    """One line of untrusted words: no mention, reference, closing keyword, link, image, HTML, comment or format works.

    Paired backticks stay code, where GitHub interprets nothing. `limit` counts characters of the original.
    """
    line = cut(one_line(_COMMENT.sub(" ", text)), limit)
    parts = line.split("`")
    if len(parts) % 2 == 0:
        parts = ["'".join(parts)]
    shown = [_quiet(part) if n % 2 == 0 else code(part) for n, part in enumerate(parts)]
    return _LEADING.sub(lambda m: f"{m.group(1)}{_SPACE}{m.group(2)}", "".join(shown)).strip()


def _quiet(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _FORMATS.sub(r"\\\1", text)
    text = text.replace("@", f"@{_SPACE}")
    text = _SCHEME.sub(f":{_SPACE}", text)
    text = _WWW.sub(f"www{_SPACE}.", text)
    text = _REFERENCE.sub(lambda m: f"{m.group(0)}{_SPACE}", text)
    return f"{_SPACE}{text}" if text.startswith("#") else text


def _no_marker(text: str) -> str:
    """In code nothing is a comment to GitHub, but we look for our own markers in the raw text."""
    return _MARKER.sub(f"<!{_SPACE}--", text)


def code(text: str, limit: int = 200) -> str:
    """Untrusted words as inline code, "" for nothing; a pipe is escaped so that tables hold."""
    inside = cut(_no_marker(one_line(text)), limit).replace("`", "'").replace("|", "¦")
    return f"`{inside}`" if inside else ""


def fence(text: str, *, lines: int = 20, chars: int = 2_000) -> list[str]:
    """Untrusted lines in a fence longer than any run of backticks inside; the first `lines` and `chars` of them."""
    kept = cut("\n".join(_no_marker(visible(text)).strip("\n").split("\n")[:lines]), chars)
    longest = max((len(run) for run in re.findall(r"`+", kept)), default=0)
    bar = "`" * max(3, longest + 1)
    return [f"{bar}text", *kept.split("\n"), bar]
