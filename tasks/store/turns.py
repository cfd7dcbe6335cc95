"""Threads take turns in the order in which they came. A plain lock lets whoever asks first overtake those that sleep on it."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Turns:
    """One at a time, first come first served."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def one(self, *, patience_s: float) -> Iterator[None]:
        """Holds the turn for its block. Raises TimeoutError when it does not come within `patience_s`."""
        if not self._take(patience_s):
            raise TimeoutError
        try:
            yield
        finally:
            self._pass_on()

    def _take(self, patience_s: float) -> bool:
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            gate = Lock()
            gate.acquire()
            self._waiting.append(gate)
        if gate.acquire(timeout=patience_s):
            return True
        with self._guard:
            if gate not in self._waiting:
                return True  # It was handed over in the last moment.
            self._waiting.remove(gate)
            return False

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
