"""The figures of the suite itself: that they count what people see, and that too much of it is noticed."""

from typing import Any

from tests.scenarios.noise import most_reactions, posts_of, summary, too_many


def call(method: str, name: str, ts: str = "1.0", *, ok: bool = True) -> dict[str, Any]:
    return {"method": method, "ok": ok, "args": {"channel": "C1", "timestamp": ts, "name": name}}


def test_two_reactions_at_once_are_seen_and_a_swap_is_none() -> None:
    swap = [call("reactions.add", "eyes"), call("reactions.remove", "eyes"), call("reactions.add", "warning")]
    assert most_reactions(swap) == (1, "C1/1.0")
    assert most_reactions([swap[0], swap[2], swap[1]]) == (2, "C1/1.0")
    assert most_reactions([swap[0], call("reactions.add", "eyes", "2.0")])[0] == 1
    assert most_reactions([swap[0], call("reactions.add", "warning", ok=False)])[0] == 1


def test_posts_are_counted_by_the_run_that_wrote_them() -> None:
    def message(outbox_id: str) -> dict[str, Any]:
        return {"metadata": {"event_type": "sortie", "event_payload": {"outbox_id": outbox_id}}}

    said = [
        message("R-1001:4"),
        message("R-1001:9"),
        message("R-10011:3"),
        message("notice:1"),
        {"text": "hi"},
    ]
    assert posts_of("R-1001", said) == 2


def test_more_than_six_posts_of_every_twentieth_run_are_too_many() -> None:
    assert not too_many([])
    assert not too_many([3] * 95 + [9] * 5)
    assert too_many([3] * 94 + [9] * 6)
    assert summary([3, 3, 5]) == "posts per run: p50 3, p95 5, most 5 (3 runs; target p95 ≤ 6)"
