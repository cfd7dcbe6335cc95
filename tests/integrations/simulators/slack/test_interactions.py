"""Clicks, menus, modals, shortcuts and commands, answered by a real Bolt app."""

import json
import time
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running
from tests.integrations.simulators.slack.conftest import (
    ADA,
    BEN,
    BOT,
    CHEN,
    CONFIG,
    PAYMENTS,
    Control,
    Listener,
)
from tests.integrations.simulators.slack.test_blocks import MESSAGES
from tests.integrations.simulators.slack.test_deliveries import assert_shape

MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "change",
    "title": {"type": "plain_text", "text": "Request changes"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "what",
            "label": {"type": "plain_text", "text": "What should change?"},
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        },
        {
            "type": "input",
            "block_id": "repo",
            "optional": True,
            "label": {"type": "plain_text", "text": "Repository"},
            "element": {"type": "external_select", "action_id": "repo_other", "min_query_length": 0},
        },
    ],
}


def post(slack: WebClient, name: str, thread_ts: str | None = None) -> str:
    message = {**MESSAGES[name]}
    return str(slack.chat_postMessage(channel=PAYMENTS, thread_ts=thread_ts, **message)["ts"])


def last_payload(sim: Control, kind: str) -> dict[str, Any]:
    rows = [d for d in sim.get("deliveries")["deliveries"] if d["type"] == kind]
    return dict(rows[-1]["payload"])


