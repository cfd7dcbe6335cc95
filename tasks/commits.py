"""Several threads, one transaction: what waits while another commits is committed together next."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

from tasks.store.errors import StoreDown
from tasks.store.store import Store, Tx

T = TypeVar("T")


class _Piece(Generic[T]):
    """One thread's part: what it wants done, and what came of it once that is committed."""

    def __init__(self, work: Callable[[Tx], T]) -> None:
        self.work = work
        self.answers: list[T] = []
        self.tried = False
        self.down: StoreDown | None = None


class Commits:
    """Safe for threads. Every commit is a write to the disk, and they would queue for it one by one.

    Where a common transaction fails, each piece is done in one of its own, so that nobody pays for another's fault.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leading, self._guard = Lock(), Lock()
        self._waiting: list[_Piece[object]] = []
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")

    def do(self, work: Callable[[Tx], T]) -> T:
        """Runs `work` in a transaction and returns its answer once that is committed. Raises what it raises, and StoreDown."""
        mine = _Piece(work)
        with self._guard:
            self._waiting.append(mine)  # type: ignore[arg-type]  # its answer is read by this thread alone
        with self._leading:
            if not mine.tried:
                self._lead()
        if mine.down is not None:
            raise mine.down
        if not mine.answers:
            with self._store.writing() as tx:
                return work(tx)
        return mine.answers[0]

    def close(self) -> None:
        self._thread.shutdown(wait=True)

    def _lead(self) -> None:
        with self._guard:
            group, self._waiting = self._waiting, []
        trial = self._thread.submit(self._all, group)
        failure, alone = trial.exception(), len(group) == 1
        for piece in group:
            piece.tried = True
            piece.down = failure if alone and isinstance(failure, StoreDown) else None

    def _all(self, group: Sequence[_Piece[object]]) -> None:
        with self._store.writing() as tx:
            answers = [piece.work(tx) for piece in group]
        for piece, answer in zip(group, answers, strict=True):
            piece.answers.append(answer)
