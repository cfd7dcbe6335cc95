"""What each attempt of a run may cost."""

from tasks.domain.budget import allowance
from tasks.domain.decisions import Failed, TurnTaken
from tasks.domain.events import Event
from tasks.domain.facts import RetryRequested
from tasks.domain.request import Person
from tests.support.histories import TO_CODING, Story

BEN = Person("slack", "T1", "U2", "ben")
SPENT: tuple[Event, ...] = (TurnTaken("worker", 2, ("bash",), 4.95), Failed("MOD-004", "Cost limit reached."))


def test_a_persons_retry_grants_a_second_budget_and_no_third() -> None:
    story = Story(*TO_CODING)
    assert allowance(story.run, 5.0) == 5.0
    story.tell(*SPENT, RetryRequested(BEN))
    assert story.run.cost_usd > 5.0
    assert allowance(story.run, 5.0) == 10.0
    story.tell(*SPENT, RetryRequested(BEN))
    assert allowance(story.run, 5.0) == 10.0


def test_a_cheap_attempt_leaves_the_next_one_a_whole_budget() -> None:
    story = Story(*TO_CODING, Failed("AGT-003", "no"), RetryRequested(BEN))
    assert 5.0 < allowance(story.run, 5.0) < 5.2
