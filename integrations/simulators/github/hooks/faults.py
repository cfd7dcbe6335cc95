"""Faults of webhook delivery: drop, delay, duplicate, reorder."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class HookFault(Generic[T]):
    """What happens to the next `times` deliveries of `event` ("*" for all), optionally of one `action`."""

    kind: str
    event: str = "*"
    action: str | None = None
    times: int = 1
    delay_s: float = 0.0
    held: list[T] = field(default_factory=list)

    def matches(self, event: str, action: str | None) -> bool:
        return self.times > 0 and self.event in ("*", event) and self.action in (None, action)


class HookFaults(Generic[T]):
    """The faults that are armed."""

    KINDS = ("drop", "delay", "duplicate", "reorder")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[HookFault[T]] = []

    def arm(self, raw: dict[str, Any]) -> None:
        """Add a fault. Raises ValueError for an unknown kind."""
        if raw.get("kind") not in self.KINDS:
            raise ValueError(f"kind must be one of {', '.join(self.KINDS)}")
        fault: HookFault[T] = HookFault(
            kind=raw["kind"],
            event=str(raw.get("event", "*")),
            action=raw.get("action"),
            times=int(raw.get("times", 1)),
            delay_s=float(raw.get("delay_s", 0)),
        )
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def plan(self, item: T, *, event: str, action: str | None) -> list[tuple[T, float]]:
        """What to send now because of `item`: (delivery, delay in seconds) in order; empty when dropped or held."""
        with self._lock:
            fault = next((f for f in self._armed if f.matches(event, action)), None)
            if fault is None:
                return [(item, 0.0)]
            fault.times -= 1
            if fault.kind == "drop":
                return []
            if fault.kind == "delay":
                return [(item, fault.delay_s)]
            if fault.kind == "duplicate":
                return [(item, 0.0), (item, 0.0)]
            fault.held.append(item)
            if fault.times > 0:
                return []
            return [(each, 0.0) for each in reversed(fault.held)]
