"""How an agent's work can end, as types."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finished:
    """It called finish. `input` fits the schema of its finish tool; `assumed` are its questions that a default answered."""

    input: dict[str, Any]
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """It asked something it cannot go on without."""

    question: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GaveUp:
    """It did not finish. `code` is of the error table, `message` one sentence for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """It showed what it would do, and waits for a yes."""

    items: tuple[str, ...]
    files: tuple[str, ...] = ()
    not_doing: tuple[str, ...] = ()


AgentOutcome = Finished | Asked | Proposed | GaveUp

NOT_FINISHED = "AGT-001"
OUT_OF_TURNS = "AGT-002"
NO_PROGRESS = "AGT-003"
UNREADABLE_CALLS = "AGT-004"
OUT_OF_MONEY = "MOD-004"
REFUSED = "MOD-005"
TOO_LONG = "MOD-006"
OUT_OF_TIME = "SLA-001"
