"""Everything our Slack client does in the course of runs, one act each."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from integrations.errors import Denied, NotFound
from integrations.slack.client import SlackChat
from integrations.types.chat import (
    Button,
    Buttons,
    Confirm,
    Context,
    Excerpt,
    Feedback,
    Fields,
    Link,
    Mention,
    MessageRef,
    OutgoingMessage,
    Plain,
    PlanPart,
    PlanStep,
    Quoted,
    Search,
    Section,
    ThreadRef,
)

CARD = OutgoingMessage(
    "R-1 is at work",
    (
        Section("hdr", (Plain("R-1 ", bold=True), Quoted("fix <!channel> & `x`"), Mention("U000000001"))),
        Fields("facts", ((Plain("Repository"),), (Link("http://127.0.0.1/acme/api", "acme/api"),))),
        PlanPart("plan", "Plan", (PlanStep("a", "Read", "complete", "done"), PlanStep("b", "Fix", "pending"))),
        Excerpt("log", "1 failed\n2 passed"),
        Context("by", (Plain("asked by Ada"),)),
        Buttons(
            "act",
            (
                Button("task_open", "Open", url="http://127.0.0.1/t/R-1"),
                Button("run_stop", "Stop", value='{"run":"R-1"}', style="danger", hint="Stop the run",
                       confirm=Confirm("Stop?", "Nothing is lost.", "Stop", "Go on")),
                Search("repo_pick", "Another repository"),
            ),
        ),
        Feedback("fb", "feedback", "good", "bad", "this change"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Workspace:
    """Our client, a client with another token, and a thread that a person began."""

    chat: SlackChat
    stranger: SlackChat
    thread: ThreadRef
    person: str


Act = Callable[[Workspace], None]


def posts_and_finds_the_post_by_its_outbox_id(slack: Workspace) -> None:
    ref = slack.chat.post(slack.thread, CARD, outbox_id="ob-1")
    found = slack.chat.find_post(slack.thread, outbox_id="ob-1")
    assert found is not None and found.ref == ref
    assert slack.chat.find_post(slack.thread, outbox_id="ob-2") is None


def finds_a_post_on_a_later_page(slack: Workspace) -> None:
    for n in range(205):
        slack.chat.post(slack.thread, OutgoingMessage(f"line {n}"), outbox_id=f"page-{n}")
    assert slack.chat.find_post(slack.thread, outbox_id="page-204") is not None


def edits_its_post(slack: Workspace) -> None:
    ref = slack.chat.post(slack.thread, CARD, outbox_id="ob-3")
    slack.chat.update(ref, OutgoingMessage("R-1 is ready", (Section("hdr", (Plain("done"),)),), version=2))
    found = slack.chat.find_post(slack.thread, outbox_id="ob-3")
    assert found is not None and found.ref == ref, "an edit keeps the metadata"


def whispers_to_one_person(slack: Workspace) -> None:
    slack.chat.whisper(slack.thread, user=slack.person, content=CARD)


def has_one_reaction_however_often_it_is_set(slack: Workspace) -> None:
    origin = MessageRef(slack.thread.channel, slack.thread.thread_ts)
    slack.chat.set_reaction(origin, name="eyes", previous=())
    for _ in range(2):
        slack.chat.set_reaction(origin, name="warning", previous=("eyes",))


def shows_the_session_or_leaves_it(slack: Workspace) -> None:
    slack.chat.set_session(slack.thread, status="processing", title="R-1", user=slack.person)


def knows_a_person(slack: Workspace) -> None:
    found = slack.chat.user(slack.person)
    assert (found.id, found.is_bot, found.restricted) == (slack.person, False, False) and found.name


def a_person_who_is_not_there_is_not_found(slack: Workspace) -> None:
    with pytest.raises(NotFound):
        slack.chat.user("U0NOBODY00")


def a_channel_that_is_not_there_is_not_found(slack: Workspace) -> None:
    with pytest.raises(NotFound):
        slack.chat.post(ThreadRef(slack.thread.team, "C0NOWHERE0", "1.000100"), CARD, outbox_id="ob-4")


def a_message_that_is_not_there_is_not_found(slack: Workspace) -> None:
    with pytest.raises(NotFound):
        slack.chat.update(MessageRef(slack.thread.channel, "1.000100"), CARD)


def a_token_that_nobody_gave_out_is_denied(slack: Workspace) -> None:
    with pytest.raises(Denied):
        slack.stranger.post(slack.thread, CARD, outbox_id="ob-5")


ACTS: tuple[Act, ...] = (
    posts_and_finds_the_post_by_its_outbox_id,
    finds_a_post_on_a_later_page,
    edits_its_post,
    whispers_to_one_person,
    has_one_reaction_however_often_it_is_set,
    shows_the_session_or_leaves_it,
    knows_a_person,
    a_person_who_is_not_there_is_not_found,
    a_channel_that_is_not_there_is_not_found,
    a_message_that_is_not_there_is_not_found,
    a_token_that_nobody_gave_out_is_denied,
)
