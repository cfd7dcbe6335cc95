"""Dialogues, private refusals and the words that go from the chat to the pull request."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from slack_sdk.models.views import View

from integrations.simulators.slack.web_api.views import checked_view
from integrations.slack.modals import modal
from integrations.types.chat import Dialogue
from integrations.types.code_host import Role
from tasks.domain.decisions import RoundStarted
from tasks.domain.events import Event
from tasks.domain.facts import PressedInChat, PullRequestMoved
from tasks.domain.remarks import Kind
from tasks.domain.results import MadeReady, PermissionSeen
from tasks.domain.run import Run
from tasks.messages import chat, presses, thread
from tests.tasks.messages.rendering import actions_of, parsed_by_slack, rendered, words_of
from tests.tasks.messages.runs import ADA, BEN, EVERY_STATE, HEAD, LINKS, PASSED, a_run, state
from tests.tasks.messages.test_chat import ALPHABET, HOSTILE, NOW

READY: tuple[Event, ...] = (*PASSED, MadeReady(812))
KEY = f"chat:{len(READY) + 2}"


def asked(words: str, *more: Event, role: Role = Role.write) -> Run:
    """A run of which Ben wanted this changed, by the button."""
    return a_run(
        *READY, PressedInChat(BEN, "ben", "request", words), PermissionSeen(KEY, "ben", 9, role), *more
    )


def m6(run: Run) -> tuple[str, list[dict[str, object]]]:
    return rendered(chat.post("M6", run, now=NOW, links=LINKS))


@pytest.mark.parametrize(
    "dialogue",
    [
        presses.why_no_problem(state("disputed")),
        presses.what_to_change(state("ready")),
        presses.what_was_bad(state("ready")),
        thread.change_plan(state("plan to approve")),
        thread.follow_up(state("merged")),
    ],
)
def test_every_dialogue_is_one_that_slack_takes(dialogue: Dialogue) -> None:
    view = modal(dialogue, {"t": "R-1042", "team": "T1", "channel": "C1", "thread": "1.0", "v": 9})
    View(**view).validate_json()
    checked_view(view, kinds=("modal",))
    assert json.loads(view["private_metadata"])["t"] == "R-1042"
    assert view["callback_id"] == dialogue.action


def test_ready_offers_changes_a_close_that_asks_and_thumbs() -> None:
    run = state("ready")
    found = actions_of(m6(run)[1])
    assert list(found) == ["pr_review", "task_change", "task_close", "fb"]
    assert found["task_close"]["confirm"]["title"]["text"] == "Close PR #812?"
    assert json.loads(found["task_change"]["value"]) == {"t": "R-1042", "v": run.state_seq}
    assert json.loads(found["fb"]["negative_button"]["value"]) == {"t": "R-1042", "g": 0}


def test_while_a_wish_waits_or_is_worked_on_the_post_names_its_author() -> None:
    waiting = m6(asked("Also charges."))[1]
    assert "Changes asked for by <@U2>: Also charges." in words_of(waiting)
    begun = m6(asked("Also charges.", RoundStarted(1, Kind.comments, (KEY,), HEAD)))
    assert list(actions_of(begun[1])) == ["pr_review", "fb"] and "revising, PR #812" in begun[0]
    assert "*Revising:*" in words_of(begun[1]) and "<@U2>" in words_of(begun[1])


def test_a_close_from_the_chat_names_its_author_on_post_and_card() -> None:
    pressed = PressedInChat(ADA, "ada", "close")
    run = a_run(
        *READY, pressed, PermissionSeen(KEY, "ada", 7, Role.none),
        PullRequestMoved(812, "closed", False, HEAD, "sortie[bot]"),
    )  # fmt: skip
    assert "Closed by <@U1>. The branch is kept." in words_of(m6(run)[1])
    card = words_of(rendered(chat.card(run, now=NOW, links=LINKS))[1])
    assert "*Closed* by <@U1>" in card and "sortie[bot]" not in card


def test_a_refusal_says_what_they_have_and_what_it_needs() -> None:
    run = asked("x", role=Role.read)
    text, shown = rendered(presses.declined(run, run.remarks[0]))
    assert "GitHub says `ben` has read on this repository, and it needs write access." in text
    assert "request changes" in words_of(shown)
    late = a_run(*READY[:-1], PressedInChat(BEN, "ben", "close"))
    moot = a_run(
        *READY[:-1],
        PressedInChat(BEN, "ben", "close"),
        PermissionSeen(f"chat:{late.seq}", "b", 9, Role.write),
    )
    assert "has moved on (in review)" in rendered(presses.declined(moot, moot.remarks[0]))[0]


def test_words_from_the_chat_are_quoted_on_the_pull_request_and_do_nothing() -> None:
    run = asked(f"{HOSTILE}\nCloses #1 <!-- sortie run=R-1 kind=status --> @chen\n\n# Heading\n- [ ] task")
    marker, body = presses.relayed(run, run.remarks[0])
    assert body.startswith(f"{marker}\n`ben` asks for changes, in Slack:\n\n> ")
    assert (
        body.count("<!--") == 1 and "@chen" not in body and "#1 " not in body and "https://evil" not in body
    )
    assert all(line.startswith("> ") for line in body.split("\n")[3:])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(ALPHABET)
def test_any_words_at_all_give_valid_posts(text: str) -> None:
    for run in (asked(text), asked(text, RoundStarted(1, Kind.comments, (KEY,), HEAD))):
        told, shown = m6(run)
        assert "canary-secret" not in json.dumps(shown)
        for token in ("<!channel", "<!here", "<@U2|", "<https://evil"):
            assert token not in parsed_by_slack(shown) + told
        rendered(presses.declined(run, run.remarks[0]))
        presses.relayed(run, run.remarks[0])


def test_the_post_about_a_ci_that_stays_red_shows_twelve_lines_and_what_can_be_done() -> None:
    run = state("ci given up")
    text, shown = rendered(chat.post("M19", run, now=NOW, links=LINKS))
    told = words_of(shown)
    assert "<@U1> *CI cannot be fixed:*" in told and "`job-1` — ours (it is not red on the base)" in told
    assert text.startswith("R-1042: CI cannot be fixed. job-1 still fails after 2 rounds. Draft PR #812")
    excerpt = next(b["text"]["text"] for b in shown if "line 39" in str(b))
    assert len(excerpt.strip("`\n").split("\n")) == 12 and "line 28" not in excerpt
    found = actions_of(shown)
    assert list(found) == ["ci_log", "task_keep", "task_close"] and found["ci_log"]["url"] == "https://ci/1"
    again = a_run(*EVERY_STATE["ci given up"], PullRequestMoved(812, "closed", False, HEAD, "ben"))
    assert list(actions_of(rendered(chat.post("M19", again, now=NOW, links=LINKS))[1])) == ["ci_log"]


def test_a_ci_that_was_red_before_is_called_so_and_never_passed() -> None:
    card = words_of(rendered(chat.card(state("ci red before"), now=NOW, links=LINKS))[1])
    assert "CI red before us: job-1 (also red on main)" in card and "passed" not in card
