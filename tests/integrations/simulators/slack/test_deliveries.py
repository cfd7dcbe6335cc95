"""What the app is told: events, their signatures, their retries, and what goes wrong on the way."""

import json
import time
from pathlib import Path
from typing import Any

from slack_sdk import WebClient

from tests.integrations.simulators.slack.conftest import (
    ADA,
    BEN,
    BOT,
    PAYMENTS,
    RANDOM,
    Control,
    Heard,
    Listener,
    until,
)

SHAPES: dict[str, Any] = json.loads((Path(__file__).parent / "fixtures/published_shapes.json").read_text())


def assert_shape(name: str, payload: dict[str, Any]) -> None:
    """Every field of the published sample is there with its type."""
    for field, kind in SHAPES[name]["fields"].items():
        if kind.endswith("?") and payload.get(field) is None:
            continue
        assert field in payload, f"{name}: {field} is missing (source: {SHAPES[name]['source']})"
        assert type(payload[field]).__name__ == kind.rstrip("?"), f"{name}: {field} is {payload[field]!r}"


def events_of(app: Listener, kind: str) -> list[dict[str, Any]]:
    bodies = [json.loads(heard.body) for heard in app.heard if heard.body.startswith(b"{")]
    return [body for body in bodies if body.get("event", {}).get("type") == kind]


def test_a_mention_reaches_bolt_as_app_mention_and_as_message(app: Listener, sim: Control) -> None:
    got: list[dict[str, Any]] = []

    @app.bolt.event("app_mention")
    async def mentioned(body: dict[str, Any]) -> None:
        got.append(body)

    @app.bolt.event("message")
    async def messaged(body: dict[str, Any]) -> None:
        got.append(body)

    ts = sim.say("@sortie fix `/v1/refunds`, see <https://acme.example/1|this>")
    sim.settle()
    assert sorted(body["event"]["type"] for body in got) == ["app_mention", "message"]
    assert {body["event"]["ts"] for body in got} == {ts}
    assert len({body["event_id"] for body in got}) == 2
    for body in got:
        assert_shape("envelope", body)
        assert_shape("authorization", body["authorizations"][0])
        assert_shape(body["event"]["type"], body["event"])
        assert body["event"]["text"].startswith(f"<@{BOT}> fix")
        words = body["event"]["blocks"][0]["elements"][0]["elements"]
        assert [word["type"] for word in words] == ["user", "text", "text", "text", "link"]


def test_every_delivery_is_signed_so_that_slacks_own_verifier_agrees(app: Listener, sim: Control) -> None:
    sim.say("@sortie hi & <bye>")
    sim.settle()
    assert len(app.heard) >= 2 and all(heard.signed for heard in app.heard)
    forged = Heard(time.time(), app.heard[0].headers, app.heard[0].body + b" ")
    assert not forged.signed


def test_replies_edits_deletions_and_reactions_have_slacks_shapes(
    app: Listener, sim: Control, slack: WebClient
) -> None:
    root = sim.say("root")
    slack.chat_postMessage(
        channel=PAYMENTS,
        thread_ts=root,
        text="reply",
        blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "reply"}}],
    )
    sim.post("edit", {"channel": PAYMENTS, "ts": root, "text": "root, edited"})
    sim.post("reactions", {"user": BEN, "channel": PAYMENTS, "ts": root, "name": "eyes"})
    sim.post("delete", {"channel": PAYMENTS, "ts": root})
    sim.settle()
    messages = [body["event"] for body in events_of(app, "message")]
    by_subtype = {event.get("subtype", "bot" if "bot_id" in event else "person"): event for event in messages}
    assert_shape("reply_by_bot", by_subtype["bot"])
    assert_shape("bot_profile", by_subtype["bot"]["bot_profile"])
    assert by_subtype["bot"]["thread_ts"] == root and by_subtype["bot"]["parent_user_id"] == ADA
    assert_shape("message_changed", by_subtype["message_changed"])
    assert by_subtype["message_changed"]["previous_message"]["text"] == "root"
    assert_shape("message_deleted", by_subtype["message_deleted"])
    assert_shape("reaction_added", events_of(app, "reaction_added")[0]["event"])


def test_the_app_hears_nothing_from_a_channel_it_is_not_in(app: Listener, sim: Control) -> None:
    sim.say("@sortie can you hear me?", channel=RANDOM)
    assert sim.events() == []
    sim.post("members", {"user": BOT, "channel": RANDOM})
    sim.say("@sortie and now?", channel=RANDOM)
    assert {row["type"] for row in sim.events()} == {"member_joined_channel", "app_mention", "message"}


def test_a_direct_message_is_a_message_and_no_mention(app: Listener, sim: Control) -> None:
    sim.say("@sortie hello", channel="D0ADA00001")
    assert [row["payload"]["event"]["channel_type"] for row in sim.events()] == ["im"]


