"""Notices an agent that goes round in circles: warn, then tell it to step back, then stop. Pure.

The patterns are those of OpenHands' stuck detector and Gemini CLI's loop detection; a warning alone is known to be ignored.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

NOTICE = "\n\n[harness] "
"""Begins what the guard adds to a tool's result."""

_DURATION = re.compile(r"(?<![\d.])\d++(?:\.\d++)? ?(?:ms|s|seconds)\b|\b0x[0-9a-f]{6,}+\b")
"""Possessive, and only from a number's start: a result of digits alone must not take the cube of its length."""
_SAME_ACTION = 3
_SAME_OUTCOME = 4
_ALTERNATIONS = 6
_SAME_RESULT = 5
_WINDOW = 12
_CALM_CALLS = 6


class Level(IntEnum):
    """How far the guard has gone."""

    fine = 0
    warned = 1
    step_back = 2
    stop = 3


WORDS = {
    Level.warned: "You repeat yourself: this call and its result are the same as before. Doing it again will not help.",
    Level.step_back: (
        "You are going round in circles. Step back now: say in two sentences what you know and what you have not tried, "
        "choose a different approach, and call `plan` with it if you have that tool. One more repetition ends the work."
    ),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call as the guard sees it: hashes of the arguments and of the result without durations."""

    tool: str
    action: str
    result: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Guard:
    """The last calls and how far we went. `calm` counts the calls since the last repetition."""

    recent: tuple[Call, ...] = ()
    level: Level = Level.fine
    calm: int = 0

    def after(self, call: Call) -> "Guard":
        """The guard after one more call; where the call is a repetition, one level up."""
        recent = (*self.recent, call)[-_WINDOW:]
        if repeats(recent):
            return Guard(recent, Level(min(self.level + 1, Level.stop)), 0)
        calm = self.calm + 1
        return Guard(recent, Level.fine if calm >= _CALM_CALLS else self.level, calm)

    @property
    def words(self) -> str:
        """What to add to the last result; "" when the last call was no repetition."""
        return NOTICE + WORDS[self.level] if self.calm == 0 and self.level in WORDS else ""


def seen(tool: str, given: dict[str, Any], result: str, *, is_error: bool) -> Call:
    """A call for the guard, from its input and the text of its result (with or without our notice).

    A command that succeeds without a word (cp, mkdir, sed -i) counts as a change, like an edit.
    """
    text = _DURATION.sub("", result.split(NOTICE)[0])
    action = _hash(tool + json.dumps(given, sort_keys=True))
    silent = tool == "bash" and text.strip() == "exit code: 0"
    return Call(tool, action, _hash(text), changed=silent or (tool in ("edit", "plan") and not is_error))


def repeats(calls: Iterable[Call]) -> bool:
    """Whether the last call continues one of the four patterns of going in circles."""
    recent = tuple(calls)
    last = recent[-1]
    same = [(c.action, c.result) for c in recent]
    since_change = recent[_last_change(recent) :]
    return (
        _run_of(recent, "action") >= _SAME_ACTION
        or sum((c.action, c.result) == same[-1] for c in since_change) >= _SAME_OUTCOME
        or _alternates(same)
        or (not last.changed and _run_of(recent, "result") >= _SAME_RESULT)
    )


def _run_of(calls: tuple[Call, ...], what: str) -> int:
    """How many calls at the end use the same tool with the same action or result."""
    count = 0
    for call in reversed(calls):
        if call.tool != calls[-1].tool or getattr(call, what) != getattr(calls[-1], what):
            break
        count += 1
    return count


def _last_change(calls: tuple[Call, ...]) -> int:
    """Index after the last call that changed something: looking again after a change is no repetition."""
    return max((n + 1 for n, c in enumerate(calls[:-1]) if c.changed), default=0)


def _alternates(same: list[tuple[str, str]]) -> bool:
    tail = same[-_ALTERNATIONS:]
    return len(tail) == _ALTERNATIONS and tail[0] != tail[1] and tail[:2] * (_ALTERNATIONS // 2) == tail


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
