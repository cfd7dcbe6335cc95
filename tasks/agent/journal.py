"""What an agent needs of the world around it besides model and tools: a memory, a clock, and people's words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from integrations.types.model import Message, Usage


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the harness to the agent. `label` is its first line and unique in the conversation: it is said once."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn that is complete: the model answered and its tools ran. `messages` are those it added.

    `heard` counts the people's words the agent has read by now; `tools` are the names of the tools it called.
    """

    number: int
    messages: tuple[Message, ...]
    tools: tuple[str, ...]
    model: str
    usage: Usage
    prompt_hash: str
    heard: int = 0
    note: str = ""


class Journal(Protocol):
    """Where an agent's turns go and where it hears from."""

    def conversation(self) -> tuple[Message, ...]:
        """The messages of all turns kept so far, oldest first."""
        ...

    def keep(self, turn: Turn) -> None:
        """Makes a turn last."""
        ...

    def planned(self, items: tuple[str, ...]) -> None: ...

    def assumed(self, question: str, options: tuple[str, ...], default: str) -> None:
        """A question that the work does not wait for."""
        ...

    def words(self) -> tuple[Said, ...]:
        """Everything people said to this agent so far, oldest first."""
        ...

    def spent_usd(self) -> float:
        """What the whole run has cost so far, as far as prices are known."""
        ...

    def cancelled(self) -> bool: ...

    def now(self) -> datetime: ...
