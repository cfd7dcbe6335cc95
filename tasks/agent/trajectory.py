"""One agent's conversation as messages. Everything that decides how it goes on can be read from it, so a resumed one is the same."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from integrations.types.model import Block, Message
from tasks.agent.journal import Said
from tasks.agent.outcome import Asked, Finished, Proposed

NO_ANSWER = "(no answer)"
"""Stands for an empty reply: the API takes no empty message back."""


@dataclass(slots=True)
class Trajectory:
    """`messages` are stored; `pending` blocks go out with the next call and are stored with its turn."""

    messages: list[Message] = field(default_factory=list)
    pending: list[Block] = field(default_factory=list)

    @classmethod
    def resume(cls, stored: tuple[Message, ...]) -> "Trajectory":
        """The conversation as stored. A turn is stored when its tools have run; one without results at the end is dropped."""
        messages = list(stored)
        if messages and messages[-1]["role"] == "assistant" and calls_of(messages[-1]):
            messages.pop()
        return cls(messages)

    def say(self, said: Said) -> None:
        """Puts a message into the next call, unless it was said before."""
        if not self.has(said.label):
            self.pending.append({"type": "text", "text": f"{said.label}\n\n{said.text}".strip()})

    def has(self, label: str) -> bool:
        """Whether a block of ours begins with this line. Results of tools are blocks of another type: they cannot forge one."""
        blocks = [b for m in self.messages if m["role"] == "user" for b in m["content"]] + self.pending
        return any(b["type"] == "text" and b["text"].split("\n", 1)[0] == label for b in blocks)

    def request(self) -> tuple[Message, ...]:
        """What to send: neighbours of one role as one message, the pending blocks last."""
        outgoing = [*self.messages, *self._pending_message()]
        merged: list[Message] = []
        for message in outgoing:
            if merged and merged[-1]["role"] == message["role"]:
                content = [*merged[-1]["content"], *message["content"]]
                merged[-1] = {"role": message["role"], "content": content}
            else:
                merged.append(message)
        return tuple(merged)

    def add(self, answer: tuple[Block, ...], results: list[Block]) -> tuple[Message, ...]:
        """Takes a reply and the results of its tools; returns the messages this turn added."""
        content = list(answer) or [{"type": "text", "text": NO_ANSWER}]
        added = [*self._pending_message(), {"role": "assistant", "content": content}]
        if results:
            added.append({"role": "user", "content": results})
        self.messages += added
        self.pending = []
        return tuple(added)

    def _pending_message(self) -> list[Message]:
        return [{"role": "user", "content": self.pending}] if self.pending else []

    @property
    def turns(self) -> int:
        """How often the model has answered."""
        return sum(m["role"] == "assistant" for m in self.messages)

    @property
    def needs_a_word(self) -> bool:
        """Whether the model spoke last and nothing would be said to it: it would continue its own text."""
        return not self.pending and bool(self.messages) and self.messages[-1]["role"] == "assistant"

    def idle_turns(self) -> int:
        """How many replies at the end called no tool."""
        count = 0
        for message in reversed(self.messages):
            if message["role"] == "assistant":
                if calls_of(message):
                    break
                count += 1
        return count

    def unreadable_turns(self) -> int:
        """How many turns at the end had no call that could be run."""
        count = 0
        for turn in reversed(list(self._turns())):
            if not turn or not all(
                r.get("is_error") and r.get("content", "").startswith(UNREADABLE) for _, r in turn
            ):
                break
            count += 1
        return count

    def ids(self) -> set[str]:
        """Every tool_use id so far."""
        return {c["id"] for m in self.messages if m["role"] == "assistant" for c in calls_of(m)}

    def calls(self) -> Iterator[tuple[Block, Block]]:
        """Every tool call so far with its result."""
        for turn in self._turns():
            yield from turn

    def outcome(self) -> Finished | Asked | Proposed | None:
        """What the last turn ended in, when nothing was said after it: an accepted finish, a plan, or a question."""
        if self.pending or not self.messages or _has_text(self.messages[-1]):
            return None
        for call, result in next(reversed(list(self._turns())), []):
            if result.get("is_error"):
                continue
            if call["name"] == "finish":
                return Finished(call["input"], self.assumed())
            if call["name"] == "propose":
                shown = (call["input"].get(name) or () for name in ("items", "files", "not_doing"))
                return Proposed(*(tuple(map(str, part)) for part in shown))
            if call["name"] == "ask" and not call["input"].get("default"):
                return Asked(call["input"]["question"], tuple(call["input"].get("options") or ()))
        return None

    def assumed(self) -> tuple[str, ...]:
        """The questions that went on with a default, as sentences."""
        return tuple(
            f"Assumed {call['input']['default']!r} for: {call['input']['question']}"
            for call, result in self.calls()
            if call["name"] == "ask" and call["input"].get("default") and not result.get("is_error")
        )

    def _turns(self) -> Iterator[list[tuple[Block, Block]]]:
        results: dict[str, Block] = {
            b["tool_use_id"]: b
            for m in self.messages
            if m["role"] == "user"
            for b in m["content"]
            if b["type"] == "tool_result"
        }
        for message in self.messages:
            if message["role"] == "assistant":
                yield [(c, results[c["id"]]) for c in calls_of(message) if c["id"] in results]


UNREADABLE = "This call could not be run: "
"""Begins the result of a call that is malformed, unknown or lacks a field."""


def calls_of(message: Message) -> list[Block]:
    """The tool_use blocks of an assistant message."""
    return [b for b in message["content"] if b["type"] == "tool_use"]


def result_of(call: Block, text: str, *, is_error: bool = False) -> Block:
    """The tool_result block that answers a tool_use block."""
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": call["id"], "content": text}
    return {**block, "is_error": True} if is_error else block


def _has_text(message: Message) -> bool:
    return message["role"] == "user" and any(b["type"] == "text" for b in message["content"])
