"""Calls of several threads that want the same thing now: one is made for all that asked before it began."""

from collections.abc import Callable, Hashable
from threading import Event, Lock
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class _Call(Generic[Answer]):
    """A call that has not begun yet; `answer` stays empty where it fails."""

    def __init__(self) -> None:
        self.answer: list[Answer] = []
        self.over = Event()


class Shared(Generic[Answer]):
    """Nobody gets an answer that is older than the question: a call that is under way already is waited for, not shared.

    Where the call fails, whoever shared it makes one of its own, and meets its own error.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._coming: dict[Hashable, _Call[Answer]] = {}
        self._under_way: dict[Hashable, Lock] = {}

    def do(self, key: Hashable, work: Callable[[], Answer]) -> Answer:
        """The answer of a call of this key that began after this was asked. Raises what `work` raises."""
        with self._guard:
            shared = self._coming.get(key)
            call = shared or self._coming.setdefault(key, _Call())
            turn = self._under_way.setdefault(key, Lock())
        if shared:
            shared.over.wait()
            return shared.answer[0] if shared.answer else work()
        with turn:
            with self._guard:
                del self._coming[key]
            try:
                call.answer.append(work())
            finally:
                call.over.set()
        return call.answer[0]
