"""Arrivals that share a commit: in their order, all or none, and nobody pays for another's fault."""

import asyncio
import threading
from collections.abc import Sequence

from bot.together import MOST, Together


class Hopeless(Exception):
    """Nothing can be done now."""


class Desk:
    """Notes what it was handed together; refuses every group with a bad item in it, and everything once it is broken."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.broken = False

    def work(self, items: Sequence[int]) -> list[str]:
        self.groups.append(list(items))
        self.go_on.wait(10)
        if self.broken:
            raise Hopeless
        if any(item < 0 for item in items):
            raise ValueError(items)
        return [f"done {item}" for item in items]


async def all_of(desk: Desk, items: Sequence[int], *, while_first_waits: bool) -> list[str | BaseException]:
    together = Together(desk.work, hopeless=lambda failure: isinstance(failure, Hopeless), name="test")
    if while_first_waits:
        desk.go_on.clear()
    asked = [asyncio.create_task(together.do(items[0]))]
    while while_first_waits and not desk.groups:
        await asyncio.sleep(0.001)
    asked += [asyncio.create_task(together.do(item)) for item in items[1:]]
    await asyncio.sleep(0.01)
    assert not while_first_waits or not any(task.done() for task in asked)
    desk.go_on.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert together.idle
    together.close()
    return answers


def test_what_comes_while_one_is_stored_is_stored_together_next_in_its_order() -> None:
    desk = Desk()
    answers = asyncio.run(all_of(desk, range(5), while_first_waits=True))
    assert desk.groups == [[0], [1, 2, 3, 4]]
    assert answers == [f"done {n}" for n in range(5)]


def test_what_comes_in_one_moment_is_one_group() -> None:
    desk = Desk()
    asyncio.run(all_of(desk, range(5), while_first_waits=False))
    assert desk.groups == [[0, 1, 2, 3, 4]]


def test_a_group_does_not_grow_without_end() -> None:
    desk = Desk()
    asyncio.run(all_of(desk, range(MOST + 2), while_first_waits=True))
    assert [len(group) for group in desk.groups] == [1, MOST, 1]


def test_whoever_is_at_fault_fails_alone() -> None:
    desk = Desk()
    answers = asyncio.run(all_of(desk, (1, 2, -3, 4), while_first_waits=False))
    assert desk.groups == [[1, 2, -3, 4], [1], [2], [-3], [4]]
    assert [type(a) for a in answers] == [str, str, ValueError, str]


def test_while_nothing_can_be_done_the_rest_is_not_tried_one_by_one() -> None:
    desk = Desk()
    desk.broken = True
    answers = asyncio.run(all_of(desk, range(6), while_first_waits=False))
    assert desk.groups == [[0, 1, 2, 3, 4, 5], [0]]
    assert [type(a) for a in answers] == [Hopeless] * 6
