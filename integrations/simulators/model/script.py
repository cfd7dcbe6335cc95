"""The shape of a script (docs/model-scripts.md): roles, steps, conditions. Loading is in `loading`."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt


class FaultKind(StrEnum):
    """What can go wrong on demand."""

    OVERLOADED = "overloaded_529"
    RATE_LIMIT = "rate_limit_429"
    SPEND_LIMIT = "spend_limit_429"
    SERVER_ERROR = "server_500"
    STREAM_ERROR = "stream_error_overloaded"
    STREAM_EOF = "stream_eof"
    RESET = "connection_reset"
    HANG = "hang"
    REFUSAL = "refusal"
    MAX_TOKENS = "max_tokens"
    MALFORMED_JSON = "malformed_tool_json"
    UNKNOWN_TOOL = "unknown_tool"
    DUPLICATE_IDS = "duplicate_tool_ids"
    EMPTY = "empty_content"


StopReason = Literal[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
]
Lines = str | list[str]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Match(_Strict):
    """How a conversation is recognised. Every key that is given must hold; keys ending in `_matches` are regexes."""

    system: str | None = None
    system_matches: str | None = None
    first_user: str | None = None
    first_user_matches: str | None = None
    model: str | None = None


class Condition(_Strict):
    """Every key that is given must hold. Tool keys look at one result of the last round of calls (`call`, default last)."""

    call: int = -1
    exit_code: int | list[int] | Literal["zero", "nonzero"] | None = None
    contains: Lines | None = None
    lacks: Lines | None = None
    matches: str | None = None
    is_error: bool | None = None
    user_contains: str | None = None
    user_matches: str | None = None
    request_contains: str | None = None
    request_matches: str | None = None
    turn: int | None = None
    turn_at_least: int | None = None
    all: list["Condition"] | None = None
    any: list["Condition"] | None = None
    negated: "Condition | None" = Field(default=None, alias="not")

    def patterns(self) -> list[str]:
        """Every regex in this condition that can capture (those under `not` cannot)."""
        own = [p for p in (self.matches, self.user_matches, self.request_matches) if p is not None]
        return own + [p for c in [*(self.all or ()), *(self.any or ())] for p in c.patterns()]


class Call(_Strict):
    """One tool call. Strings anywhere in `input` may hold `{{name}}`; `{"$lines": […]}` joins lines."""

    tool: str = Field(min_length=1)
    input: dict[str, Any] = Field(default_factory=dict)


class Fault(_Strict):
    """A fault that happens `times` times. `retry_after_s` is told in `retry-after`; `hold_s` is how long `hang` holds."""

    kind: FaultKind
    times: PositiveInt = 1
    retry_after_s: float = 1.0
    hold_s: float = 600.0
    mid_stream: bool = False


class Step(_Strict):
    """One turn of the model, or (without anything to say or call) a mere branch."""

    label: str | None = None
    when: Condition | None = None
    otherwise: str | None = Field(default=None, alias="else")
    say: Lines | None = None
    answer: Any = Field(default=None, alias="json")
    think: Lines | None = None
    calls: list[Call] = Field(default_factory=list)
    stop: StopReason | None = None
    fault: FaultKind | Fault | None = None
    delay_s: float = 0.0
    goto: str | None = None
    part: str | None = None

    @property
    def has_content(self) -> bool:
        """Whether playing this step makes an assistant turn."""
        return (
            bool(self.calls)
            or self.stop is not None
            or any(v is not None for v in (self.say, self.answer, self.think))
        )

    @property
    def planned_fault(self) -> Fault | None:
        return Fault(kind=self.fault) if isinstance(self.fault, FaultKind) else self.fault


class Role(_Strict):
    """One conversation of the script."""

    match: Match
    steps: list[Step] = Field(min_length=1)


class Script(_Strict):
    """A script as written: `include` names files relative to it; `parts` are step lists to splice in."""

    name: str = ""
    about: Lines = ""
    include: list[str] = Field(default_factory=list)
    parts: dict[str, list[Step]] = Field(default_factory=dict)
    roles: dict[str, Role] = Field(default_factory=dict)


def text_of(lines: Lines) -> str:
    """A string as it is, a list of strings as lines."""
    return lines if isinstance(lines, str) else "\n".join(lines)
