"""What is said about what people do in a thread: plans, assumptions, reminders, edits, what a stop leaves."""

from datetime import timedelta

import pytest

from integrations.types.chat import OutgoingMessage
from tasks.messages import chat, thread
from tests.support.requests import NOON
from tests.tasks.messages.rendering import actions_of, rendered, words_of
from tests.tasks.messages.runs import EVERY_STATE, LINKS, state

NOW = NOON + timedelta(minutes=12)


def post(name: str, of: str) -> tuple[str, str, list[str]]:
    """(text, words, buttons) of a post."""
    text, shown = rendered(chat.post(name, state(of), now=NOW, links=LINKS))
    return text, words_of(shown), list(actions_of(shown))


def card(of: str) -> tuple[str, list[str]]:
    _, shown = rendered(chat.card(state(of), now=NOW, links=LINKS))
    return words_of(shown), list(actions_of(shown))


def test_a_plan_shows_its_steps_its_files_what_is_left_out_and_that_the_clock_is_paused() -> None:
    text, told, buttons = post("M4", "plan to approve")
    assert text == "R-1042 needs you: approve the plan. 3 steps, 2 files. Clock paused."
    assert "<@U1> *Plan ready, needs approval*" in told and "\n3. Serializer reads it" in told
    assert "Expects to change `migrations/0007.py`, `api/serializers.py` · not doing: data cleanup" in told
    assert buttons == ["plan_ok", "plan_edit", "plan_open", "task_stop"]
    assert "Approve the plan · clock paused" in card("plan to approve")[0]


def test_an_assumption_names_its_default_and_until_when_and_keeps_working() -> None:
    text, told, buttons = post("M3.1", "assumed")
    assert "Going with reject with 422 at 12:20 UTC unless you answer." in text
    assert "I'll go with *reject with 422* at <!date^" in told and "Work continues meanwhile" in told
    assert buttons == ["q_opt_0", "q_opt_1", "q_free"]
    assert "*Working*" in card("assumed")[0]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (chat.settled(answer="B", by="U2"), "Answered by <@U2>: *B*"),
        (chat.settled(answer="reject", by=""), "Nobody answered; went with *reject*."),
        (chat.settled(answer="", by=""), "Nobody answered."),
    ],
)
def test_a_settled_question_has_no_buttons(message: OutgoingMessage, words: str) -> None:
    _, shown = rendered(message)
    assert words_of(shown) == words and not actions_of(shown)


def test_a_reminder_and_a_deletion_are_told_directly() -> None:
    text, shown = rendered(thread.reminder(state("agent asks"), links=LINKS))
    assert text.startswith("R-1042 still waits for you") and list(actions_of(shown)) == ["task_open"]
    text, shown = rendered(thread.request_deleted(state("coding"), links=LINKS))
    assert "goes on" in text and list(actions_of(shown)) == ["task_stop", "task_open"]


def test_the_owner_is_asked_for_the_requester_and_a_run_that_nobody_answered_can_be_resumed() -> None:
    assert "<@U9> *Can you answer for* <@U1>*?*" in post("owner", "asked too")[1]
    text, told, buttons = post("M14", "nobody answered")
    assert "closed: nobody answered" in text and "<@U1> *Closed: nobody answered.*" in told
    assert buttons == ["task_retry", "task_open"]
    assert "*Stopped*: nobody answered" in card("nobody answered")[0]


def test_a_stop_lists_the_branch_offers_to_discard_it_and_says_when_that_is_done() -> None:
    _, told, buttons = post("M14", "branch left")
    assert "Branch sortie/R-1042-x, no PR." in told
    assert buttons == ["task_retry", "task_discard", "task_open"]
    _, told, buttons = post("M14", "branch discarded")
    assert "Branch `sortie/R-1042-x` was discarded by <@U1>." in told
    assert "Branch sortie/R-1042-x, no PR." not in told and buttons == ["task_retry", "task_open"]
    assert "The branch moved." in card("branch kept")[0] and "task_discard" in post("M14", "branch kept")[2]


def test_the_card_says_that_the_request_was_edited_that_it_is_muted_and_what_it_follows() -> None:
    told, buttons = card("request edited")
    assert "request edited <!date^" in told and "Also the charges" not in told
    assert "task_newtext" in buttons
    told, buttons = card("new text taken")
    assert "taken over" in told and "task_newtext" not in buttons and "steered 1×" in told
    assert "task_follow" in card("merged")[1] and "task_follow" not in card("closed")[1]
    assert "muted" in card("muted")[0] and "follow-up of R-1041" in card("follow-up")[0]


@pytest.mark.parametrize("name", EVERY_STATE)
def test_direct_messages_are_valid_in_every_state(name: str) -> None:
    for made in thread.DIRECT.values():
        rendered(made(state(name), links=LINKS))
