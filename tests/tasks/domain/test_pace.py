"""Buckets of a rate: never more than was agreed, and always something left for the urgent."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.pace import BURST_S, Bucket, complained, edit_interval_s, full, taken, wait_s


def used(bucket: Bucket, times: list[tuple[float, int]]) -> tuple[Bucket, list[float]]:
    """What goes out of these (seconds after the last, priority) wishes, and when."""
    now, out = bucket.at, []
    for after_s, priority in times:
        now += after_s
        if wait_s(bucket, now=now, priority=priority) == 0:
            bucket = taken(bucket, now=now)
            out.append(now)
    return bucket, out


@given(
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 4)), max_size=300), st.sampled_from([16.0, 40.0, 80.0])
)
def test_no_minute_holds_more_than_the_rate_and_one_burst(
    times: list[tuple[float, int]], rate: float
) -> None:
    _, out = used(full(rate, 1000.0, always=True), times)
    most = rate + max(5.0, rate * BURST_S / 60)
    for begin in out:
        assert sum(begin <= at < begin + 60 for at in out) <= most + 1e-6


def test_forty_edits_a_minute_and_a_burst_are_what_slack_takes() -> None:
    """https://docs.slack.dev/apis/web-api/rate-limits: tier 3 is 50 a minute."""
    _, out = used(full(40.0, 0.0, always=True), [(0.1, 1)] * 600)
    assert len([at for at in out if at <= 60]) in (49, 50)


def test_step_changes_never_take_what_is_kept_for_a_question() -> None:
    bucket, out = used(full(40.0, 0.0, always=True), [(0.0, 4)] * 50)
    assert len(out) == 6
    assert wait_s(bucket, now=0.0, priority=4) > 0
    assert wait_s(bucket, now=0.0, priority=3) == wait_s(bucket, now=0.0, priority=1) == 0


def test_what_is_not_counted_goes_out_until_somebody_complains() -> None:
    bucket, out = used(full(40.0, 0.0, always=False), [(0.0, 3)] * 500)
    assert len(out) == 500
    bucket = complained(bucket, now=1.0, retry_after_s=30)
    assert wait_s(bucket, now=1.0, priority=1) == 30
    assert wait_s(bucket, now=31.0, priority=1) == 0
    assert 0 < wait_s(bucket, now=31.0, priority=3) <= 3
    _, out = used(bucket, [(0.0, 3), *[(0.5, 3)] * 120])
    assert len(out) <= 40 * 61 / 60 + 1


@given(st.floats(0, 1e6), st.floats(0, 3600), st.integers(1, 4))
def test_a_clock_that_is_set_back_keeps_nothing_back_for_longer_than_a_vendor_would(
    back_s: float, retry_after_s: float, priority: int
) -> None:
    bucket = complained(full(40.0, 2e6, always=True), now=2e6, retry_after_s=retry_after_s)
    assert wait_s(bucket, now=2e6 - back_s, priority=priority) <= 3600


def test_two_hundred_cards_are_edited_every_five_minutes_and_a_few_every_five_seconds() -> None:
    assert edit_interval_s(200, edits_per_minute=40, least_s=5) == 300
    assert edit_interval_s(3, edits_per_minute=40, least_s=5) == 5
