"""The door of one sandbox: commands come in until it is closed, and closing waits until they are out."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from integrations.sandboxes.errors import BROKE, CLOSED, SandboxBroke, SandboxUnavailable

_EMPTY_S = 10.0


def never() -> bool:
    """Nobody cancels."""
    return False


class Room:
    """Counts the commands inside. Whoever runs one watches `closed` and ends it then."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self.closed = False

    @contextmanager
    def occupied(self) -> Iterator[None]:
        """Around one command. Raises SandboxUnavailable (SBX-008) when closed."""
        with self._changed:
            if self.closed:
                raise SandboxUnavailable("The sandbox is closed.", code=CLOSED, fix="open a new one")
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Let nobody in and wait until it is empty; again is harmless. Raises SandboxBroke when somebody stays."""
        with self._changed:
            self.closed = True
            if not self._changed.wait_for(lambda: self._inside == 0, timeout=_EMPTY_S):
                raise SandboxBroke("A command in the sandbox would not end.", code=BROKE)
