"""The wrong repository: what stays of a run when another one was meant, what goes, and when it is too late."""

import pytest

from tasks.domain.decisions import QuestionAsked, Refused, Reopened, RepoChosen
from tasks.domain.effects import effects_of
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import Replied, RepoChanged, StopRequested
from tasks.domain.fold import apply
from tasks.domain.folds.moved import may_move
from tasks.domain.next_step import Decide, Wait, next_step
from tasks.domain.request import Person
from tasks.domain.run import RunState
from tests.support.histories import (
    ONE,
    POLICY,
    TO_CODING,
    TO_PR,
    TO_READY,
    Story,
    gated,
    inspected,
    submitted,
)
from tests.support.requests import NOON

ADA = Person("slack", "T1", "U1", "ada")
WEB = RepoChanged(ADA, "acme/web")


def test_request_thread_card_and_clock_stay_and_the_work_begins_anew_there() -> None:
    story = Story(*TO_CODING)
    before = story.run
    after = story.tell(WEB)
    assert (after.request, after.card, after.title, after.cost_usd) == (
        before.request,
        before.card,
        before.title,
        before.cost_usd,
    )
    assert after.clock.due_at(story.now) == before.clock.due_at(story.now)
    assert (after.state, after.attempt, after.repo, after.base_oid) == (RunState.triaging, 2, "", "")
    assert (after.wip_oid, after.commands, after.plan, after.inspection) == ("", (), (), None)
    assert next_step(after, POLICY, NOON) == Decide(RepoChosen("acme/web", "you picked it", None, "ada"))


def test_who_may_there_is_asked_as_for_any_other_repository() -> None:
    story = Story(*TO_CODING, WEB, RepoChosen("acme/web", "you picked it", None, "ada"))
    assert next_step(story.run, POLICY, NOON) == Wait("the code host")
    seen = inspected()
    after = story.tell(seen)
    assert after.inspection is None, "what was asked about the other repository says nothing of this one"


def test_a_choice_that_is_not_ours_is_refused() -> None:
    story = Story(*TO_CODING, RepoChanged(ADA, "evil/repo"))
    assert next_step(story.run, POLICY, NOON) == Decide(
        Refused("REPO-002", "The app has no access to evil/repo.")
    )


def test_words_that_steered_it_are_heard_again() -> None:
    story = Story(*TO_CODING)
    message = story.run.request.chat
    assert message is not None
    story.tell(Replied(ADA, "and the charges", message.origin, True), WEB)
    assert story.run.unheard


@pytest.mark.parametrize(
    "history",
    [
        (*TO_CODING, submitted(), gated()),
        TO_PR,
        (*TO_PR, Reopened(ONE)),
        TO_READY,
        (*TO_CODING, StopRequested(ADA)),
    ],
    ids=["gated", "pull request", "at work again", "ready", "stopped"],
)
def test_what_is_on_its_way_out_or_over_is_not_moved(history: tuple[Event, ...]) -> None:
    story = Story(*history)
    before = story.run
    assert not may_move(before)
    after = story.tell(WEB)
    assert (after.repo, after.state, after.attempt) == (before.repo, before.state, before.attempt)


def test_the_same_repository_again_changes_nothing() -> None:
    story = Story(*TO_CODING)
    assert story.tell(RepoChanged(ADA, "ACME/Api")).attempt == 1


def test_an_open_question_is_settled_and_the_clock_runs_on() -> None:
    story = Story(QuestionAsked(1, "repo", "Which repo is this?", ("acme/api", "acme/web"), "?"))
    before = story.run
    event = Recorded(before.seq + 1, story.now, WEB)
    after = apply(before, event)
    assert (after.question, after.state) == (None, RunState.triaging)
    settled = [e for e in effects_of(before, WEB, after) if e.kind == "chat.settle"]
    assert [(e.get("answer"), e.get("by")) for e in settled] == [("acme/web", "U1")]
