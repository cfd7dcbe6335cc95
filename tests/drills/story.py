"""The one small story that every drill tells: a greeting is widened, with CI, three lenses and a finding that blocks nothing.

What people say decides how it goes on: the worker asks first, takes its time, fills the disk, answers comments, merges; a lens
insists.
"""

from pathlib import Path
from typing import Any

from tests.scenarios.scripts import FINISH, GREETING, LENS, Script, script, target, works

Step = dict[str, Any]
ASK = "greet everybody, not just bob"
LENSES = 3
CI: dict[str, Any] = {
    "jobs": [{"name": "tests", "command": "python3 -c 'import greeting; greeting.greet()'"}]
}
CHECKS = '[checks]\nlint = "python3 -m compileall -q greeting.py"\n'
NOTE = {
    "severity": "note",
    "path": "greeting.py",
    "line": 2,
    "quote": '    return "{{said}}"',
    "claim": "Nobody is greeted by name any more.",
}
PLAN = {"items": ["Read the greeting", "Greet everybody"]}
QUESTION = {"question": "Everybody in the room, or everybody there is?", "options": ["The room", "All"]}
ANSWER = "The room"
SLOWLY, FULL = "take your time", "use all the space"
SLOW_S = 6
TO_THE_LETTER = "to the letter"
KINDLY = "printf 'def greet():\\n    return \"hello, everybody\"\\n' > greeting.py"
COMMENTS = ("Greet everybody.", "Rename it.")
BOTH = r"(?s)Comment `(?P<a>inline:\d+)`.*Comment `(?P<b>inline:\d+)`"
ONE = r"Comment `(?P<a>(?:chat|comment):\d+)`"
MERGED, FOUND = "The harness merged", "Reviewers tried to break your change"
SAYS = r"(?P<said>hello, \w+)"
STRICT = "grep everybody greeting.py || (echo nobody; exit 1)"
ANSWERS = (
    {"id": "{{a}}", "outcome": "fixed", "text": "It greets everybody now."},
    {"id": "{{b}}", "outcome": "not_changed", "text": "The name is the public API."},
)
EXPLAINER: Step = {
    "match": {"system": "Sortie-Role: explainer"},
    "steps": [
        {"calls": [{"tool": "bash", "input": {"command": "cat greeting.py"}}]},
        {"label": "told", "calls": [{"tool": "finish", "input": {"answer": "It greets."}}], "goto": "told"},
    ],
}
FILL = "dd if=/dev/zero of=big bs=1M 2>&1; code=$?; rm -f big; exit $((code == 0))"
"""Writes until nothing more can be written, and cleans up: succeeds where the disk had an end."""


def greeting_repository(folder: Path) -> Path:
    """A repository without tests of its own, with one check and a CI job."""
    return target(folder, {**GREETING, ".sortie.toml": CHECKS})


def playing() -> Script:
    """A worker that asks first where the request says so, and lenses of which one finds something small."""
    choosing = (
        *_later("", "choose"),
        {"label": "choose", "when": {"user_contains": "ask me first"}, "goto": "ask", "else": "how"},
        {
            "label": "ask",
            "calls": [{"tool": "plan", "input": PLAN}, {"tool": "ask", "input": QUESTION}],
            "goto": "begin",
        },
        {"label": "how", "when": {"user_contains": SLOWLY}, "goto": "slow", "else": "space"},
        {"label": "slow", **_runs("echo one > first.txt")},
        {**_runs(f"sleep {SLOW_S}; rm first.txt"), "goto": "begin"},
        {"label": "space", "when": {"user_contains": FULL}, "goto": "fill", "else": "begin"},
        {"label": "fill", **_runs(FILL), "goto": "begin"},
    )
    told = script(*choosing, *_working())
    noting = {"decision": "pass", "summary": "It runs.", "findings": [NOTE]}
    tests = {"match": {"system": "Sortie-Role: reviewer:tests"}, "steps": _insisting(_finishing(noting))}
    roles = told["roles"]
    lenses = roles.pop("lenses")
    told["roles"] = {**roles, "tests": tests, "lenses": lenses, "explainer": EXPLAINER}
    return told


def _working() -> tuple[Step, ...]:
    """The change, and then whatever is asked for later."""
    *change, hand_in = works()
    return (
        *change,
        {**hand_in, "goto": "later"},
        {"label": "kindly", **_runs(KINDLY), "goto": "hand-in"},
        {"label": "both", **_runs(KINDLY)},
        {"calls": [{"tool": "finish", "input": {**FINISH, "answers": list(ANSWERS)}}], "goto": "later"},
        {"label": "one", **_runs(KINDLY)},
        {"calls": [{"tool": "finish", "input": {**FINISH, "answers": list(ANSWERS[:1])}}], "goto": "later"},
        *_later("later", "hand-in"),
    )


def _later(label: str, otherwise: str) -> tuple[Step, ...]:
    """Where a conversation goes on that was over, or one that begins in its middle: a round is a conversation of its own."""
    first = {"label": label} if label else {}
    return (
        {**first, "when": {"user_matches": BOTH}, "goto": "both"},
        {"when": {"user_contains": MERGED}, "goto": "kindly"},
        {"when": {"user_matches": ONE}, "goto": "one"},
        {"when": {"user_contains": FOUND}, "goto": "kindly", "else": otherwise},
    )


def _insisting(looking: list[Step]) -> list[Step]:
    """A lens that blocks a change which is not what was asked for to the letter."""
    look, finish, *rest = looking
    finding = {
        "severity": "blocking",
        "path": "greeting.py",
        "line": 2,
        "quote": '    return "hello, all"',
        "claim": "Everybody is to be greeted, to the letter.",
        "evidence": {"command": STRICT, "exit_code": 1, "output": "nobody"},
    }
    blocked = {"decision": "block", "summary": "Not what was asked for.", "findings": [finding]}
    return [
        {"when": {"user_contains": TO_THE_LETTER}, "goto": "insist", "else": "look"},
        {"label": "insist", **_runs(STRICT)},
        {"when": {"exit_code": 0}, "goto": "looked"},
        {"calls": [{"tool": "finish", "input": blocked}], "goto": "again"},
        {"label": "look", **look},
        {"label": "looked", **finish},
        *rest,
    ]


def _runs(command: str) -> dict[str, Any]:
    return {"calls": [{"tool": "bash", "input": {"command": command}}]}


def _finishing(answer: dict[str, Any]) -> list[dict[str, Any]]:
    look, _, last = LENS["steps"]
    finish = {
        "when": {"exit_code": 0, "matches": SAYS},
        "calls": [{"tool": "finish", "input": answer}],
        "goto": "again",
    }
    return [look, finish, last]
