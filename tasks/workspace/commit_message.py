"""The message of the commit the harness makes: an agent's title and body, disarmed, and trailers that only we write."""

import re
import textwrap
from dataclasses import dataclass

from tasks.workspace.advertising import without_advertising

TITLE_LENGTH = 72
_BODY_LINES = 60
_BODY_WIDTH = 76
_MOST = 8_000
"""Characters of an agent's text that are looked at: what it may write has no limit, a commit message has."""

_SKIP = re.compile(
    r"\[\s*(?:skip[\s-]+(?:ci|actions|checks)|(?:ci|actions)[\s-]+skip|no[\s-]+ci)\s*\]|\*\*\*\s*NO_CI\s*\*\*\*",
    re.I,
)
_TRAILER = re.compile(
    r"^\s*(?:[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+|cc|fixes|closes|run|bug|refs?|link)\s*:", re.I
)
_CHERRY = re.compile(r"^\s*\(cherry picked from commit", re.I)
_CLOSING = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+(?=(?:https?://|[\w.-]+/[\w.-]+#|gh-|#)\S*\d)", re.I
)
_ISSUE = re.compile(r"(?<![&\w])#(?=\d)|\bGH-(?=\d)", re.I)
_REMOTE_ISSUE = re.compile(r"(?<![\w.-])([\w.-]++/[\w.-]++)#(?=\d)")
_MENTION = re.compile(r"(?<![\w.])@(?=[A-Za-z0-9])")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.S)


@dataclass(frozen=True, slots=True)
class Trailers:
    """What the last paragraph says. `coauthor` is "name <address>" as code hosts read it, "" for nobody."""

    requested_by: str
    run_id: str
    coauthor: str = ""

    def text(self) -> str:
        lines = [
            f"Requested-by: {_one_line(disarmed(self.requested_by)) or 'unknown'}",
            f"Run: {_one_line(self.run_id)}",
        ]
        if whom := _one_line(disarmed(self.coauthor)):
            lines.append(f"Co-authored-by: {whom}")
        return "\n".join(lines)


def commit_message(title: str, body: str, trailers: Trailers, *, own: frozenset[str] = frozenset()) -> str:
    """The whole message. Nothing the agent wrote can mention a person, close an issue, skip CI or pass for a trailer, and
    nothing advertises; `own` are names of vendors and models that may stand in it, in lower case.
    """
    paragraphs = [_cut(_one_line(_plain(title, own)) or f"Change requested in {trailers.run_id}")]
    if text := _wrapped(_plain(body, own)):
        paragraphs.append(text)
    paragraphs.append(trailers.text())
    return "\n\n".join(paragraphs) + "\n"


def _plain(text: str, own: frozenset[str]) -> str:
    # What is taken away may put together what steers CI.
    return disarmed(without_advertising(disarmed(text[:_MOST]), own=own))


def disarmed(text: str) -> str:
    """Agent text without hidden characters, trailers, mentions, issue references and words that steer CI."""
    visible = "".join(
        c for c in _COMMENT.sub("", text.replace("\r\n", "\n")) if c == "\n" or c == "\t" or c.isprintable()
    )
    lines = [_line(line) for line in visible.split("\n") if not (_TRAILER.match(line) or _CHERRY.match(line))]
    # Removing one marker may put the next one together.
    joined = "\n".join(lines)
    while (cleaned := _SKIP.sub("", joined)) != joined:
        joined = cleaned
    return joined.strip()


def _line(line: str) -> str:
    without = _CLOSING.sub("see ", line)
    without = _REMOTE_ISSUE.sub(r"\1 ", without)
    return _MENTION.sub("", _ISSUE.sub("", without)).rstrip()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cut(title: str) -> str:
    return (
        title
        if len(title) <= TITLE_LENGTH
        else textwrap.shorten(title, TITLE_LENGTH, placeholder=" …") or title[:TITLE_LENGTH]
    )


def _wrapped(body: str) -> str:
    out: list[str] = []
    for line in body.split("\n"):
        indented = line[:1].isspace() or line.startswith(("-", "*", "|", "`"))
        out.extend([line] if indented or len(line) <= _BODY_WIDTH else textwrap.wrap(line, _BODY_WIDTH))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out[:_BODY_LINES])).strip()
