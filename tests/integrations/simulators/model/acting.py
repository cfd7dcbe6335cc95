"""A stand-in agent: the real SDK's streaming client and real tools in a real checkout, and nothing else."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anthropic import Anthropic
from anthropic.types import Message, MessageParam, ToolParam, ToolResultBlockParam

from tests.integrations.simulators.model.serving import MODEL

_PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "bash": ("command",),
    "view": ("path",),
    "edit": ("path", "old", "new"),
    "search": ("pattern",),
    "ask": ("question",),
    "plan": ("items",),
    "finish": ("summary",),
}
TOOLS: list[ToolParam] = [
    {"name": name, "description": name, "input_schema": {"type": "object", "required": list(required)}}
    for name, required in _PROPERTIES.items()
]


@dataclass(slots=True)
class Agent:
    """One role at work in `workspace`. `answer` is what a person says to `ask`."""

    client: Anthropic
    role: str
    workspace: Path
    toolchain: Path
    answer: str = "Refuse with 422"
    messages: list[MessageParam] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def work(self, request: str, *, turns: int = 30) -> dict[str, Any] | None:
        """Plays turns until `finish`; None when the model stops without it or the turns run out."""
        self.say(request)
        for _ in range(turns):
            message = self.turn()
            if message.stop_reason != "tool_use":
                return None
            finished = self.run_tools(message)
            if finished is not None:
                return finished
        return None

    def say(self, text: str) -> None:
        """Adds words of the client, after the last tool results where there are some."""
        self.messages.append({"role": "user", "content": [{"type": "text", "text": text}]})

    def turn(self) -> Message:
        """One streamed model call over the whole conversation."""
        with self.client.messages.stream(
            model=MODEL,
            max_tokens=4096,
            system=f"You are one agent of many.\nSortie-Role: {self.role}\n",
            tools=TOOLS,
            messages=self.messages,
        ) as stream:
            return stream.get_final_message()

    def run_tools(self, message: Message) -> dict[str, Any] | None:
        """Runs the calls and appends turn and results; the input of `finish` when it was called."""
        self.messages.append(message.to_param())
        results: list[ToolResultBlockParam] = []
        finished = None
        for block in message.content:
            if block.type != "tool_use":
                continue
            self.calls.append((block.name, dict(block.input)))
            text, failed = self._tool(block.name, block.input)
            results.append(
                {"type": "tool_result", "tool_use_id": block.id, "content": text, "is_error": failed}
            )
            if block.name == "finish":
                finished = dict(block.input)
        self.messages.append({"role": "user", "content": results})
        return finished

    def _tool(self, name: str, given: Mapping[str, Any]) -> tuple[str, bool]:
        known: dict[str, Callable[[Mapping[str, Any]], tuple[str, bool]]] = {
            "bash": self._bash,
            "view": self._view,
            "edit": self._edit,
            "search": self._search,
        }
        if name == "ask":
            return self.answer, False
        return known[name](given) if name in known else ("noted", False)

    def _bash(self, given: Mapping[str, Any]) -> tuple[str, bool]:
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.workspace),
            "TMPDIR": str(self.workspace.parent),
            "PYTHONPATH": str(self.toolchain),
            "PYTHONDONTWRITEBYTECODE": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        done = subprocess.run(
            ["/bin/bash", "-c", given["command"]],
            cwd=self.workspace,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return f"exit code: {done.returncode}\n{done.stdout}", False

    def _view(self, given: Mapping[str, Any]) -> tuple[str, bool]:
        lines = (self.workspace / given["path"]).read_text().splitlines()
        return "\n".join(lines[given.get("start", 1) - 1 : given.get("end")]), False

    def _edit(self, given: Mapping[str, Any]) -> tuple[str, bool]:
        path = self.workspace / given["path"]
        if given["old"] == "":
            if path.exists():
                return "the file exists", True
            path.write_text(given["new"])
            return "created", False
        text = path.read_text()
        if text.count(given["old"]) != 1:
            return f"old text found {text.count(given['old'])} times", True
        path.write_text(text.replace(given["old"], given["new"]))
        return "edited", False

    def _search(self, given: Mapping[str, Any]) -> tuple[str, bool]:
        hits = [
            f"{path.relative_to(self.workspace)}:{number}:{line}"
            for path in sorted((self.workspace / given.get("path", ".")).rglob("*.py"))
            for number, line in enumerate(path.read_text().splitlines(), 1)
            if re.search(given["pattern"], line)
        ]
        return "\n".join(hits), False
