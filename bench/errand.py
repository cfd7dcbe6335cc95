"""The errand that agents are sent on: eight turns, seven commands and a hand-in; the same for Sortie and for the bare loop."""

from collections.abc import Mapping
from typing import Any

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


def script() -> dict[str, Any]:
    """For the model's simulator."""
    steps: list[dict[str, Any]] = [
        {
            "say": f"Step {n}: I look before I go on.",
            "calls": [{"tool": "bash", "input": {"command": command}}],
        }
        for n, command in enumerate(COMMANDS, 1)
    ]
    done = {"title": "Greet dearly", "summary": "The greeting is warmer.", "look_first": [], "not_done": []}
    last = {"label": "done", "calls": [{"tool": "finish", "input": done}], "goto": "done"}
    titled = {"label": "title", "say": "Greet dearly", "goto": "title"}
    return {
        "roles": {
            "triager": {"match": {"system": "Sortie-Role: triager"}, "steps": [titled]},
            "worker": {"match": {"system": ROLE}, "steps": [*steps, last]},
        }
    }
