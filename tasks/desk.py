"""The hands of the publisher for one kind of write."""

import threading


class Desk:
    """The hands for one kind of write, so that a slow push never keeps a message waiting. `stirred` is set when one gets free."""

    def __init__(self, prefix: str, hands: int, stirred: threading.Event) -> None:
        self.prefix, self.free = prefix, hands
        self._stirred, self._lock = stirred, threading.Lock()

    def take(self) -> None:
        with self._lock:
            self.free -= 1

    def give_back(self) -> None:
        with self._lock:
            self.free += 1
        self._stirred.set()
