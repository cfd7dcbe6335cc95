"""The one small story that every drill tells: a greeting is widened, with CI, three lenses and a finding that blocks nothing."""

from pathlib import Path
from typing import Any

from tests.scenarios.scripts import GREETING, LENS, Script, script, target, works

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
    "quote": '    return "hello, all"',
    "claim": "Nobody is greeted by name any more.",
}
PLAN = {"items": ["Read the greeting", "Greet everybody"]}
QUESTION = {"question": "Everybody in the room, or everybody there is?", "options": ["The room", "All"]}
ANSWER = "The room"
SLOWLY, FULL = "take your time", "use all the space"
SLOW_S = 6
FILL = "dd if=/dev/zero of=big bs=1M 2>&1; code=$?; rm -f big; exit $((code == 0))"
"""Writes until nothing more can be written, and cleans up: succeeds where the disk had an end."""


def greeting_repository(folder: Path) -> Path:
    """A repository without tests of its own, with one check and a CI job."""
    return target(folder, {**GREETING, ".sortie.toml": CHECKS})


def playing() -> Script:
    """A worker that asks first where the request says so, and lenses of which one finds something small."""
    choosing = (
        {"when": {"user_contains": "ask me first"}, "goto": "ask", "else": "how"},
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
    told = script(*choosing, *works())
    noting = {"decision": "pass", "summary": "It runs.", "findings": [NOTE]}
    tests = {"match": {"system": "Sortie-Role: reviewer:tests"}, "steps": _finishing(noting)}
    roles = told["roles"]
    lenses = roles.pop("lenses")
    told["roles"] = {**roles, "tests": tests, "lenses": lenses}
    return told


def _runs(command: str) -> dict[str, Any]:
    return {"calls": [{"tool": "bash", "input": {"command": command}}]}


def _finishing(answer: dict[str, Any]) -> list[dict[str, Any]]:
    look, _, last = LENS["steps"]
    finish = {"when": {"exit_code": 0}, "calls": [{"tool": "finish", "input": answer}], "goto": "again"}
    return [look, finish, last]
