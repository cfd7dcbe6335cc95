"""Slack's deliveries through the real door, by HTTP and by Socket Mode: stored before they are acknowledged, once each."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.types.chat import MessageRef
from tasks.domain.decisions import Disputed, Failed, QuestionAsked
from tasks.domain.facts import QuestionAnswered, Replied, RunRequested, StopRequested
from tasks.domain.remarks import Standing
from tasks.domain.results import CardPosted
from tasks.domain.run import RunState
from tests.support.eventually import until
from tests.support.front_door import ADA, BEN, BOT, CHANNEL, CHEN, GUEST, TEAM, FrontDoor, front_door
from tests.support.requests import chat_of

ASK = f"{BOT} /v1/refunds 500s when currency is null, should be a 422"


@pytest.fixture(params=["http", "socket"])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FrontDoor]:
    with front_door(tmp_path, mode=request.param) as running:
        yield running


def one_run(door: FrontDoor) -> str:
    found = door.runs()
    assert len(found) == 1, found
    return found[0]


def whisper(door: FrontDoor) -> dict[str, Any]:
    """The one ephemeral message, once it is there."""
    found: dict[str, Any] = until(
        lambda: (door.seen("ephemerals")["ephemerals"] or [None])[-1], what="a whisper"
    )
    return found


def test_slack_can_verify_the_address(tmp_path: Path) -> None:
    with front_door(tmp_path) as door:
        assert door.sim("config", events_url=f"{door.url}/slack/events", verify=True)["verified"]


def test_a_mention_becomes_one_run_although_slack_tells_it_twice(door: FrontDoor) -> None:
    ts = door.says(ASK)
    kinds = [d["type"] for d in door.seen("deliveries")["deliveries"] if d["kind"] == "events_api"]
    assert sorted(kinds) == ["app_mention", "message"]
    run_id = one_run(door)
    with door.store.reading() as tx:
        event = tx.events(run_id)[0].event
        kinds = [intent.effect.kind for intent in tx.outbox(run_id)]
    assert isinstance(event, RunRequested)
    assert event.request.text == "/v1/refunds 500s when currency is null, should be a 422"
    assert (chat_of(event.request).thread.team, chat_of(event.request).origin) == (
        TEAM,
        MessageRef(CHANNEL, ts),
    )
    assert {"chat.reaction", "chat.card"} <= set(kinds)
    until(lambda: door.bell.rung == [run_id], what="the wake-up")


def test_slack_repeating_a_delivery_changes_nothing(door: FrontDoor) -> None:
    door.sim("faults", method="event:app_mention", kind="duplicate")
    door.says(ASK)
    assert door.facts(one_run(door)) == ["RunRequested"]


def test_a_thread_reply_steers_stops_and_is_ignored_by_the_rules(door: FrontDoor) -> None:
    root = door.says(ASK)
    run_id = one_run(door)
    door.says("same in /charges by the way", thread_ts=root)
    door.says(f"{BOT} stop using moment.js", thread_ts=root)
    door.says(f"{BOT} // just thinking", thread_ts=root)
    assert door.facts(run_id) == ["RunRequested", "Replied", "Replied"]
    with door.store.reading() as tx:
        said = [r.event for r in tx.events(run_id) if isinstance(r.event, Replied)]
    assert [(s.text, s.steering) for s in said] == [
        ("same in /charges by the way", False),
        ("stop using moment.js", True),
    ]
    door.says(f"{BOT} stop", user=CHEN, thread_ts=root)
    with door.store.reading() as tx:
        run = tx.load(run_id)
        event = tx.events(run_id)[-1].event
    assert run is not None and run.state is RunState.cancelled
    assert isinstance(event, StopRequested) and event.by.id == CHEN


def test_a_guest_can_neither_stop_by_word_nor_by_button(door: FrontDoor) -> None:
    root = door.says(ASK)
    door.says(f"{BOT} stop", user=GUEST, thread_ts=root)
    assert "Guests" in whisper(door)["text"]
    ts = posted(door, root, button("task_stop", "Stop", t=one_run(door)))
    door.sim("click", user=GUEST, action_id="task_stop", channel=CHANNEL, ts=ts)
    assert door.facts(one_run(door)) == ["RunRequested"]
    door.sim("click", user=CHEN, action_id="task_stop", channel=CHANNEL, ts=ts)
    assert door.facts(one_run(door))[-1] == "StopRequested"


def test_the_native_stop_and_the_stop_reaction_stop(door: FrontDoor) -> None:
    first = door.says(ASK)
    door.api("agents.sessions.setStatus", channel_id=CHANNEL, thread_ts=first, status="processing")
    door.sim("sessions/stop", user=BEN, channel=CHANNEL, thread_ts=first)
    second = door.says(ASK)
    run_id = door.runs()[0]
    with door.store.writing() as tx:
        tx.append(run_id, CardPosted(MessageRef(CHANNEL, second)))
    door.sim("reactions", user=BEN, channel=CHANNEL, ts=second, name="octagonal_sign")
    door.settle()
    for found in door.runs():
        assert door.facts(found)[-1] == "StopRequested"


def test_an_edited_request_and_an_app_talking_start_nothing(door: FrontDoor) -> None:
    ts = door.says("nothing for anyone")
    door.sim("edit", channel=CHANNEL, ts=ts, text=ASK)
    door.settle()
    assert door.runs() == ()


def test_a_mention_without_words_is_answered_with_help_for_that_person_alone(door: FrontDoor) -> None:
    door.says(BOT)
    shown = whisper(door)
    assert shown["user"] == ADA and "starts a run" in shown["text"]
    assert door.runs() == ()


def test_status_shows_the_card_to_the_asker_alone(door: FrontDoor) -> None:
    root = door.says(ASK)
    door.says(f"{BOT} status", user=CHEN, thread_ts=root)
    shown = whisper(door)
    assert shown["user"] == CHEN and "R-1001" in shown["text"]
    assert "task_stop" in json.dumps(shown["blocks"])
    assert door.facts(one_run(door)) == ["RunRequested"]


def test_a_direct_message_needs_no_mention(door: FrontDoor) -> None:
    door.says("fix the currency bug in acme/api", channel="D0ADA00001")
    with door.store.reading() as tx:
        run = tx.load(one_run(door))
    assert run is not None and run.request.channel == "slack_dm" and run.request.options.repo == "acme/api"


def ask_which_repo(door: FrontDoor, root: str) -> str:
    """The question stands in the thread as the publisher posts it: pick buttons and a search box."""
    run_id = one_run(door)
    with door.store.writing() as tx:
        tx.append(run_id, QuestionAsked(1, "repo", "Which repo is this?", ("acme/api", "acme/web"), "?"))
    pick = button("repo_pick_0", "acme/api", t=run_id, q=1, r="acme/api")
    search = {
        "type": "external_select",
        "action_id": "repo_other",
        "min_query_length": 1,
        "placeholder": {"type": "plain_text", "text": "Other"},
    }
    return posted(door, root, pick, search)


def button(action: str, label: str, **value: object) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "action_id": action, "text": text, "value": json.dumps(value)}


def posted(door: FrontDoor, root: str, *elements: dict[str, Any]) -> str:
    """A message of ours with these elements stands in the thread; its ts."""
    blocks = [{"type": "actions", "elements": list(elements)}]
    answer = door.api("chat.postMessage", channel=CHANNEL, thread_ts=root, text="?", blocks=blocks)
    return str(answer["ts"])


def test_the_repo_question_is_answered_by_the_button(door: FrontDoor) -> None:
    ts = ask_which_repo(door, door.says(ASK))
    door.sim("click", user=ADA, action_id="repo_pick_0", channel=CHANNEL, ts=ts)
    with door.store.reading() as tx:
        event = tx.events(one_run(door))[-1].event
    assert isinstance(event, QuestionAnswered) and (event.question, event.answer) == (1, "acme/api")


def test_the_repo_question_is_answered_from_the_search_box(door: FrontDoor) -> None:
    ts = ask_which_repo(door, door.says(ASK))
    offered = door.sim("options", user=ADA, action_id="repo_other", channel=CHANNEL, ts=ts, query="we")
    assert [o["value"] for o in offered["options"]] == ["acme/web"]
    door.sim("click", user=ADA, action_id="repo_other", channel=CHANNEL, ts=ts, value="acme/web")
    with door.store.reading() as tx:
        event = tx.events(one_run(door))[-1].event
    assert isinstance(event, QuestionAnswered) and event.answer == "acme/web"


def test_the_wrong_person_is_told_privately_and_nothing_changes(door: FrontDoor) -> None:
    ts = ask_which_repo(door, door.says(ASK))
    door.sim("click", user=CHEN, action_id="repo_pick_0", channel=CHANNEL, ts=ts)
    shown = whisper(door)
    assert shown["user"] == CHEN and "linked GitHub account" in shown["text"]
    assert door.facts(one_run(door)) == ["RunRequested", "QuestionAsked"]
    door.sim("click", user=BEN, action_id="repo_pick_0", channel=CHANNEL, ts=ts)
    assert door.facts(one_run(door)) == ["RunRequested", "QuestionAsked", "PressedInChat"], (
        "the host is asked"
    )


def test_a_second_click_finds_the_question_answered(door: FrontDoor) -> None:
    ts = ask_which_repo(door, door.says(ASK))
    for _ in range(2):
        door.sim("click", user=ADA, action_id="repo_pick_0", channel=CHANNEL, ts=ts)
    assert "already done" in whisper(door)["text"]
    assert door.facts(one_run(door)).count("QuestionAnswered") == 1


def test_waiving_asks_for_a_reason_and_then_who_may_is_asked_of_the_host(door: FrontDoor) -> None:
    root = door.says(ASK)
    run_id = one_run(door)
    disputed(door, run_id)
    ts = posted(door, root, button("ds_waive", "Not a problem...", t=run_id))
    door.sim("click", user=BEN, action_id="ds_waive", channel=CHANNEL, ts=ts)
    view = door.seen("views")["modals"][BEN][-1]
    door.sim("views/submit", user=BEN, view_id=view["id"], values={"reason": "redacted upstream"})
    with door.store.reading() as tx:
        run = tx.load(run_id)
    assert run is not None and run.state is RunState.disputed and not run.waived
    [asked] = run.remarks
    assert (asked.remark.verb, asked.remark.words) == ("not a problem", "redacted upstream")
    assert asked.remark.owner and asked.standing is Standing.asked


def disputed(door: FrontDoor, run_id: str) -> None:
    """Brings a run to a dispute by its own events."""
    with door.store.writing() as tx:
        run = tx.append(run_id, Disputed("a" * 40))
    assert run.state is RunState.disputed


def test_a_retry_of_a_failed_run(door: FrontDoor) -> None:
    root = door.says(ASK)
    with door.store.writing() as tx:
        tx.append(one_run(door), Failed("AGT-003", "It looped."))
    door.says(f"{BOT} retry", thread_ts=root)
    assert door.facts(one_run(door))[-1] == "RetryRequested"


def test_the_broker_being_down_is_said_on_the_card_and_loses_nothing(door: FrontDoor) -> None:
    door.bell.broken = True
    door.says(ASK)
    run_id = one_run(door)
    until(lambda: "Noted" in door.facts(run_id), what="the note")
    with door.store.reading() as tx:
        run = tx.load(run_id)
    assert run is not None and [note.code for note in run.notes] == ["SYS-001"]


def test_without_sql_nothing_is_acknowledged_and_the_repetition_is_stored(
    door: FrontDoor, tmp_path: Path
) -> None:
    sql = tmp_path / "sql"
    door.store.engine.dispose()
    sql.rename(tmp_path / "away")
    try:
        door.sim("messages", user=ADA, channel=CHANNEL, text=ASK)
        until(lambda: len(refusals(door)) >= 2, within_s=20, what="two refusals")
    finally:
        (tmp_path / "away").rename(sql)
    door.settle()
    until(lambda: len(door.runs()) == 1, what="the run")
    assert {d["state"] for d in door.seen("deliveries")["deliveries"] if d["kind"] == "events_api"} == {
        "delivered"
    }


def refusals(door: FrontDoor) -> list[dict[str, Any]]:
    """Attempts that ended without a 2xx: 503 over HTTP, silence over the socket; never anything else."""
    tried = [a for d in door.seen("deliveries")["deliveries"] for a in d["attempts"]]
    ended = [a for a in tried if a["reason"] or a["status"]]
    assert {(a["status"], a["reason"]) for a in ended} <= {
        (200, None),
        (503, "http_error"),
        (None, "timeout"),
    }
    return [a for a in ended if a["status"] != 200]
