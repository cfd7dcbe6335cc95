"""Buttons of the posts: who is asked of the host, what is stale, what wants words first."""

from dataclasses import replace

import pytest

from bot.inbound import Delivery, Press, Speech
from bot.routed import Fact, Ignored, Known, NewRun, Routed, SwitchTurned
from bot.routing import route
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.facts import Chip, FeedbackGiven, PressedInChat, RetryRequested
from tasks.domain.remarks import Foreign
from tasks.domain.request import Person
from tasks.domain.run import Run, RunState
from tests.support.histories import ONE, TO_CODING, TO_PR, TO_READY, Story
from tests.support.requests import NOON

THREAD = ThreadRef("T1", "C1", "1795185120.000100")
ADA, BEN = Person("slack", "T1", "U1"), Person("slack", "T1", "U2")
READY = Story(*TO_READY).run


def press(action: str, *, by: Person = BEN, version: int | None = None, choice: str | None = None) -> Press:
    at = READY.seq if version is None else version
    return Press(Delivery("slack", "1"), by, THREAD, action, "R-1042", None, choice, version=at)


def pressed(given: Press, run: Run = READY, *, login: str = "ben") -> Fact | Ignored:
    routed = route(given, Known((run,), bool(login), NOON, 1800, login=login))
    assert isinstance(routed, Fact | Ignored)
    return routed


def told(routed: Fact | Ignored) -> str:
    assert routed.reply is not None
    return routed.reply.text


def test_request_changes_asks_for_words_and_then_asks_the_host() -> None:
    asked = pressed(press("task_change"))
    assert isinstance(asked, Ignored) and asked.reply and asked.reply.dialogue
    assert (asked.reply.dialogue.action, asked.reply.version) == ("task_change", READY.seq)
    given = pressed(press("task_change", choice="  Also charges. "))
    assert isinstance(given, Fact) and given.event == PressedInChat(BEN, "ben", "request", "Also charges.")


def test_closing_needs_no_words_and_takes_none() -> None:
    given = pressed(press("task_close", choice="x"))
    assert isinstance(given, Fact) and given.event == PressedInChat(BEN, "ben", "close")


@pytest.mark.parametrize("action", ["task_change", "task_close"])
def test_without_a_linked_account_nothing_is_asked(action: str) -> None:
    routed = pressed(press(action, choice="x"), login="")
    assert isinstance(routed, Ignored) and "linked GitHub account" in told(routed)


@pytest.mark.parametrize("action", ["task_change", "task_close", "task_retry"])
@pytest.mark.parametrize(
    "run",
    [
        Story(*TO_CODING).run,
        replace(READY, state=RunState.merged),
        replace(READY, state_seq=READY.seq + 1, state=RunState.failed),
    ],
)
def test_a_button_of_another_state_says_so_and_changes_nothing(action: str, run: Run) -> None:
    routed = pressed(press(action, choice="x"), run)
    assert isinstance(routed, Ignored) and (
        "already done" in told(routed) or "nothing to retry" in told(routed)
    )


def test_a_retry_on_the_newest_post_still_counts() -> None:
    failed = replace(READY, state=RunState.failed)
    assert isinstance(pressed(press("task_retry"), failed), Fact)
    old = pressed(press("task_retry", version=1), failed)
    assert isinstance(old, Ignored) and "already done" in told(old)
    assert isinstance(pressed(replace(press("task_retry"), version=None), failed), Fact), (
        "of an older version"
    )
    assert pressed(press("task_retry", by=ADA), failed) == Fact(("R-1042",), RetryRequested(ADA))


def test_nobody_asks_for_changes_while_somebody_elses_commits_stand_there() -> None:
    assert isinstance(
        pressed(press("task_change", choice="x"), replace(READY, foreign=Foreign(ONE))), Ignored
    )


def test_a_guest_presses_nothing() -> None:
    for action in ("task_change", "task_close", "fb"):
        assert isinstance(pressed(replace(press(action), restricted=True)), Ignored)


def test_a_thumb_up_counts_at_once_and_a_thumb_down_asks_what_was_bad() -> None:
    good = pressed(press("fb"), login="")
    assert isinstance(good, Fact) and good.event == FeedbackGiven(BEN, True) and told(good)
    bad = pressed(replace(press("fb"), good=False))
    assert isinstance(bad, Fact) and bad.event == FeedbackGiven(BEN, False)
    assert bad.reply and bad.reply.dialogue and len(bad.reply.dialogue.choices) == 5
    chips = ("wrong_fix", "made_up", "wrong_fix")
    more = pressed(replace(press("fb", choice=" no "), good=False, chips=chips, submitted=True))
    assert isinstance(more, Fact) and more.reply is None
    assert more.event == FeedbackGiven(BEN, False, (Chip.wrong_fix,), "no")


def test_feedback_comes_at_any_time() -> None:
    for run in (Story(*TO_PR).run, replace(READY, state=RunState.merged)):
        assert isinstance(pressed(press("fb", version=1), run), Fact)


def says(text: str, *, login: str = "ben", operator: bool = False, restricted: bool = False) -> Routed:
    said = Speech(
        Delivery("slack", "2"), BEN, text, THREAD, MessageRef("C1", "2.0"), True, restricted=restricted
    )
    return route(said, Known((), bool(login), NOON, 1800, login=login, operator=operator))


@pytest.mark.parametrize(
    ("text", "on", "reason"),
    [
        ("kill-switch on", True, ""),
        ("Kill-Switch ON main is  broken", True, "main is broken"),
        ("kill-switch on: main is broken\nand how", True, "main is broken and how"),
        ("kill-switch off", False, ""),
        (" kill-switch status", None, ""),
        ("kill-switch", None, ""),
    ],
)
def test_an_operator_turns_the_kill_switch(text: str, on: bool | None, reason: str) -> None:
    assert says(text, operator=True) == SwitchTurned(BEN, "ben", THREAD, on, reason)


@pytest.mark.parametrize("text", ["kill-switch on", "kill-switch off", "kill-switch OFF please"])
def test_nobody_else_turns_it_but_everybody_of_the_workspace_may_ask(text: str) -> None:
    routed = says(text)
    assert isinstance(routed, Ignored) and routed.reply and "Only an operator" in routed.reply.text
    assert isinstance(says("kill-switch status", login=""), SwitchTurned)
    for guest in (says(text, operator=True, restricted=True), says("kill-switch", restricted=True)):
        assert isinstance(guest, Ignored) and guest.reply and "Guests" in guest.reply.text


@pytest.mark.parametrize(
    "text",
    ["kill-switch broke the build", "remove the kill-switch", "kill-switches on", "kill-switch onwards"],
)
def test_words_about_a_kill_switch_are_a_request(text: str) -> None:
    assert isinstance(says(text, operator=True), NewRun)
