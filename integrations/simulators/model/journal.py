"""The log of requests: full bodies, what was answered, and by which step, for tests to look at."""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from integrations.simulators.model.wire import JsonObject

KEPT = 5_000


@dataclass(slots=True)
class Entry:
    """One request. `status` is None while it is being answered or when it never got an answer."""

    number: int
    path: str
    body: JsonObject
    request_id: str
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    role: str | None = None
    step: int | None = None
    label: str | None = None
    turn: int | None = None
    fault: str | None = None
    status: int | None = None
    error: str | None = None
    usage: JsonObject | None = None
    answer: list[JsonObject] | None = None

    def wire(self) -> JsonObject:
        """The entry as `GET /_sim/requests` shows it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Journal:
    """The last requests, oldest first. Headers are not kept, so no key can be."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0

    def open(self, path: str, body: JsonObject, request_id: str) -> Entry:
        """Adds an entry that the answer fills in."""
        self.count += 1
        entry = Entry(self.count, path, body, request_id)
        self.entries.append(entry)
        return entry

    def select(self, *, role: str | None = None, since: int = 0) -> list[JsonObject]:
        """Entries numbered above `since`, of one role when given."""
        held = (e for e in self.entries if e.number > since and (role is None or e.role == role))
        return [e.wire() for e in held]

    def clear(self) -> None:
        """Forgets everything."""
        self.entries.clear()
        self.count = 0
