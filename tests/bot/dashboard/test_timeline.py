"""Every event of a run in words."""

import typing

import pytest

from bot.dashboard.entry import Who
from bot.dashboard.timeline import entries, sentence
from bot.dashboard.view import SENT
from integrations.types.chat import MessageRef
from integrations.types.code_host import Role
from tasks.domain.decisions import (
    CiJudged,
    Disputed,
    Explained,
    FindingsRebutted,
    Refused,
    RemarksAnswered,
    Reopened,
    RepoGuessed,
    RoundStarted,
    Titled,
    TurnTaken,
)
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import (
    ApprovalsMoved,
    Chip,
    CiChanged,
    DisputeDecided,
    FeedbackGiven,
    HeadMoved,
    HeadShared,
    PressedInChat,
    PullRequestMoved,
    QuestionAnswered,
    Remarked,
    RepoChanged,
    RetryRequested,
    RunRequested,
    StopRequested,
    Undoing,
    Undone,
)
from tasks.domain.rebuttal import NO_PROOF, Proof, Rebuttal
from tasks.domain.remarks import Answer, Claim, Kind, Place, Remark
from tasks.domain.request import Person
from tasks.domain.results import (
    EffectFailed,
    HeadAdopted,
    MergePrepared,
    PermissionSeen,
    RepoInspected,
    Suggested,
    ThreadOpened,
)
from tasks.publish import EFFECTS
from tests.bot.dashboard.test_in_thread import LINES
from tests.support.requests import NOON, a_request
from tests.support.stories import STORIES, ready, working

REMARK = Remark(
    Place.inline, 5, Person("github", "", "2", "ben"), "Rename it.", path="api/refunds.py", line=41
)


def recorded(events: list[Event]) -> tuple[Recorded, ...]:
    first = RunRequested(a_request(), "Return 422")
    return tuple(Recorded(n, NOON, event) for n, event in enumerate([first, *events], 1))


def test_turns_in_a_row_are_one_line_and_a_reply_between_them_splits_it() -> None:
    turns = [e for e in entries(recorded(working())) if e.turns]
    assert [e.text for e in turns] == [
        "worker: 2 turns (bash, search, view).",
        "worker: 1 turn (edit, bash).",
    ]


def test_people_are_called_by_their_linked_login_where_we_know_no_name() -> None:
    stop = StopRequested(Person("slack", "T1", "U9"))
    said = sentence(stop, {("T1", "U9"): "chen"})
    assert said is not None and said.text == "chen stopped the run."


def test_every_kind_of_event_is_either_told_or_known_to_say_nothing_new() -> None:
    told = {type(r.event) for story in STORIES.values() for r in recorded(story()) if sentence(r.event)}
    silent = {TurnTaken, CiChanged}
    untold = set(typing.get_args(Event)) - told - silent
    for kind in untold:
        assert kind.__name__ in ANYWHERE, f"{kind.__name__} is in no story and in no other test"


CONVERSATION: dict[type[Event], str] = {
    Remarked: "ben wrote on #7, api/refunds.py:41.",
    PermissionSeen: "ben has write access there.",
    ApprovalsMoved: "The approvals of #7 changed.",
    HeadShared: "#9 has the same head, or had.",
    FindingsRebutted: "Left 2 findings as they are; the evidence held for 1.",
    Undone: "What was merged here was reverted by #14.",
    HeadMoved: "The branch is at aaaaaaa, which somebody else pushed.",
    HeadAdopted: "Going on from aaaaaaa, which somebody else pushed.",
    RoundStarted: "Started round 2 on aaaaaaa about what people wrote (1 remark).",
    RemarksAnswered: "Answered 1 remark without a change.",
    MergePrepared: "Merged the base at bbbbbbb; conflicts in 1 file.",
    Reopened: "Words came after aaaaaaa was handed in; the agent reads them first.",
}


