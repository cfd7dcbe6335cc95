"""A change as GitHub's suggestions: which of its parts can be one, and the review that holds them. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from integrations.types.code_host import ReviewComment
from tasks.domain.run import Run
from tasks.messages import words
from tasks.messages.markdown import code, fence, inert
from tasks.messages.words import Links

MOST = 20
PATCH_LINES, PATCH_CHARACTERS = 300, 20_000
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_FENCE = re.compile(r"`+")
Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Hunk:
    """One part of a diff: `count` lines from `first` on become `new`. `text` is the part as it stands in the diff."""

    path: str
    first: int
    count: int
    new: tuple[str, ...]
    text: str
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Suggestions:
    """`comments` are what can be taken by a click; `rest` are the parts of the change that cannot, as a patch."""

    comments: tuple[ReviewComment, ...]
    rest: str
    whole: str

    def as_a_patch(self) -> "Suggestions":
        return replace(self, comments=(), rest=self.whole)


def comments(change: str, shown: str, read: Read) -> Suggestions:
    """`change` is the diff without context of what is suggested, `shown` the pull request's own: only its lines can be written on.

    `read` gives a file of the pull request's head.
    """
    places = _places(shown)
    made: list[ReviewComment] = []
    rest: list[str] = []
    for hunk in _hunks(change):
        comment = _comment(hunk, places.get(hunk.path, ()), read) if len(made) < MOST else None
        if comment:
            made.append(comment)
        else:
            rest.append(f"--- a/{hunk.path}\n+++ b/{hunk.path}\n{hunk.text}")
    return Suggestions(tuple(made), "\n".join(rest), change)


def _comment(hunk: Hunk, spans: tuple[range, ...], read: Read) -> ReviewComment | None:
    """The suggestion for one part; None where GitHub could not take it: another file, no line to stand on, no plain text."""
    if not hunk.plain or hunk.first < 1:
        return None
    last, new = hunk.first + max(hunk.count, 1) - 1, hunk.new
    if not any(hunk.first in span and last in span for span in spans):
        return None
    if hunk.count == 0:
        lines = (read(hunk.path) or b"").decode("utf-8", "replace").split("\n")
        if hunk.first > len(lines):
            return None
        new = (lines[hunk.first - 1], *new)
    longest = max((len(run) for line in new for run in _FENCE.findall(line)), default=0)
    bar = "`" * max(3, longest + 1)
    start = hunk.first if last > hunk.first else 0
    return ReviewComment(hunk.path, last, "\n".join([f"{bar}suggestion", *new, bar]), start)


def _hunks(diff: str) -> list[Hunk]:
    """The parts of a diff without context. What makes, removes or renames a file, or has no newline at its end, is not plain."""
    found: list[Hunk] = []
    path, plain = "", True
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            path, plain = "", True
        elif line.startswith(("new file", "deleted file", "old mode", "similarity")):
            plain = False
        elif not path and line.startswith("+++ "):
            path = line.removeprefix("+++ b/") if line.startswith("+++ b/") else line.removeprefix("+++ ")
            plain = plain and line.startswith("+++ b/")
        elif at := _HUNK.match(line):
            count = int(at.group(2) or 1)
            found.append(Hunk(path, int(at.group(1)), count, (), line, plain))
        elif found and path and line[:1] in ("+", "-", "\\"):
            found[-1] = _with_line(found[-1], line)
    return found


def _with_line(hunk: Hunk, line: str) -> Hunk:
    new = (*hunk.new, line[1:]) if line[0] == "+" else hunk.new
    odd = line[0] == "\\" or "\r" in line or "\ufffd" in line or "<!-- sortie" in line.lower()
    whole = hunk.plain and not odd
    return replace(hunk, new=new, text=f"{hunk.text}\n{line}", plain=whole)


def _places(diff: str) -> dict[str, tuple[range, ...]]:
    """The lines of the new files that a diff with context shows."""
    found: dict[str, tuple[range, ...]] = {}
    path = ""
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            path = ""
        elif not path and line.startswith("+++ b/"):
            path = line.removeprefix("+++ b/")
        elif path and (at := _HUNK.match(line)):
            first, count = int(at.group(3)), int(at.group(4) or 1)
            found[path] = (*found.get(path, ()), range(first, first + count))
    return found


def review_marker(run: Run) -> str:
    """The hidden line that tells this review from all others."""
    return f"<!-- sortie run={run.id} kind=suggestions -->"


def review_body(run: Run, made: Suggestions, *, links: Links) -> str:
    """What the suggestions are, what the checks said of all of them together, and what cannot be taken by a click."""
    who, head = code(run.request.requester.name), code(run.asked_head[:12])
    told = words.count(len(made.comments), "suggestion")
    lines = [
        review_marker(run),
        f"{who}: {told} for {head}. This branch is on a fork, so nothing is pushed to it.",
    ]
    lines += ["", *(f"> {inert(line, 400)}" for line in _summary(run))]
    gates = [
        f"- {inert(gate.name, 40)}: {inert(words.gate_words(gate))}" for gate in run.gates if gate.command
    ]
    lines += ["", "With all of it the checks said:", "", *gates] if gates else []
    if made.rest.strip():
        patch = fence(made.rest, lines=PATCH_LINES, chars=PATCH_CHARACTERS)
        lines += ["", "What cannot be a suggestion:", "", *patch]
    return "\n".join([*lines, "", f"[{run.id}]({links.run(run.id)})"])


def _summary(run: Run) -> list[str]:
    said = run.submission.summary if run.submission else ""
    return [line for line in said.splitlines() if line.strip()][:5]
