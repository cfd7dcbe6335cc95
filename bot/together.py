"""Many at once: whatever waits while one piece of work is done is done together next, so that arrivals share a commit."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST = 256
"""So many at once at most: nobody's transaction shall grow without end."""


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item, Answer]):
    item: Item
    answer: asyncio.Future[Answer]


class Together(Generic[Item, Answer]):
    """Hands all waiting items to `work`, in their order, in one thread; it happens for all of them or for none.

    Where it fails for several, each is tried alone, so that nobody pays for another's fault; after an error that is
    `hopeless` the rest are not tried. Call it from one event loop only.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Answer]],
        *,
        hopeless: Callable[[BaseException], bool],
        name: str,
    ) -> None:
        self._work = work
        self._hopeless = hopeless
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._waiting: deque[_Waiting[Item, Answer]] = deque()
        self._worker: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        return self._worker is None

    async def do(self, item: Item) -> Answer:
        """What `work` says to this item; raises what it raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append(_Waiting(item, answer))
        if self._worker is None:
            self._worker = loop.create_task(self._all())
        return await answer

    def close(self) -> None:
        self._thread.shutdown(wait=True)

    async def _all(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # What has come in the same moment is read first.
                group = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                await self._group(group)
        finally:
            self._worker = None

    async def _group(self, group: list[_Waiting[Item, Answer]]) -> None:
        failure = await self._tried(group)
        if failure is None:
            return
        if len(group) == 1:
            _refuse(group, failure)
            return
        for number, one in enumerate(group):
            failure = await self._tried([one])
            if failure is not None and self._hopeless(failure):
                _refuse(group[number:], failure)
                return
            if failure is not None:
                _refuse([one], failure)

    async def _tried(self, group: list[_Waiting[Item, Answer]]) -> BaseException | None:
        """Why it failed; None when everybody has an answer."""
        loop = asyncio.get_running_loop()
        try:
            trial = loop.run_in_executor(self._thread, self._work, [one.item for one in group])
        except RuntimeError as closed:  # no thread to be had: everybody hears it, and nobody waits
            return closed
        (outcome,) = await asyncio.gather(trial, return_exceptions=True)
        if isinstance(outcome, BaseException):
            return outcome
        for one, answer in zip(group, outcome, strict=True):
            if not one.answer.done():
                one.answer.set_result(answer)
        return None


def _refuse(group: Sequence[_Waiting[Item, Answer]], failure: BaseException) -> None:
    for one in group:
        if not one.answer.done():
            one.answer.set_exception(failure)
