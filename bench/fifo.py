"""The plain way to write to Slack: one queue in the order of asking, several hands, each waiting out what it is told to wait."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

Write = Callable[[WebClient], object]
HANDS = 8


@dataclass(slots=True)
class Fifo:
    """`done` maps the name of each write that has one to the UNIX time of its answer."""

    done: dict[str, float] = field(default_factory=dict)
    _waiting: "queue.SimpleQueue[tuple[str, Write] | None]" = field(default_factory=queue.SimpleQueue)

    def wants(self, write: Write, name: str = "") -> None:
        self._waiting.put((name, write))

    @property
    def left(self) -> int:
        return self._waiting.qsize()

    def work(self, client: WebClient, closing: threading.Event) -> None:
        while not closing.is_set() and (wanted := self._waiting.get()) is not None:
            name, write = wanted
            try:
                write(client)
            except SlackApiError as refused:
                if refused.response.get("error") not in ("no_reaction", "already_reacted"):
                    raise
            if name:
                self.done[name] = time.time()

    def end(self) -> None:
        for _ in range(HANDS):
            self._waiting.put(None)


@contextmanager
def working(api_url: str, token: str) -> Iterator[Fifo]:
    """A queue with its hands, until the block ends; what is still waiting then is never written."""
    fifo, closing = Fifo(), threading.Event()
    for _ in range(HANDS):
        client = WebClient(
            token, base_url=api_url, retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=1_000)]
        )
        threading.Thread(target=fifo.work, args=(client, closing), daemon=True).start()
    try:
        yield fifo
    finally:
        closing.set()
        fifo.end()
