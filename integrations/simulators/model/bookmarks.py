"""Tool call ids that remember which step made them, so that a position survives compaction of the transcript."""

import re
import secrets
import string
import zlib
from dataclasses import dataclass

_ALPHABET = string.ascii_letters + string.digits
_ID = re.compile(r"toolu_01S([0-9a-f]{8})([0-9a-f]{3})([0-9a-f]{4})([cp])[0-9A-Za-z]{8}")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """The step that played a turn and the turn's number; `cut` says a fault spoilt it, so the step is still due."""

    role: str
    step: int
    turn: int
    cut: bool = False


def role_mark(role: str) -> str:
    """The eight hex digits that stand for a role's name in an id."""
    return f"{zlib.crc32(role.encode()):08x}"


def tool_id(bookmark: Bookmark) -> str:
    """A fresh vendor-shaped tool call id holding `bookmark`."""
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    flag = "c" if bookmark.cut else "p"
    return f"toolu_01S{role_mark(bookmark.role)}{bookmark.step:03x}{bookmark.turn:04x}{flag}{tail}"


def read_bookmark(ids: tuple[str, ...]) -> Bookmark | None:
    """The bookmark in the first id that has one; `role` is then the role's mark, not its name."""
    for candidate in ids:
        if found := _ID.fullmatch(candidate):
            return Bookmark(found[1], int(found[2], 16), int(found[3], 16), found[4] == "c")
    return None