@pytest.mark.parametrize(
    "event",
    [
        Remarked(7, REMARK),
        PermissionSeen(REMARK.key, "ben", 2, Role.write),
        ApprovalsMoved(7),
        HeadShared(9),
        Undone(Undoing.revert, "#14"),
        FindingsRebutted(
            "a" * 40,
            (Rebuttal(3, "It is redacted.", Proof("true")), Rebuttal(4, "No.", Proof(doubt=NO_PROOF))),
        ),
        HeadMoved("a" * 40),
        HeadAdopted("a" * 40, "b" * 40),
        RoundStarted(2, Kind.comments, (REMARK.key,), "a" * 40),
        RemarksAnswered(2, (Answer(REMARK.key, Claim.question, "Which one?"),), "", ()),
        MergePrepared(2, "b" * 40, "c" * 40, ("api/refunds.py",)),
        Reopened("a" * 40),
    ],
    ids=lambda event: type(event).__name__,
)
def test_the_conversation_on_the_pull_request_is_told(event: Event) -> None:
    said = sentence(event)
    assert said is not None and said.text == CONVERSATION[type(event)]


def test_what_a_run_of_a_persons_pull_request_ends_in_is_told() -> None:
    explained, suggested = (
        sentence(Explained("a" * 40, "It greets.")),
        sentence(Suggested("a" * 40, "http://x")),
    )
    assert explained is not None and suggested is not None
    assert (explained.text, explained.detail) == ("Answered, having looked at aaaaaaa.", "It greets.")
    assert suggested.text == "Suggested aaaaaaa on the pull request; nothing was pushed."


ANYWHERE = {type(event).__name__ for event, _ in LINES} | {
    "Explained",
    "Suggested",
    "QuestionAnswered",
    "StopRequested",
    "RetryRequested",
    "DisputeDecided",
    "PressedInChat",
    "FeedbackGiven",
    "PullRequestMoved",
    "EffectFailed",
    "Refused",
    "Disputed",
    "Titled",
    "RepoChanged",
    "RepoGuessed",
    "ThreadOpened",
    *(kind.__name__ for kind in CONVERSATION),
}


def test_the_rest_of_the_events_are_told_too() -> None:
    ada = a_request().requester
    others: list[Event] = [
        QuestionAnswered(1, "acme/api", ada),
        RetryRequested(ada),
        DisputeDecided(ada, True),
        PressedInChat(ada, "ada", "close"),
        FeedbackGiven(ada, True),
        FeedbackGiven(ada, False, (Chip.wrong_fix, Chip.too_slow), "no"),
        DisputeDecided(ada, False, "redacted upstream"),
        PullRequestMoved(7, "closed", True, "a" * 40, "ada"),
        PullRequestMoved(7, "closed", False, "a" * 40, "ada"),
        PullRequestMoved(7, "open", False, "a" * 40),
        EffectFailed("host.push", "GIT-001", "refused"),
        Refused("AUTH-001", "Connect your GitHub account to start this."),
        Disputed("a" * 40),
        Titled("Return 422"),
        RepoChanged(ada, "acme/web"),
        RepoGuessed(),
        RepoGuessed((("acme/web", 0.9), ("acme/api", 0.1))),
        ThreadOpened(MessageRef("C1", "1.0")),
        ThreadOpened(MessageRef("D1", "1.0"), True),
        CiJudged("a" * 40, "red", "FAILED test_x"),
        CiJudged("a" * 40, "none"),
        CiJudged("a" * 40, "red_before"),
        RepoInspected("acme/x", False, problem="404"),
    ]
    for event in others:
        said = sentence(event)
        assert said is not None and said.text.endswith((".", ": acme/api", ": Return 422")), event


def test_problems_and_people_are_marked() -> None:
    found = entries(recorded(STORIES["failed"]()))
    assert [e.problem for e in found][-2:] == [True, True]
    assert sum(e.who is Who.person for e in found) == 2
    assert not any(e.problem for e in entries(recorded(ready())))


def test_every_write_to_the_world_has_a_name_on_the_page() -> None:
    assert set(EFFECTS) <= set(SENT)