def test_a_click_on_the_card_reaches_its_listener(app: Listener, sim: Control, slack: WebClient) -> None:
    got: list[dict[str, Any]] = []

    @app.bolt.action("task_stop")
    async def stop(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        got.append(body)
        await respond(text="Stopping.", replace_original=False, response_type="ephemeral")

    root = sim.say("@sortie fix it")
    ts = post(slack, "M1_card_working", root)
    result = sim.post("click", {"user": BEN, "channel": PAYMENTS, "ts": ts, "action_id": "task_stop"})
    assert result["ok"] and result["status"] == 200
    (body,) = got
    assert_shape("block_actions", body)
    assert_shape("button_action", body["actions"][0])
    assert body["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": PAYMENTS,
        "is_ephemeral": False,
        "thread_ts": root,
    }
    assert json.loads(body["actions"][0]["value"]) == {"t": "R-1042", "v": 7}
    assert body["message"]["thread_ts"] == root and body["user"]["id"] == BEN
    assert all(heard.signed for heard in app.heard)
    (shown,) = sim.get("ephemerals")["ephemerals"]
    assert (shown["user"], shown["text"], shown["thread_ts"]) == (BEN, "Stopping.", root)


def test_a_button_that_is_gone_cannot_be_clicked(app: Listener, sim: Control, slack: WebClient) -> None:
    ts = post(slack, "M2_repo_question")
    slack.chat_update(channel=PAYMENTS, ts=ts, text="Answered by Ben", blocks=[])
    click = {"user": BEN, "channel": PAYMENTS, "ts": ts, "action_id": "repo_pick_0"}
    sim.post("click", click, status=404)
    sim.post("click", {**click, "user": "U0NOBODY"}, status=404)


def test_nobody_else_can_click_an_ephemeral_message(app: Listener, sim: Control, slack: WebClient) -> None:
    @app.bolt.action("dn_ask")
    async def ask(ack: Any, respond: Any) -> None:
        await ack()
        await respond(delete_original=True)

    slack.chat_postEphemeral(channel=PAYMENTS, user=BEN, **MESSAGES["M11_denied_ephemeral"])
    (shown,) = sim.get("ephemerals")["ephemerals"]
    click = {"user": ADA, "channel": PAYMENTS, "ts": shown["ts"], "action_id": "dn_ask"}
    sim.post("click", click, status=404)
    assert sim.post("click", {**click, "user": BEN})["ok"]
    payload = last_payload(sim, "block_actions")
    assert payload["container"]["is_ephemeral"] and "message" not in payload
    assert sim.get("ephemerals")["ephemerals"] == []


def test_feedback_buttons_send_the_chosen_side(app: Listener, sim: Control, slack: WebClient) -> None:
    got: list[dict[str, Any]] = []

    @app.bolt.action("fb")
    async def feedback(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        got.append(action)

    ts = post(slack, "M6_ready")
    click = {"user": ADA, "channel": PAYMENTS, "ts": ts, "action_id": "fb"}
    assert sim.post("click", {**click, "value": "negative"})["ok"]
    sim.post("click", {**click, "value": "meh"}, status=422)
    assert [(action["type"], action["value"]) for action in got] == [("feedback_buttons", "R-1042:0")]


def test_an_external_select_asks_the_app_for_its_options(
    app: Listener, sim: Control, slack: WebClient
) -> None:
    chosen: list[str] = []
    repos = ("acme/api", "acme/app", "acme/web")

    @app.bolt.options("repo_other")
    async def offer(ack: Any, payload: dict[str, Any]) -> None:
        found = [r for r in repos if payload["value"] in r]
        await ack(options=[{"text": {"type": "plain_text", "text": r}, "value": r} for r in found])

    @app.bolt.action("repo_other")
    async def pick(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        chosen.append(action["selected_option"]["value"])

    ts = post(slack, "M2_repo_question")
    place = {"user": ADA, "channel": PAYMENTS, "ts": ts, "action_id": "repo_other"}
    offered = sim.post("options", {**place, "query": "ap"})["options"]
    assert [option["value"] for option in offered] == ["acme/api", "acme/app"]
    assert_shape("block_suggestion", last_payload(sim, "block_suggestion"))
    assert sim.post("click", {**place, "value": "acme/app"})["ok"]
    assert sim.post("click", {**place, "value": "acme/web"})["ok"]
    sim.post("click", {**place, "value": "acme/none"}, status=422)
    assert chosen == ["acme/app", "acme/web"]


def test_a_modal_is_filled_refused_and_sent(app: Listener, sim: Control, slack: WebClient) -> None:
    sent: list[dict[str, Any]] = []

    @app.bolt.action("task_change")
    async def change(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.bolt.view("change")
    async def changed(ack: Any, body: dict[str, Any]) -> None:
        words = body["view"]["state"]["values"]["what"]["text"]["value"]
        if len(words) < 5:
            await ack(response_action="errors", errors={"what": "Say a little more."})
            return
        sent.append(body)
        await ack()

    ts = post(slack, "M6_ready")
    click = {"user": ADA, "channel": PAYMENTS, "ts": ts, "action_id": "task_change"}
    assert sim.post("click", click)["ok"]
    (view,) = sim.get("views")["modals"][ADA]
    form = {"user": ADA, "view_id": view["id"]}
    assert sim.post("views/submit", form)["errors"] == {"what": "Please complete this required field."}
    short = sim.post("views/submit", {**form, "values": {"text": "no"}})
    assert short["errors"] == {"what": "Say a little more."}
    assert sim.post("views/submit", {**form, "values": {"text": "Rename it"}})["errors"] == {}
    assert sim.get("views")["modals"] == {}
    assert_shape("view_submission", sent[0])
    assert_shape("view", sent[0]["view"])
    sim.post("views/submit", form, status=404)


def test_a_trigger_opens_one_view_and_only_in_its_lifetime() -> None:
    assert SlackSimConfig().trigger_lifetime_s == 3
    config = replace(CONFIG, trigger_lifetime_s=0.5)
    with running(config) as url, httpx2.Client(base_url=url, trust_env=False) as http:
        sim, slack = Control(url, http), WebClient(token="xoxb-test", base_url=f"{url}/api/")

        def trigger() -> str:
            sim.post("shortcuts", {"user": CHEN, "callback_id": "new_task"})
            assert_shape("shortcut", last_payload(sim, "shortcut"))
            return str(last_payload(sim, "shortcut")["trigger_id"])

        def outcome(trigger_id: str) -> str:
            try:
                slack.views_open(trigger_id=trigger_id, view=MODAL)
            except SlackApiError as error:
                return str(error.response["error"])
            return "ok"

        late, fresh = trigger(), trigger()
        assert [outcome(fresh), outcome(fresh)] == ["ok", "exchanged_trigger_id"]
        time.sleep(0.6)
        assert outcome(late) == "expired_trigger_id"


def test_views_update_checks_the_hash_and_stacks_end_at_three(
    app: Listener, sim: Control, slack: WebClient
) -> None:
    triggers: list[str] = []

    @app.bolt.shortcut("new_task")
    async def shortcut(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        triggers.append(body["trigger_id"])

    for _ in range(4):
        sim.post("shortcuts", {"user": CHEN, "callback_id": "new_task"})
    first = slack.views_open(trigger_id=triggers[0], view=MODAL)["view"]
    second = slack.views_push(trigger_id=triggers[1], view=MODAL)["view"]
    assert (second["previous_view_id"], second["root_view_id"]) == (first["id"], first["id"])
    slack.views_push(trigger_id=triggers[2], view=MODAL)
    with pytest.raises(SlackApiError) as deep:
        slack.views_push(trigger_id=triggers[3], view=MODAL)
    assert deep.value.response["error"] == "push_limit_reached"
    changed = slack.views_update(view_id=first["id"], hash=first["hash"], view=MODAL)["view"]
    assert changed["hash"] != first["hash"]
    with pytest.raises(SlackApiError) as stale:
        slack.views_update(view_id=first["id"], hash=first["hash"], view=MODAL)
    assert stale.value.response["error"] == "hash_conflict"


def test_a_slash_command_answers_only_the_one_who_typed_it(app: Listener, sim: Control) -> None:
    fields: list[dict[str, Any]] = []

    @app.bolt.command("/sortie")
    async def command(ack: Any, body: dict[str, Any], respond: Any) -> None:
        fields.append(body)
        await ack("2 runs")
        await respond(text="for all to see", response_type="in_channel")

    sent = {"user": ADA, "channel": PAYMENTS, "command": "/sortie", "text": "mine"}
    assert sim.post("commands", sent)["ok"]
    assert_shape("slash_command", fields[0])
    assert (fields[0]["user_name"], fields[0]["text"]) == ("ada", "mine")
    assert [e["text"] for e in sim.get("ephemerals")["ephemerals"]] == ["2 runs"]
    (public,) = sim.get(f"channels/{PAYMENTS}/messages")["messages"]
    assert (public["text"], public["user"]) == ("for all to see", BOT)
    sim.post("commands", {**sent, "command": "/other"}, status=404)


def test_a_response_url_replaces_the_message_and_is_used_up(
    app: Listener, sim: Control, slack: WebClient
) -> None:
    ts = post(slack, "M3_question_default")
    sim.post("click", {"user": ADA, "channel": PAYMENTS, "ts": ts, "action_id": "q_opt_0"})
    url = last_payload(sim, "block_actions")["response_url"]
    answer = {"replace_original": True, "text": "Answered: A", "blocks": []}
    assert httpx2.post(url, json=answer, trust_env=False).text == "ok"
    (message,) = sim.get(f"channels/{PAYMENTS}/messages")["messages"]
    assert (message["text"], message["ts"], message.get("blocks", [])) == ("Answered: A", ts, [])
    assert httpx2.post(url, json={"text": ""}, trust_env=False).status_code == 400
    for _ in range(4):
        assert httpx2.post(url, json={"text": "more"}, trust_env=False).status_code == 200
    assert httpx2.post(url, json={"text": "more"}, trust_env=False).status_code == 404


def test_a_click_nobody_answers_is_a_failure_the_person_sees(
    app: Listener, sim: Control, slack: WebClient
) -> None:
    ts = post(slack, "M3_question_default")
    click = {"user": ADA, "channel": PAYMENTS, "ts": ts, "action_id": "q_opt_0"}
    result = sim.post("click", click)
    assert (result["ok"], result["status"], result["reason"]) == (False, 404, "http_error")
    assert len([d for d in sim.get("deliveries")["deliveries"] if d["type"] == "block_actions"]) == 1