def test_a_failed_delivery_is_retried_with_a_number_and_a_reason(app: Listener, sim: Control) -> None:
    app.statuses = [(500, {}), (503, {})]
    sim.say("hello")
    (row,) = sim.events("message")
    assert [(a["status"], a["retry_num"], a["reason"]) for a in row["attempts"]] == [
        (500, 0, "http_error"),
        (503, 1, "http_error"),
        (404, 2, "http_error"),
        (404, 3, "http_error"),
    ]
    assert row["state"] == "failed"
    retry = app.heard[1].headers
    assert (retry["x-slack-retry-num"], retry["x-slack-retry-reason"]) == ("1", "http_error")
    assert "x-slack-retry-num" not in app.heard[0].headers
    assert len({json.loads(heard.body)["event_id"] for heard in app.heard}) == 1
    assert all(heard.signed for heard in app.heard)


def test_no_retry_after_the_app_says_so(app: Listener, sim: Control) -> None:
    app.statuses = [(500, {"X-Slack-No-Retry": "1"})]
    sim.say("hello")
    (row,) = sim.events("message")
    assert len(row["attempts"]) == 1 and row["state"] == "failed"


def test_an_answer_after_three_seconds_is_a_timeout_and_the_event_comes_again(
    app: Listener, sim: Control
) -> None:
    @app.bolt.event("message")
    async def heard() -> None: ...

    app.stall_s = 3.5
    sim.say("slow")
    (row,) = sim.events("message")
    assert [(a["status"], a["reason"]) for a in row["attempts"]] == [(None, "http_timeout"), (200, None)]
    assert app.heard[1].headers["x-slack-retry-reason"] == "http_timeout"


def test_an_app_that_is_down_gets_connection_failed(sim: Control) -> None:
    sim.post("config", {"events_url": "http://127.0.0.1:9/", "verify": False})
    sim.say("anyone?")
    (row,) = sim.events("message")
    assert {a["reason"] for a in row["attempts"]} == {"connection_failed"} and len(row["attempts"]) == 4


def test_the_url_is_verified_by_its_challenge(app: Listener, sim: Control) -> None:
    assert sim.post("config", {"events_url": app.url})["verified"] is True
    assert json.loads(app.heard[0].body)["type"] == "url_verification" and app.heard[0].signed
    app.statuses = [(200, {})]
    assert sim.post("config", {"events_url": app.url})["verified"] is False


def test_deliveries_can_be_dropped_doubled_and_delayed(app: Listener, sim: Control) -> None:
    sim.post("faults", {"method": "event:message", "kind": "drop"})
    sim.say("lost")
    sim.post("faults", {"method": "event:message", "kind": "duplicate"})
    sim.say("twice")
    sim.post("faults", {"method": "event:message", "kind": "delay", "seconds": 0.5})
    sim.say("late")
    sim.say("in time")
    until(lambda: len(events_of(app, "message")) >= 4 * 4)
    firsts = [h for h in app.heard if "x-slack-retry-num" not in h.headers]
    texts = [json.loads(heard.body)["event"]["text"] for heard in firsts]
    assert texts == ["twice", "twice", "in time", "late"]
    ids = [json.loads(heard.body)["event_id"] for heard in firsts]
    assert ids[0] == ids[1] and len(set(ids)) == 3


def test_stop_on_a_processing_session_tells_the_app(app: Listener, sim: Control, slack: WebClient) -> None:
    root = sim.say("work")
    stop = {"user": BEN, "channel": PAYMENTS, "thread_ts": root}
    sim.post("sessions/stop", stop, status=409)
    slack.agents_sessions_setStatus(channel_id=PAYMENTS, thread_ts=root, status="processing")
    stream = slack.chat_startStream(
        channel=PAYMENTS, thread_ts=root, recipient_user_id=ADA, recipient_team_id="T0ACME0001"
    )["ts"]
    sim.post("sessions/stop", stop)
    sim.settle()
    event = events_of(app, "agent_session_stopped")[0]["event"]
    assert_shape("agent_session_stopped", event)
    assert (event["user"], event["thread_ts"], event["streaming_message_ts"]) == (BEN, root, [stream])
    assert sim.get("sessions")["sessions"][0]["status"] == "processing"


def test_opening_the_home_tab_tells_the_app(app: Listener, sim: Control, slack: WebClient) -> None:
    slack.views_publish(user_id=ADA, view={"type": "home", "blocks": [{"type": "divider"}]})
    sim.post("home", {"user": ADA})
    sim.settle()
    event = events_of(app, "app_home_opened")[0]["event"]
    assert_shape("app_home_opened", event)
    assert event["view"]["type"] == "home"
