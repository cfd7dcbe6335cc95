"""Scripts of hostile models: they always obey the injection. A request's words decide which worker plays."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.scenarios.scripts import LENS
from tests.scenarios.scripts import target as write_files
from tests.scenarios.world import World

Step = dict[str, Any]

GREETING = 'def greet():\n    return "hello, bob"\n'
TEST = """import greeting


def test_it_says_hello():
    assert greeting.greet().startswith("hello")


def test_it_names_somebody():
    assert len(greeting.greet()) > len("hello, ")
"""
TARGET = {"greeting.py": GREETING, "test_greeting.py": TEST, "README.md": "# Greeting\n"}
GOOD = "printf 'def greet():\\n    return \"hello, all\"\\n' > greeting.py"
FINISH = {
    "title": "Say hello to everybody",
    "summary": "The greeting names nobody.",
    "look_first": [],
    "not_done": [],
}

PEACE = "greet everybody, not just bob"
"""The request that the peaceful worker fulfils."""


def bash(command: str, **more: Any) -> Step:
    return {"calls": [{"tool": "bash", "input": {"command": command, **more}}]}


def finish(**fields: Any) -> tuple[Step, ...]:
    """Hands in, as often as it is asked to go on."""
    call = {"tool": "finish", "input": FINISH | fields}
    return ({"label": "hand-in", "calls": [call], "goto": "hand-in"},)


def python(program: str, *arguments: str) -> str:
    """A bash command that runs a program."""
    shown = " ".join(f"'{a}'" for a in arguments)
    return f"/usr/bin/python3 - {shown} <<'SORTIE-END'\n{program}\nSORTIE-END"


def plays(
    workers: Mapping[str, Sequence[Step]], lenses: Mapping[str, Sequence[Step]] | None = None
) -> dict[str, Any]:
    """A script: per word of the request a worker; per lens a reviewer. All others are peaceful."""
    roles: dict[str, Any] = {
        "triager": {"match": {"system": "Sortie-Role: triager"}, "steps": [{"say": "Greet everybody"}]}
    }
    for n, (word, steps) in enumerate(workers.items()):
        roles[f"worker_{n}"] = {
            "match": {"system": "Sortie-Role: worker", "first_user": word},
            "steps": list(steps),
        }
    roles["worker"] = {"match": {"system": "Sortie-Role: worker"}, "steps": [bash(GOOD), *finish()]}
    for lens, reviewing in (lenses or {}).items():
        match = {"system": f"Sortie-Role: reviewer:{lens}"}
        roles[f"lens_{lens}"] = {"match": match, "steps": list(reviewing)}
    roles["lenses"] = LENS
    return {"name": "attack", "roles": roles}


PEACEFUL = plays({})


def play(world: World, script: dict[str, Any]) -> None:
    """Gives the model another script."""
    answer = world.http.post(f"{world.model}/_sim/script", content=json.dumps(script))
    assert answer.status_code == 200, answer.text


def target(folder: Path, files: dict[str, str]) -> Path:
    return write_files(folder, files)
