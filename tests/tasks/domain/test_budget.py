"""What each attempt of a run, and each round that people ask for, may cost."""

from integrations.types.code_host import Role
from tasks.domain.budget import allowance
from tasks.domain.decisions import Failed, RemarksAnswered, RoundStarted, TurnTaken
from tasks.domain.events import Event
from tasks.domain.facts import Remarked, RetryRequested
from tasks.domain.remarks import PROGRAM, Kind, Place, Remark
from tasks.domain.request import Person
from tasks.domain.results import PermissionSeen
from tests.support.histories import ONE, TO_CODING, TO_READY, Story

ADA = Person("github", "github", "7", "ada")
BEN = Person("slack", "T1", "U2", "ben")
SPENT: tuple[Event, ...] = (TurnTaken("worker", 2, ("bash",), 4.95), Failed("MOD-004", "Cost limit reached."))


def test_a_persons_retry_grants_a_second_budget_and_no_third() -> None:
    story = Story(*TO_CODING)
    assert allowance(story.run, 5.0, paid_rounds=3) == 5.0
    story.tell(*SPENT, RetryRequested(BEN))
    assert story.run.cost_usd > 5.0
    assert allowance(story.run, 5.0, paid_rounds=3) == 10.0
    story.tell(*SPENT, RetryRequested(BEN))
    assert allowance(story.run, 5.0, paid_rounds=3) == 10.0


def test_a_cheap_attempt_leaves_the_next_one_a_whole_budget() -> None:
    story = Story(*TO_CODING, Failed("AGT-003", "no"), RetryRequested(BEN))
    assert 5.0 < allowance(story.run, 5.0, paid_rounds=3) < 5.2


def asked(story: Story, number: int, by: Person = ADA) -> None:
    """One comment, and the round it begins and ends with nothing changed."""
    remark = Remark(Place.comment, number, by, "@sortie rename it", "request", "rename it")
    story.tell(Remarked(812, remark), PermissionSeen(remark.key, by.name, int(by.id), Role.write))
    story.tell(RoundStarted(number, Kind.comments, (remark.key,), ONE))


def test_each_round_of_people_has_a_budget_of_its_own_up_to_the_operators_number() -> None:
    story = Story(*TO_READY, TurnTaken("worker", 2, ("bash",), 4.0))
    for number in (1, 2, 3):
        before = story.run.cost_usd
        asked(story, number)
        assert allowance(story.run, 5.0, paid_rounds=3) == min(before + 5.0, (2 + number) * 5.0)
        story.tell(TurnTaken("worker", 2, ("bash",), 6.0), RemarksAnswered(number, (), "", ()))
    asked(story, 4)
    assert allowance(story.run, 5.0, paid_rounds=3) == 25.0


def test_a_round_that_only_programs_asked_for_grants_no_money() -> None:
    story = Story(*TO_READY, TurnTaken("worker", 2, ("bash",), 4.0))
    asked(story, 1, Person(PROGRAM, "github", "77", "lint-bot"))
    assert story.run.rounds == 1 and allowance(story.run, 5.0, paid_rounds=3) == 5.0
