"""A channel's week: every figure from the runs' events, failures in the denominator, no rate of too few."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.types.chat import MessageRef
from tasks.domain.decisions import Failed, QuestionAsked, Refused
from tasks.domain.digest import LATE, Outcome, Week, last_week, outcome, week
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import PullRequestMoved, QuestionAnswered, Replied, RunRequested, StopRequested
from tasks.domain.request import Person
from tests.support.histories import ONE, TO_CODING, TO_PR, TO_READY
from tests.support.requests import NOON, a_request

ADA = Person("slack", "T1", "U1", "ada")
END = NOON + timedelta(days=3)
MERGED = PullRequestMoved(812, "closed", True, ONE, "ben")
KEPT = Outcome(True, True, "", True, True)


def seen(*told: Event, minutes: float = 0.5, until: datetime = END) -> Outcome:
    every = (RunRequested(a_request(), "Return 422"), *told)
    recorded = (
        Recorded(n, NOON + timedelta(minutes=minutes * (n - 1)), event)
        for n, event in enumerate(every, start=1)
    )
    return outcome("R-1", tuple(recorded), until=until)


def test_a_merged_run_that_needed_nobody() -> None:
    assert seen(*TO_READY, MERGED) == KEPT


def test_a_pull_request_after_the_due_time_is_a_miss() -> None:
    assert seen(*TO_READY, MERGED, minutes=5) == Outcome(True, True, LATE, True, True)


def test_a_failure_is_a_miss_by_its_code_with_and_without_a_pull_request() -> None:
    broken = Failed("SBX-012", "Postgres did not start.")
    assert seen(*TO_CODING, broken) == Outcome(False, True, "SBX-012", False, False)
    assert seen(*TO_PR, broken).miss == "SBX-012"


def test_what_waits_past_its_due_time_is_late_and_what_is_not_due_yet_is_not_counted() -> None:
    assert seen(*TO_CODING).miss == LATE
    assert seen(*TO_CODING, until=NOON + timedelta(minutes=12)) == Outcome(False, False, "", False, False)


@pytest.mark.parametrize("end", [Refused("AUTH-003", "No."), StopRequested(ADA)])
def test_what_was_refused_or_stopped_promised_nothing(end: Event) -> None:
    assert not seen(end).counted


def test_an_answer_or_a_steering_reply_is_help() -> None:
    asked = (QuestionAsked(1, "agent", "Which?"), QuestionAnswered(1, "left", ADA))
    assert not seen(*TO_CODING, *asked, *TO_READY[len(TO_CODING) :]).alone
    steered = Replied(ADA, "also that", MessageRef("C1", "9.9"), True)
    assert not seen(*TO_CODING, steered, *TO_READY[len(TO_CODING) :]).alone


def test_what_happened_after_the_week_is_of_another() -> None:
    assert not seen(*TO_READY, MERGED, until=NOON + timedelta(minutes=2)).merged


def test_rates_are_of_what_was_counted_and_causes_are_ranked() -> None:
    missed = [Outcome(False, True, code, False, False) for code in ("B", "A", "A", LATE, "C", "C", "D")]
    told = week((KEPT, KEPT, *missed, Outcome(False, False, "", False, False)))
    assert told == Week(10, 2, 9, 2, 2, 2, (("A", 2), ("C", 2), ("B", 1)))
    assert told.enough and not week((KEPT,) * 4).enough


@pytest.mark.parametrize(
    ("now", "name", "begin"),
    [
        (datetime(2026, 11, 23, 9, tzinfo=UTC), "2026-W47", datetime(2026, 11, 16, tzinfo=UTC)),
        (datetime(2026, 11, 29, 23, 59, tzinfo=UTC), "2026-W47", datetime(2026, 11, 16, tzinfo=UTC)),
        (datetime(2027, 1, 4, 9, tzinfo=UTC), "2026-W53", datetime(2026, 12, 28, tzinfo=UTC)),
    ],
)
def test_the_week_before_is_an_iso_week_in_utc(now: datetime, name: str, begin: datetime) -> None:
    found, began, end = last_week(now)
    assert (found, began) == (name, begin)
    assert end == begin + timedelta(days=7) - timedelta(microseconds=1)
