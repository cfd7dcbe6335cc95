"""Several things asked for at once: a list in one message, or the lines of a slash command. Pure."""

import re

MOST = 10
"""More than this is one request with a long list, whatever it looks like."""
_LEAD_WORDS = 12

_ITEM = re.compile(r"\s{0,3}(?:[-*\u2022\u25e6]|\(?\d{1,2}[.)])\s+(\S.*)")
_FENCE = re.compile(r"\s*```")


def several(text: str, *, slash: bool = False) -> tuple[str, ...]:
    """The requests that a text may be, () where it is one.

    A list counts only at the top, below nothing or a short line that ends in a colon: one below a real request says what that
    one has to do. Of a slash command every line is one. Whoever asks is asked which it is: what reads like a list of requests may
    be one's acceptance criteria.
    """
    lines = text.strip().splitlines()
    if any(_FENCE.match(line) for line in lines):
        return ()
    filled = [line for line in lines if line.strip()]
    items = _listed(filled)
    if not items and slash:
        items = tuple(line.strip() for line in filled)
    requests = tuple(item for item in items if len(item.split()) > 1)
    return requests if 2 <= len(requests) <= MOST and len(requests) == len(items) else ()


def _listed(lines: list[str]) -> tuple[str, ...]:
    """The items of a list that is all there is, but for a short line above it; what hangs below an item belongs to that."""
    first = next((n for n, line in enumerate(lines) if _ITEM.fullmatch(line)), None)
    if first is None or first > 1 or (first == 1 and not _leads(lines[0])):
        return ()
    items: list[str] = []
    for line in lines[first:]:
        if found := _ITEM.fullmatch(line):
            items.append(found.group(1).strip())
        elif line[:1].isspace():
            items[-1] = f"{items[-1]} {line.strip()}"
        else:
            return ()
    return tuple(items)


def _leads(line: str) -> bool:
    return line.rstrip().endswith(":") and len(line.split()) <= _LEAD_WORDS
