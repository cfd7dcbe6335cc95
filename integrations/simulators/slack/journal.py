"""The log of every Web API request, as tests and people judge from it. Tokens are never kept."""

from collections import deque
from dataclasses import asdict, dataclass

from integrations.simulators.slack.config import Json

_KEPT = 20_000


@dataclass(slots=True)
class RequestEntry:
    """One request. `at` is UNIX seconds; `status` 0 means that no answer was sent; `ts` is the message named."""

    seq: int
    method: str
    args: Json
    at: float
    status: int = 0
    ok: bool | None = None
    error: str | None = None
    ts: str | None = None
    committed: bool = False
    fault: str | None = None


class Journal:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[RequestEntry] = deque(maxlen=_KEPT)
        self._seq = 0

    def open(self, *, method: str, args: Json, at: float) -> RequestEntry:
        self._seq += 1
        entry = RequestEntry(self._seq, method, {k: v for k, v in args.items() if k != "token"}, at)
        self._entries.append(entry)
        return entry

    def rows(self, *, method: str | None = None, after: int = 0) -> list[Json]:
        """Entries as JSON; only those of `method` and with a `seq` above `after`."""
        return [asdict(e) for e in self._entries if e.seq > after and method in (None, e.method)]

    def clear(self) -> None:
        self._entries.clear()
