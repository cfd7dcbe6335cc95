"""From a reply's tool calls to their results: checks each one, runs it or says in a sentence why not. Never raises for bad input."""

import re
from dataclasses import dataclass
from typing import Any

from integrations.errors import Rejected
from integrations.types.model import Block, ModelReply, ToolSpec
from tasks.agent.journal import Journal
from tasks.agent.schema import problems
from tasks.agent.tools import Toolbox
from tasks.agent.trajectory import UNREADABLE, result_of

MALFORMED = "malformed:"
"""As the model client marks an input it could not read (integrations/models/stream.py)."""

COMMAND_REFUSED = "SBX-006"

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_CONTROL = ("plan", "propose", "ask", "finish")

HANDED_IN = "Handed in. The harness goes on from here."
SENT = "The question was sent. Work goes on when it is answered."
PROPOSED = "The plan is shown. Work goes on when somebody has answered."
_ACCEPTED = {"finish": HANDED_IN, "propose": PROPOSED, "ask": SENT}


def readable(reply: ModelReply, taken: set[str]) -> tuple[list[Block], dict[str, str]]:
    """The reply's blocks so that they can be sent back, and the faults of its calls by id.

    A repeated id or an impossible tool name would make the API refuse the conversation for ever, so they are replaced.
    """
    content: list[Block] = []
    faults: dict[str, str] = {}
    used = set(taken)
    for block in reply.content:
        if block["type"] == "tool_use":
            why = reply.extra.get(MALFORMED + str(block["id"]), "")
            why = f"its input could not be read: {why}." if why else ""
            if block["id"] in used:
                block = {**block, "id": _unused(str(block["id"]), used)}
                why = "its id was used before. Send it again."
            if not _NAME.fullmatch(str(block["name"])):
                block = {**block, "name": "unknown"}
            used.add(block["id"])
            if why:
                faults[block["id"]] = why
        content.append(block)
    return content, faults


def _unused(name: str, used: set[str]) -> str:
    number = 2
    while f"{name}_{number}" in used:
        number += 1
    return f"{name}_{number}"


@dataclass(frozen=True, slots=True)
class Hands:
    """Runs calls in their order. `finish`, `propose` and a blocking `ask` end the turn: what comes after them is not run."""

    tools: tuple[ToolSpec, ...]
    toolbox: Toolbox
    journal: Journal

    def run(self, calls: list[Block], faults: dict[str, str]) -> list[Block]:
        """One result per call. Raises what the sandbox raises when it breaks, and Cancelled."""
        results: list[Block] = []
        over = ""
        failed = False
        for call in calls:
            if over:
                results.append(result_of(call, f"Not run: {over} came before it.", is_error=True))
                continue
            fault = faults.get(call["id"]) or self._fault(call)
            if fault:
                result = result_of(call, UNREADABLE + fault, is_error=True)
            elif call["name"] in _CONTROL:
                result = self._control(call, failed)
                over = call["name"] if _ends(call, result) else ""
            else:
                result = self._tool(call)
            failed = failed or bool(result.get("is_error"))
            results.append(result)
        return results

    def _fault(self, call: Block) -> str:
        spec = next((tool for tool in self.tools if tool.name == call["name"]), None)
        if spec is None:
            names = ", ".join(tool.name for tool in self.tools)
            return f"there is no tool `{call['name'][:40]}`; there are {names}."
        return " ".join(problems(call["input"], spec.schema)[:5])

    def _control(self, call: Block, failed: bool) -> Block:
        """The tools that speak to the harness; what they ask for is a request, never a command it must follow."""
        given: dict[str, Any] = call["input"]
        if call["name"] == "plan":
            self.journal.planned(tuple(str(item) for item in given["items"]))
            return result_of(call, "The plan is shown.")
        if call["name"] == "ask" and given.get("default"):
            options = tuple(str(option) for option in given.get("options") or ())
            self.journal.assumed(str(given["question"]), options, str(given["default"]))
            return result_of(call, f'Going with "{given["default"]}"; people see that it is an assumption.')
        if failed:
            return result_of(
                call, "Not done: an earlier call of this turn failed. Look at it first.", is_error=True
            )
        return result_of(call, _ACCEPTED[call["name"]])

    def _tool(self, call: Block) -> Block:
        try:
            result = self.toolbox.run(call["name"], call["input"])
        except Rejected as error:
            if error.code != COMMAND_REFUSED:
                raise
            return result_of(call, f"The command was not run: {error.message}", is_error=True)
        return result_of(call, result.text, is_error=result.is_error)


def _ends(call: Block, result: Block) -> bool:
    blocking = call["name"] in ("finish", "propose") or (
        call["name"] == "ask" and not call["input"].get("default")
    )
    return blocking and not result.get("is_error")
