"""One next action for every state; nobody is asked while the agent works."""

import pytest

from tasks.domain.decisions import Disputed, Failed, QuestionAsked, Refused
from tasks.domain.facts import StopRequested
from tasks.domain.next_action import next_action
from tasks.domain.request import Person
from tests.support.histories import ONE, TO_ACCEPTED, TO_CODING, TO_PR, TO_READY, Story, review


@pytest.mark.parametrize("n", range(len(TO_READY)))
def test_nobody_is_asked_while_the_agent_is_at_work(n: int) -> None:
    assert next_action(Story(*TO_READY[:n]).run).who == ""


def test_each_state_that_waits_for_a_person_names_the_person_and_the_deed() -> None:
    told = [
        (Story(QuestionAsked(1, "repo", "Which repo is this?", ("a/b",))), "pick_repo", "U1", True),
        (Story(*TO_CODING, QuestionAsked(1, "agent", "Reject or accept?")), "answer_question", "U1", True),
        (Story(*TO_PR, *review(ONE, 2, "blocked"), Disputed(ONE)), "decide_dispute", "U1", True),
        (Story(*TO_READY), "review_pr", "reviewers", False),
        (Story(*TO_CODING, Failed("AGT-003", "no")), "retry_or_close", "U1", True),
        (Story(Refused("AUTH-001", "Connect.")), "link_account", "U1", True),
        (Story(*TO_ACCEPTED, StopRequested(Person("slack", "T1", "U2"))), "none", "", False),
    ]
    for story, reason, who, blocks in told:
        action = next_action(story.run)
        assert (action.reason, action.who, action.blocks) == (reason, who, blocks)
