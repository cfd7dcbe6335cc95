"""Which writes follow from which event."""

from collections import Counter
from dataclasses import replace

import pytest

from integrations.types.chat import MessageRef
from integrations.types.code_host import Conclusion
from tasks.domain.checks import GateOutcome
from tasks.domain.decisions import CiJudged, Disputed, Failed, Gated, QuestionAsked, TurnTaken
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import (
    DisputeDecided,
    HeadMoved,
    QuestionAnswered,
    Replied,
    RetryRequested,
    StopRequested,
)
from tasks.domain.fold import begin
from tasks.domain.request import Person
from tasks.domain.results import BranchPushed, HeadAdopted, MadeReady, PullRequestOpened
from tasks.domain.risk import Level, Risk
from tests.support.histories import (
    ONE,
    TO_CODING,
    TO_PR,
    TO_READY,
    TO_REVIEWED,
    TWO,
    Story,
    checks,
    gated,
    review,
    submitted,
)

BEN = Person("slack", "T1", "U2", "ben")


def all_effects(*events: Event) -> list[str]:
    """The kinds of every write of a story, posts by their catalogue number."""
    story = Story()
    written = [*effects_of(None, story.recorded[0].event, begin("R-1042", story.recorded[0]))]
    for event in events:
        before = story.run
        written += effects_of(before, event, story.tell(event))
    return [e.get("name") if e.kind == "chat.post" else e.kind for e in written]


def after(*events: Event) -> list[str]:
    """The kinds of the writes that the last event alone causes."""
    story = Story(*events[:-1])
    before = story.run
    return [
        e.get("name") if e.kind == "chat.post" else e.kind
        for e in effects_of(before, events[-1], story.tell(events[-1]))
    ]


def test_a_happy_run_posts_the_card_the_pull_request_and_ready() -> None:
    counted = Counter(all_effects(*TO_READY))
    assert (counted["M5"], counted["M6"]) == (1, 1)
    assert not {"M2", "M7", "M8", "M14"} & set(counted)
    assert (counted["host.push"], counted["host.open_pr"], counted["host.ready"]) == (1, 1, 1)
    assert counted["chat.reaction"] == 2


def test_the_card_is_not_touched_by_what_it_does_not_show() -> None:
    assert "chat.card" not in after(*TO_CODING, TurnTaken("worker", 2, ("bash",), 0.1))


def test_every_failure_is_posted_and_said_on_the_pull_request_if_there_is_one() -> None:
    assert "M8" in after(*TO_CODING, Failed("AGT-003", "no"))
    assert "host.stopped_comment" not in after(*TO_CODING, Failed("AGT-003", "no"))
    assert "host.stopped_comment" in after(*TO_PR, Failed("CI-003", "no"))


@pytest.mark.parametrize("n", range(len(TO_READY)))
def test_stop_is_confirmed_once_and_nothing_is_written_to_the_host_but_that_it_stopped(n: int) -> None:
    events = (*TO_READY[:n], StopRequested(BEN))
    written = after(*events)
    assert written.count("M14") == 1
    assert {k for k in written if k.startswith("host.")} <= {"host.stopped_comment", "host.progress"}
    assert after(*events, StopRequested(BEN)) == []


def test_a_pull_request_that_opened_while_stop_was_on_its_way_is_told_of() -> None:
    before_pr = TO_PR[:-1]
    opened = PullRequestOpened(812, "http://host/acme/api/pull/812", ONE)
    assert after(*before_pr, StopRequested(BEN), opened) == [
        "chat.card",
        "chat.amend",
        "host.stopped_comment",
    ]


def test_a_question_is_posted_and_settled_by_its_answer() -> None:
    asked = (QuestionAsked(1, "repo", "Which repo is this?", ("a/b", "a/c")),)
    assert "M2" in after(*asked)
    assert "chat.settle" in after(*asked, QuestionAnswered(1, "a/b", BEN))


def test_a_dispute_is_posted_and_a_waiver_takes_the_change_out_of_draft() -> None:
    story = (*TO_PR, *review(ONE, 2, "blocked"), Disputed(ONE))
    assert "M7" in after(*story) and "host.progress" in after(*story)
    waived = after(*story, DisputeDecided(BEN, False, "fine"))
    assert "host.ready" in waived and "host.describe" in waived
    assert "host.ready" not in after(*story, DisputeDecided(BEN, True))


