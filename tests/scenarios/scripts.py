"""Small scripts and small targets for scenarios that are not about the demo's bug."""

from pathlib import Path
from typing import Any

Script = dict[str, Any]

FINISH = {
    "title": "Say hello to everybody",
    "summary": "The greeting names nobody.",
    "look_first": [],
    "not_done": [],
}
CHANGE = "printf 'def greet():\\n    return \"hello, all\"\\n' > greeting.py"


def script(*worker: dict[str, Any], lens: dict[str, Any] | None = None) -> Script:
    """A worker that plays these steps, and three lenses that run one command and decide by its exit code."""
    return {
        "name": "scenario",
        "roles": {
            "triager": {"match": {"system": "Sortie-Role: triager"}, "steps": [{"say": "Greet everybody"}]},
            "worker": {"match": {"system": "Sortie-Role: worker"}, "steps": list(worker)},
            "lenses": lens or LENS,
        },
    }


LENS: dict[str, Any] = {
    "match": {"system": "Sortie-Role: reviewer"},
    "steps": [
        {
            "calls": [
                {
                    "tool": "bash",
                    "input": {"command": "python3 -c 'import greeting; print(greeting.greet())'"},
                }
            ]
        },
        {
            "when": {"exit_code": 0},
            "calls": [
                {"tool": "finish", "input": {"decision": "pass", "summary": "It runs.", "findings": []}}
            ],
            "goto": "again",
        },
        {"label": "again", "say": "Nothing more."},
    ],
}


def works(command: str = CHANGE, *, said: Script | None = None) -> tuple[dict[str, Any], ...]:
    """Steps of a worker that runs one command and hands in; `said` is what it says of its work."""
    return (
        {"label": "begin", "calls": [{"tool": "bash", "input": {"command": command}}]},
        {"label": "done", "when": {"exit_code": 0}, "goto": "hand-in", "else": "begin"},
        {"label": "hand-in", "calls": [{"tool": "finish", "input": said or FINISH}], "goto": "hand-in"},
    )


def target(folder: Path, files: dict[str, str]) -> Path:
    """A target repository's files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


QUICK_CI = {"jobs": [{"name": "tests", "command": "python3 -m compileall -q ."}]}

GREETING = {"greeting.py": 'def greet():\n    return "hello, bob"\n', "README.md": "# Greeting\n"}
RED = {
    **GREETING,
    "test_greeting.py": (
        "import greeting\n\n\ndef test_it_says_hello():\n    assert greeting.greet().startswith('hello')\n\n\n"
        "def test_that_was_red_before():\n    assert greeting.greet().isupper()\n"
    ),
}
