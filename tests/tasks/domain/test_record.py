"""The record of lenses, and what it takes away from a repository by itself: it never gives anything."""

from dataclasses import FrozenInstanceError, fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.decisions import LensReported, ReviewStarted, RoundStarted
from tasks.domain.facts import Chip, FeedbackGiven, PullRequestMoved
from tasks.domain.grants import Tier
from tasks.domain.record import (
    ESCAPE_WINDOW,
    NARROW_ESCAPES,
    WIDEN_AFTER,
    Autonomy,
    LensRecord,
    RunRecord,
    autonomy,
    escape,
    lens_records,
    told,
)
from tasks.domain.remarks import Kind
from tasks.domain.request import Person
from tasks.domain.results import MadeReady
from tasks.domain.verdict import Decision, Finding, LensVerdict, Severity
from tests.support.histories import ONE, TO_READY, TWO, Story
from tests.support.requests import NOON

UPHELD = Finding(1, "security", Severity.blocking, "a.py", 1, "it leaks", "cat a.py", "x")
CARRIED = replace(UPHELD, remark="raised before, and this head still shows it")
TIERS = tuple(Tier)


def reported(decision: Decision, *findings: Finding, raised: int = 0, dropped: int = 0) -> LensReported:
    verdict = LensVerdict("security", ONE, decision, "looked", findings, raised=raised)
    return LensReported(replace(verdict, dropped=(UPHELD,) * dropped))


def test_precision_is_what_was_upheld_of_what_was_raised() -> None:
    story = Story(
        ReviewStarted(ONE, 1),
        reported(Decision.block, UPHELD, raised=3, dropped=2),
        ReviewStarted(TWO, 2),
        reported(Decision.block, CARRIED),
        reported(Decision.unavailable),
    )
    (record,) = lens_records([told("acme/api", story.recorded)])
    assert record == LensRecord("security", 3, 1, 3, 1, 2, 0, 0)
    assert record.precision == pytest.approx(1 / 3)
    assert LensRecord("tests").precision is None


def test_a_change_that_people_turn_down_after_all_lenses_passed_escaped_each_of_them() -> None:
    story = Story(*TO_READY)
    assert [(r.passes, r.escapes) for r in lens_records([told("acme/api", story.recorded)])] == [(1, 0)] * 3
    story.tell(PullRequestMoved(812, "closed", False, ONE, "ben"))
    records = lens_records([told("acme/api", story.recorded)])
    assert [(r.lens, r.passes, r.escapes) for r in records] == [
        ("correctness", 1, 1),
        ("security", 1, 1),
        ("tests", 1, 1),
    ]


def test_a_change_that_people_want_changed_after_it_was_ready_escaped() -> None:
    asked = RoundStarted(1, Kind.comments, ("c1",), ONE)
    assert told("acme/api", Story(*TO_READY, asked).recorded).escaped
    assert not told("acme/api", Story(*TO_READY, replace(asked, kind=Kind.conflicts)).recorded).escaped
    assert not told("acme/api", Story(*TO_READY[:-1], asked).recorded).escaped


ADA, BEN = Person("slack", "T1", "U1"), Person("slack", "T1", "U2")


@pytest.mark.parametrize(
    ("given", "disliked"),
    [
        ((FeedbackGiven(BEN, False),), 1),
        ((FeedbackGiven(BEN, False, (Chip.wrong_fix, Chip.too_slow)), FeedbackGiven(ADA, True)), 1),
        ((FeedbackGiven(BEN, False), FeedbackGiven(ADA, False, (Chip.broke_something,))), 1),
        ((FeedbackGiven(BEN, False), FeedbackGiven(BEN, False, (Chip.too_slow, Chip.too_noisy))), 0),
        ((FeedbackGiven(BEN, False), FeedbackGiven(BEN, True)), 0),
        ((FeedbackGiven(BEN, True),), 0),
        ((), 0),
    ],
)
def test_a_thumb_down_counts_against_each_lens_that_passed_and_narrows_nothing(
    given: tuple[FeedbackGiven, ...], disliked: int
) -> None:
    told_of = told("acme/api", Story(*TO_READY, *given).recorded)
    assert [(r.passes, r.disliked, r.escapes) for r in lens_records([told_of])] == [(1, disliked, 0)] * 3
    assert not told_of.escaped
    early = told("acme/api", Story(*TO_READY[:-1], *given).recorded)
    assert {r.disliked for r in lens_records([early])} == {0}, "no lens has passed anything"