def test_a_review_that_passes_leaves_draft_and_a_blocked_one_does_not() -> None:
    assert "host.ready" in after(*TO_REVIEWED)
    assert "host.ready" not in after(*TO_PR, *review(ONE, 1, "blocked"))


def test_steering_is_acknowledged_where_it_was_said() -> None:
    assert "chat.ack" in after(*TO_CODING, Replied(BEN, "also charges", MessageRef("C1", "9.0"), True))
    context = Replied(BEN, "hm", MessageRef("C1", "9.0"), False)
    assert "chat.ack" in after(*TO_CODING, context), "once, with the hint that it is only kept"
    assert "chat.ack" not in after(*TO_CODING, context, context)


def test_a_run_made_ready_twice_is_announced_once() -> None:
    assert all_effects(*TO_READY, MadeReady(812)).count("M6") == 1


def labels(*events: Event) -> list[str]:
    story, written = Story(), []
    for event in events:
        before = story.run
        written += [
            e.get("labels") for e in effects_of(before, event, story.tell(event)) if e.kind == "host.labels"
        ]
    return written


def test_the_labels_say_whose_it_is_and_that_it_is_ready_or_needs_a_person() -> None:
    """UX 9.6."""
    assert labels(*TO_READY) == ["sortie", "sortie,sortie:ready"]
    asks = gated(outcome=GateOutcome.needs_human)
    assert labels(*[asks if isinstance(e, Gated) else e for e in TO_READY]) == [
        "sortie",
        "sortie,sortie:ready,sortie:needs-human",
    ]
    assert "sortie:needs-human" in labels(*TO_PR, *review(ONE, 2, "blocked"), Disputed(ONE))


def risky(oid: str, level: Level) -> Gated:
    return replace(gated(oid), risk=Risk(level))


def moved(*events: Event) -> list[tuple[str, str]]:
    """Every label put on and taken off, in order."""
    story, written = Story(), []
    for event in events:
        before = story.run
        effects = effects_of(before, event, story.tell(event))
        written += [(e.kind, e.get("labels")) for e in effects if e.kind in ("host.labels", "host.unlabel")]
    return written


def test_the_label_of_the_risk_follows_what_is_pushed_and_there_is_one_at_a_time() -> None:
    """UX 9.6. A change that went back to its author moves nothing: what is pushed is as risky as it was."""
    opened = tuple(risky(ONE, Level.low) if isinstance(e, Gated) else e for e in TO_PR)
    assert moved(*opened) == [("host.labels", "sortie,risk:low")]
    again = (*opened, checks(conclusion=Conclusion.failure), CiJudged(ONE, "red"), submitted(TWO, ONE))
    assert moved(*again, risky(TWO, Level.high))[1:] == []
    pushed = (*again, risky(TWO, Level.high), BranchPushed("sortie/R-1042-x", TWO))
    assert moved(*pushed)[1:] == [("host.labels", "risk:high"), ("host.unlabel", "risk:low")]
    same = (*again, risky(TWO, Level.low), BranchPushed("sortie/R-1042-x", TWO))
    assert moved(*same)[1:] == []


@pytest.mark.parametrize("blocked", [False, True])
def test_another_attempt_leaves_the_label_of_what_is_pushed(blocked: bool) -> None:
    """Whether the pushed commit is judged again or made again."""
    opened = tuple(risky(ONE, Level.low) if isinstance(e, Gated) else e for e in TO_PR)
    broken = (
        *opened,
        *(review(ONE, 1, "blocked") if blocked else ()),
        Failed("AGT-003", "no"),
        RetryRequested(BEN),
    )
    assert moved(*broken)[1:] == []
    story = Story(*broken)
    assert story.run.risk_shown is Level.low and (story.run.risk is None) is blocked


def test_commits_of_somebody_else_have_no_risk_that_we_know() -> None:
    opened = tuple(risky(ONE, Level.high) if isinstance(e, Gated) else e for e in TO_READY)
    adopting = (*opened, HeadMoved(TWO), RetryRequested(BEN), HeadAdopted(TWO, "b" * 40))
    assert ("host.unlabel", "risk:high") not in moved(*adopting[:-1])
    assert ("host.unlabel", "risk:high") in moved(*adopting)
