"""Faults on demand: queued by the control API or planned by a step, each happening a counted number of times."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from integrations.simulators.model.script import Fault, FaultKind
from integrations.simulators.model.transcript import Conversation
from integrations.simulators.model.wire import ApiError, JsonObject

CONTENT_KINDS = frozenset(
    {
        FaultKind.REFUSAL,
        FaultKind.MAX_TOKENS,
        FaultKind.MALFORMED_JSON,
        FaultKind.UNKNOWN_TOOL,
        FaultKind.DUPLICATE_IDS,
        FaultKind.EMPTY,
    }
)


class FaultMatch(BaseModel):
    """Which requests a queued fault waits for. Every key that is given must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: str | None = None
    model: str | None = None
    stream: bool | None = None
    contains: str | None = None


class QueuedFault(Fault):
    """A fault posted to `/_sim/faults`."""

    match: FaultMatch = FaultMatch()


@dataclass(slots=True)
class FaultBook:
    """Faults still to happen, and how often each step's own fault has happened in each conversation."""

    queue: list[QueuedFault] = field(default_factory=list)
    planned: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def take_queued(self, role: str, conversation: Conversation, *, stream: bool) -> Fault | None:
        """The first queued fault for this request, used up by one."""
        for index, fault in enumerate(self.queue):
            if _waits_for(fault.match, role, conversation, stream=stream):
                left = fault.times - 1
                self.queue[index : index + 1] = [fault.model_copy(update={"times": left})] if left else []
                return fault
        return None

    def happened(self, role: str, conversation: Conversation, step: int) -> int:
        """How often the step's own fault has happened in this conversation."""
        return self.planned[_key(role, conversation, step)]

    def note_planned(self, role: str, conversation: Conversation, step: int) -> None:
        """Counts one more."""
        self.planned[_key(role, conversation, step)] += 1

    def clear(self) -> None:
        """Forgets all faults and counts."""
        self.queue.clear()
        self.planned.clear()


def _key(role: str, conversation: Conversation, step: int) -> tuple[str, str, int]:
    opening = f"{conversation.system}\0{conversation.inputs[0].text}"
    return hashlib.sha256(opening.encode()).hexdigest(), role, step


def _waits_for(match: FaultMatch, role: str, conversation: Conversation, *, stream: bool) -> bool:
    checks = (
        match.role is None or match.role == role,
        match.model is None or match.model == conversation.model,
        match.stream is None or match.stream == stream,
        match.contains is None or any(match.contains in i.text for i in conversation.inputs),
    )
    return all(checks)


def http_error(fault: Fault) -> ApiError | None:
    """The error answer of a fault that is one, else None.

    Source of the codes: https://platform.claude.com/docs/en/api/errors and the SDK's error classes.
    """
    retry = {"retry-after": f"{fault.retry_after_s:g}"}
    match fault.kind:
        case FaultKind.OVERLOADED:
            return ApiError(529, "overloaded_error", "Overloaded", headers=retry)
        case FaultKind.RATE_LIMIT:
            text = "This request would exceed your organization's rate limit of 2,000,000 input tokens per minute."
            return ApiError(429, "rate_limit_error", text, headers=retry)
        case FaultKind.SPEND_LIMIT:
            details: JsonObject = {"error_code": "enforced_spend_limit_reached"}
            text = "Your organization has reached its monthly API usage threshold."
            return ApiError(429, "rate_limit_error", text, details)
        case FaultKind.SERVER_ERROR:
            return ApiError(500, "api_error", "Internal server error")
        case _:
            return None


def overloaded() -> ApiError:
    """What a stream that breaks off with an error event says; outside a stream it is HTTP 529."""
    return ApiError(529, "overloaded_error", "Overloaded")
