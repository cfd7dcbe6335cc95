"""Every request the simulator got, with secrets removed."""

from __future__ import annotations

import itertools
import json
import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from integrations.simulators.github.model.tokens import redact

KEPT = 50_000
MAX_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. `body` is parsed JSON, or text; `fault` names the fault that hit it."""

    n: int
    at: str
    method: str
    path: str
    query: str
    body: Any
    status: int
    actor: str
    user_agent: str
    ms: float
    fault: str | None


class RequestLog:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(
        self,
        request: tuple[str, str, str],
        *,
        body: bytes,
        status: int,
        who: tuple[str, str],
        ms: float,
        fault: str | None = None,
    ) -> None:
        """Record a request (method, path, query), its raw body, the answer's status and (actor, user agent)."""
        method, path, query = request
        with self._lock:
            self._entries.append(
                Entry(
                    n=next(self._numbers),
                    at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                    method=method,
                    path=path,
                    query=redact(query),
                    body=_readable(body),
                    status=status,
                    actor=who[0],
                    user_agent=who[1],
                    ms=round(ms, 1),
                    fault=fault,
                )
            )

    def listing(self, *, since: int = 0, method: str | None = None) -> list[dict[str, Any]]:
        """Entries after number `since`."""
        with self._lock:
            found = [e for e in self._entries if e.n > since and method in (None, e.method)]
        return [asdict(e) for e in found]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def _readable(body: bytes) -> Any:
    if not body:
        return None
    text = redact(body[:MAX_BODY].decode(errors="replace"))
    try:
        return json.loads(text)
    except ValueError:
        return text
