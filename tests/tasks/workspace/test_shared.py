"""One fetch for all who asked before it began; never one that was under way already."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tasks.workspace.shared import Shared
from tests.support.eventually import until


class Fetches:
    """Each call waits until it is let go; then it says which call it was, or fails."""

    def __init__(self) -> None:
        self.begun = 0
        self.failing: set[int] = set()
        self.go_on = threading.Semaphore(0)

    def __call__(self) -> int:
        self.begun += 1
        mine = self.begun
        assert self.go_on.acquire(timeout=10)
        if mine in self.failing:
            raise OSError(f"call {mine}")
        return mine


def asked(
    shared: Shared[int], fetches: Fetches, pool: ThreadPoolExecutor
) -> tuple[Future[int], list[Future[int]]]:
    """One call under way, and five more that came meanwhile and wait."""
    first = pool.submit(shared.do, "repo", fetches)
    until(lambda: fetches.begun == 1, what="the first call")
    inside = threading.Barrier(6)

    def ask() -> int:
        inside.wait(10)
        return shared.do("repo", fetches)

    others = [pool.submit(ask) for _ in range(5)]
    inside.wait(10)
    return first, others


def test_those_who_come_while_one_is_under_way_share_the_next() -> None:
    shared, fetches = Shared[int](), Fetches()
    with ThreadPoolExecutor(6) as pool:
        first, others = asked(shared, fetches, pool)
        threading.Event().wait(0.1)
        assert fetches.begun == 1
        fetches.go_on.release(6)
        assert first.result(10) == 1
        assert [other.result(10) for other in others] == [2] * 5
    assert fetches.begun == 2


def test_another_key_waits_for_nobody() -> None:
    shared, fetches = Shared[int](), Fetches()
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(shared.do, key, fetches) for key in ("one", "two")]
        until(lambda: fetches.begun == 2, what="both calls")
        fetches.go_on.release(2)
        assert sorted(call.result(10) for call in calls) == [1, 2]


def test_where_the_shared_call_fails_each_makes_its_own() -> None:
    shared, fetches = Shared[int](), Fetches()
    fetches.failing = {2, 4}
    with ThreadPoolExecutor(6) as pool:
        first, others = asked(shared, fetches, pool)
        threading.Event().wait(0.1)
        fetches.go_on.release(10)
        assert first.result(10) == 1
        errors = [other.exception(10) for other in others]
        answers = [other.result() for other, error in zip(others, errors, strict=True) if error is None]
    assert sum(isinstance(error, OSError) for error in errors) == 2
    assert sorted(answers) == [3, 5, 6]


def test_the_error_of_the_only_caller_is_its_own() -> None:
    fetches = Fetches()
    fetches.failing = {1}
    fetches.go_on.release()
    with pytest.raises(OSError, match="call 1"):
        Shared[int]().do("repo", fetches)
