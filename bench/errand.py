"""The errand that agents are sent on: eight turns, seven commands and a hand-in; the same for Sortie, the bare loop and Claude Code."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

WANTED = "Greet people more dearly."
FILES: Mapping[str, str] = {
    "greeting.py": 'def greet(name):\n    return f"hello, {name}"\n',
    "README.md": "# Greeting\n\nSays hello.\n",
}
COMMANDS = (
    "ls -la",
    "cat greeting.py README.md",
    "grep -rn hello .",
    "sed -i 's/hello, /hello, dear /' greeting.py",
    'python3 -c \'import greeting; assert greeting.greet("bob") == "hello, dear bob"\'',
    "wc -l greeting.py",
    "tail -n 1 greeting.py",
)
TURNS = len(COMMANDS) + 1
ROLE = "Sortie-Role: worker"
CLAUDE_CODE_ROLE = "Errand-Role: claude-code"
"""Appended to Claude Code's own system prompt, so that its side requests (a title, say) are told from the conversation."""
DONE = "The greeting is warmer."


def done(folder: Path) -> bool:
    """Whether somebody was really there."""
    return "hello, dear " in (folder / "greeting.py").read_text()


def script() -> dict[str, Any]:
    """For the model's simulator."""
    handed_in = {"title": "Greet dearly", "summary": DONE, "look_first": [], "not_done": []}
    last = {"label": "done", "calls": [{"tool": "finish", "input": handed_in}], "goto": "done"}
    titled = {"label": "title", "say": "Greet dearly", "goto": "title"}
    return {
        "roles": {
            "triager": {"match": {"system": "Sortie-Role: triager"}, "steps": [titled]},
            "worker": {"match": {"system": ROLE}, "steps": [*_steps("bash"), last]},
        }
    }


def claude_code_script() -> dict[str, Any]:
    """The same in Claude Code's words; whatever else it asks is answered shortly."""
    aside = {"label": "aside", "say": "Greet dearly", "goto": "aside"}
    return {
        "roles": {
            "claude-code": {
                "match": {"system": CLAUDE_CODE_ROLE},
                "steps": [*_steps("Bash", description="Go on"), {"say": DONE}],
            },
            "aside": {"match": {}, "steps": [aside]},
        }
    }


def _steps(tool: str, **more: str) -> list[dict[str, Any]]:
    return [
        {
            "say": f"Step {n}: I look before I go on.",
            "calls": [{"tool": tool, "input": {"command": command, **more}}],
        }
        for n, command in enumerate(COMMANDS, 1)
    ]