def test_a_merge_is_no_escape_and_neither_is_what_was_closed_before_it_was_ready() -> None:
    merged = Story(*TO_READY, PullRequestMoved(812, "closed", True, ONE, "ben"))
    early = Story(*TO_READY[:-1], PullRequestMoved(812, "closed", False, ONE, "ben"), MadeReady(812))
    assert not told("acme/api", merged.recorded).escaped
    assert not told("acme/api", early.recorded).escaped


@pytest.mark.parametrize(
    ("after", "counts"),
    [(timedelta(0), True), (ESCAPE_WINDOW, True), (ESCAPE_WINDOW + timedelta(seconds=1), False)],
)
def test_only_fourteen_days_count(after: timedelta, counts: bool) -> None:
    run = RunRecord("acme/api", ready_at=NOON)
    assert escape(run, NOON + after).escaped is counts
    assert not escape(run, NOON - timedelta(seconds=1)).escaped
    assert not escape(RunRecord("acme/api"), NOON).escaped
    first = escape(run, NOON)
    assert escape(first, NOON + timedelta(days=1)) == first


def runs(*escaped: bool) -> list[RunRecord]:
    """Ready runs a minute apart, the last one now; some escaped at once."""
    made = []
    for n, bad in enumerate(escaped):
        at = NOON - timedelta(minutes=len(escaped) - n)
        made.append(RunRecord("acme/api", ready_at=at, escaped_at=at if bad else None))
    return made


@pytest.mark.parametrize(
    ("escapes", "tier"),
    [(0, Tier.any), (1, Tier.any), (2, Tier.small), (3, Tier.small), (4, Tier.docs), (9, Tier.none)],
)
def test_escapes_narrow_a_repository_by_themselves(escapes: int, tier: Tier) -> None:
    found = autonomy(Tier.any, runs(*[True] * escapes), NOON)
    assert (found.tier, found.proposed) == (tier, None)
    assert found.why == (
        f"{escapes} changes escaped their reviews within 14 days" if tier is not Tier.any else ""
    )


def test_old_escapes_narrow_nothing_any_more() -> None:
    bad = runs(*[True] * 4)
    later = NOON + ESCAPE_WINDOW + timedelta(minutes=1)
    assert autonomy(Tier.any, bad, later) == Autonomy(Tier.any, None, "")
    future = [replace(run, escaped_at=NOON + timedelta(days=1)) for run in bad]
    assert autonomy(Tier.any, future, NOON).tier is Tier.any


def test_a_long_clean_history_only_proposes() -> None:
    clean = runs(*[False] * WIDEN_AFTER)
    said = f"{WIDEN_AFTER} changes in a row without an escape"
    assert autonomy(Tier.docs, clean, NOON) == Autonomy(Tier.docs, Tier.small, said)
    assert autonomy(Tier.docs, clean[1:], NOON) == Autonomy(Tier.docs, None, "")
    assert autonomy(Tier.any, clean, NOON) == Autonomy(Tier.any, None, "")
    assert autonomy(Tier.docs, [*clean[1:], *runs(True)], NOON).proposed is None
    long_ago = [replace(run, ready_at=NOON - timedelta(days=90)) for run in runs(True)]
    assert autonomy(Tier.docs, [*clean, *long_ago], NOON).proposed is Tier.small
    never = [replace(run, ready_at=None) for run in clean]
    assert autonomy(Tier.docs, never, NOON).proposed is None


@given(st.sampled_from(Tier), st.lists(st.booleans(), max_size=40))
def test_no_history_widens_a_tier(granted: Tier, history: list[bool]) -> None:
    found = autonomy(granted, runs(*history), NOON)
    assert TIERS.index(found.tier) <= TIERS.index(granted)
    assert (found.tier is granted) or sum(history) >= NARROW_ESCAPES
    assert found.proposed is None or not history[-1]


@pytest.mark.parametrize("value", [LensRecord("tests"), RunRecord("acme/api"), Autonomy(Tier.none, None, "")])
def test_a_value_is_never_changed_in_place(value: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, None)
    assert not hasattr(value, "__dict__")


def test_the_numbers_people_agreed_on() -> None:
    assert (timedelta(days=14), 2, 20) == (ESCAPE_WINDOW, NARROW_ESCAPES, WIDEN_AFTER)


def test_the_first_and_the_last_moment_of_the_window_count() -> None:
    for at in (NOON, NOON - ESCAPE_WINDOW):
        bad = [RunRecord("acme/api", ready_at=at, escaped_at=at)] * NARROW_ESCAPES
        assert autonomy(Tier.any, bad, NOON).tier is Tier.small


def test_every_tier_but_the_widest_can_be_widened_by_one() -> None:
    clean = runs(*[False] * WIDEN_AFTER)
    assert [autonomy(tier, clean, NOON).proposed for tier in Tier] == [Tier.docs, Tier.small, Tier.any, None]
