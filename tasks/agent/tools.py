"""Runs an agent's tools, each as a fresh command inside its sandbox; nothing here ever opens a path of the workspace."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from integrations.errors import Cancelled, Rejected
from integrations.ports import Sandbox
from integrations.types.sandbox import Command, CommandResult, KilledBy, Limits
from tasks.prompts.clean import excerpt, reveal

OUTPUT_CHARACTERS = 16_000
COMMAND_CHARACTERS = 100_000
"""Linux takes at most 128 KiB in one argument."""

DEFAULT_TIMEOUT_S = 120.0
MAX_TIMEOUT_S = 600.0
FILE_TOOL_TIMEOUT_S = 30.0

_PROGRAM = files("tasks.agent.toolbox").joinpath("sortie_tools.py").read_text()
_PYTHON = ("/usr/bin/python3", "-I", "-S", "-c", _PROGRAM)

_KILLED = {
    KilledBy.TIMEOUT: (124, "it ran longer than {limits.wall_s:.0f} s"),
    KilledBy.MEMORY: (137, "it used more than {limits.memory_mb} MiB of memory"),
    KilledBy.PROCESSES: (137, "it started more than {limits.processes} processes"),
    KilledBy.DISK: (137, "it wrote more than {limits.disk_mb} MiB"),
    KilledBy.CPU: (137, "it used more than {limits.cpu_s} s of CPU"),
}


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the model reads."""

    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Toolbox:
    """One agent's hands. `time_left_s` bounds every command; `limits` are the sandbox's own otherwise."""

    sandbox: Sandbox
    limits: Limits
    time_left_s: Callable[[], float]
    cancelled: Callable[[], bool]

    def run(self, tool: str, given: dict[str, Any]) -> ToolResult:
        """Runs `bash`, `view`, `edit` or `search` with an input that fits its schema.

        Raises Cancelled when the run was stopped meanwhile, and the sandbox's Retryable or Rejected when it broke.
        """
        if tool == "bash":
            return self._bash(given["command"], given.get("timeout_s"))
        return self._file_tool(tool, {k: v for k, v in given.items() if v is not None})

    def _bash(self, command: str, timeout_s: int | None) -> ToolResult:
        if "\0" in command or len(command.encode("utf-8", "surrogatepass")) > COMMAND_CHARACTERS:
            return ToolResult("The command has a NUL byte or is too long; it was not run.", is_error=True)
        argv = ("/bin/bash", "-c", command.encode("utf-8", "replace").decode())
        wanted_s = DEFAULT_TIMEOUT_S if timeout_s is None else float(timeout_s)
        result, limits = self._command(Command(argv), min(max(wanted_s, 1.0), MAX_TIMEOUT_S))
        return ToolResult(_told(result, limits))

    def _file_tool(self, tool: str, given: dict[str, Any]) -> ToolResult:
        request = json.dumps({"tool": tool, "input": given}).encode()
        command = Command(_PYTHON, stdin=request, merge_stderr=False)
        result, limits = self._command(command, FILE_TOOL_TIMEOUT_S)
        if result.killed_by:
            return ToolResult(_why_killed(result.killed_by, limits), is_error=True)
        answer = _answer(result.output)
        if answer is None:
            if result.exit_code == 127:
                raise Rejected("The sandbox has no /usr/bin/python3.", code="SBX-005")
            return ToolResult(f"{tool} failed: {_tail(result.stderr)}", is_error=True)
        return ToolResult(_shown(answer["text"]), is_error=not answer["ok"])

    def _command(self, command: Command, wall_s: float) -> tuple[CommandResult, Limits]:
        limits = replace(self.limits, wall_s=max(1.0, min(wall_s, self.time_left_s())))
        result = self.sandbox.run(replace(command, limits=limits), cancelled=self.cancelled)
        if result.killed_by is KilledBy.CANCELLED:
            raise Cancelled("The command was given up.")
        return result, limits


def _told(result: CommandResult, limits: Limits) -> str:
    output = _shown(result.output.decode("utf-8", "replace"))
    if result.killed_by is None:
        return f"exit code: {result.exit_code}\n{output}"
    code = _KILLED[result.killed_by][0]
    return f"exit code: {code}\n{output}\n[killed: {_why_killed(result.killed_by, limits)}]"


def _why_killed(killed_by: KilledBy, limits: Limits) -> str:
    return _KILLED[killed_by][1].format(limits=limits)


def _answer(output: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(output)
    except ValueError:
        return None
    good = (
        isinstance(answer, dict)
        and isinstance(answer.get("text"), str)
        and isinstance(answer.get("ok"), bool)
    )
    return answer if good else None


def _shown(text: str) -> str:
    """What of an output the model sees: valid text, no control characters, nothing invisible, head and tail."""
    valid = text.encode("utf-8", "replace").decode()
    return excerpt(reveal(excerpt(valid, 4 * OUTPUT_CHARACTERS)), OUTPUT_CHARACTERS)


def _tail(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return reveal(lines[-1][:300]) if lines else "no answer"
