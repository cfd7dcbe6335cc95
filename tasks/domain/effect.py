"""One write to the outside world, wanted: its kind, its place in the queue, its data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    """One write. `slot` names what a newer write of the same slot replaces while unsent ("" = never replaced).

    `lane` orders writes: within one run and lane they happen one after another. Priority 1 is most urgent (UX §5.8).
    """

    kind: str
    lane: str
    priority: int = 3
    slot: str = ""
    data: tuple[tuple[str, str], ...] = ()

    def get(self, key: str) -> str:
        return dict(self.data).get(key, "")


DECISIVE = frozenset({"inspect", "push", "open_pr", "ready", "adopt", "merge", "suggest"})
"""What a run waits for at the code host. Everything else goes its own way and holds none of these up."""

ANSWERS = ("host.people", "host.talk")
"""The lanes of what people are told where they wrote: they are answered even when the run ends meanwhile."""

_LANES = {
    "checks": "host.checks",
    "permission": "host.people",
    "react": "host.talk",
    "answer": "host.talk",
    "relay": "host.talk",
    "close": "host.talk",
    "discard": "host.talk",
    "ask": "host.talk",
    "told": "host.talk",
}


def chat(kind: str, *, priority: int = 3, slot: str = "", lane: str = "", **data: str) -> Effect:
    return Effect(f"chat.{kind}", f"chat.{lane or kind}", priority, slot, tuple(sorted(data.items())))


def host(kind: str, *, priority: int = 3, slot: str = "", **data: str) -> Effect:
    lane = "host" if kind in DECISIVE else _LANES.get(kind, "host.notes")
    return Effect(f"host.{kind}", lane, priority, slot, tuple(sorted(data.items())))
