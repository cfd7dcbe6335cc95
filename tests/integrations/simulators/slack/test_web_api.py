"""The Web API as the real slack_sdk uses it."""

import json
import urllib.request
from collections.abc import Callable

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.integrations.simulators.slack.conftest import ADA, BEN, BOT, DANA, PAYMENTS, RANDOM, Control


def refused(error: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(error.value.response["error"])


def test_a_token_tells_who_calls(slack: WebClient, sim: Control) -> None:
    who = slack.auth_test()
    assert (who["user_id"], who["bot_id"], who["team"]) == (BOT, "B0SORTIE01", "Acme")
    with pytest.raises(SlackApiError) as wrong:
        WebClient(token="xoxb-other", base_url=f"{sim.url}/api/").auth_test()
    assert refused(wrong) == "invalid_auth"
    with pytest.raises(SlackApiError) as none:
        WebClient(base_url=f"{sim.url}/api/").auth_test()
    assert refused(none) == "not_authed"


def test_a_posted_message_comes_back_with_bot_identity_and_metadata(slack: WebClient) -> None:
    metadata = {"event_type": "sortie_post", "event_payload": {"id": "R-1042/card"}}
    posted = slack.chat_postMessage(channel=PAYMENTS, text="hello", metadata=metadata)
    message = posted["message"]
    assert message["bot_id"] == "B0SORTIE01" and message["app_id"] == "A0SORTIE01"
    assert message["user"] == BOT and message["metadata"] == metadata
    seconds, _, fraction = posted["ts"].partition(".")
    assert len(seconds) == 10 and len(fraction) == 6
    plain = slack.conversations_history(channel=PAYMENTS)["messages"][0]
    assert "metadata" not in plain
    full = slack.conversations_history(channel=PAYMENTS, include_all_metadata=True)["messages"][0]
    assert full["metadata"] == metadata


def test_timestamps_are_unique_and_growing_in_one_channel(slack: WebClient) -> None:
    stamps = [slack.chat_postMessage(channel=PAYMENTS, text=str(n))["ts"] for n in range(30)]
    assert stamps == sorted(set(stamps))


def test_form_bodies_and_json_bodies_mean_the_same(sim: Control, slack: WebClient) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "hi"}}]
    as_json = slack.api_call("chat.postMessage", json={"channel": PAYMENTS, "text": "a", "blocks": blocks})
    as_form = slack.api_call(
        "chat.postMessage", data={"channel": PAYMENTS, "text": "a", "blocks": json.dumps(blocks)}
    )
    drop = ("ts", "blocks")
    one, two = ({k: v for k, v in m["message"].items() if k not in drop} for m in (as_json, as_form))
    assert one == two
    assert as_json["message"]["blocks"][0]["text"] == as_form["message"]["blocks"][0]["text"]


def test_json_without_a_charset_is_warned_about(sim: Control) -> None:
    request = urllib.request.Request(
        f"{sim.url}/api/chat.postMessage",
        data=json.dumps({"channel": PAYMENTS, "text": "x"}).encode(),
        headers={"Content-Type": "application/json", "Authorization": "Bearer xoxb-test"},
    )
    with urllib.request.urlopen(request) as response:
        answer = json.load(response)
    assert answer["ok"] and answer["response_metadata"]["warnings"] == ["missing_charset"]


def test_replies_list_the_root_first_and_page_by_cursor(slack: WebClient, sim: Control) -> None:
    root = sim.say("the question")
    for number in range(5):
        slack.chat_postMessage(channel=PAYMENTS, thread_ts=root, text=f"reply {number}")
    messages, more = [], []
    for page in slack.conversations_replies(channel=PAYMENTS, ts=root, limit=2):
        messages += page["messages"]
        more.append(page["has_more"])
    assert [m["text"] for m in messages] == ["the question", *(f"reply {n}" for n in range(5))]
    assert more == [True, True, False]
    first = messages[0]
    assert first["reply_count"] == 5 and first["thread_ts"] == root
    assert slack.conversations_history(channel=PAYMENTS)["messages"][0]["ts"] == root


def test_an_edit_keeps_the_timestamp_and_marks_the_message(slack: WebClient) -> None:
    posted = slack.chat_postMessage(channel=PAYMENTS, text="one")
    edited = slack.chat_update(channel=PAYMENTS, ts=posted["ts"], text="two")
    assert edited["ts"] == posted["ts"] and "ts" not in edited["message"]
    message = slack.conversations_history(channel=PAYMENTS)["messages"][0]
    assert (message["ts"], message["text"], message["edited"]["user"]) == (posted["ts"], "two", BOT)


def test_what_slack_refuses_is_refused(slack: WebClient, sim: Control) -> None:
    theirs = sim.say("not the app's")
    cases: dict[str, Callable[[], object]] = {
        "channel_not_found": lambda: slack.chat_postMessage(channel="C0NOWHERE", text="x"),
        "not_in_channel": lambda: slack.chat_postMessage(channel=RANDOM, text="x"),
        "no_text": lambda: slack.api_call("chat.postMessage", json={"channel": PAYMENTS, "text": ""}),
        "thread_not_found": lambda: slack.chat_postMessage(channel=PAYMENTS, text="x", thread_ts="1.000100"),
        "message_not_found": lambda: slack.chat_update(channel=PAYMENTS, ts="1.000100", text="x"),
        "cant_update_message": lambda: slack.chat_update(channel=PAYMENTS, ts=theirs, text="x"),
        "cant_delete_message": lambda: slack.chat_delete(channel=PAYMENTS, ts=theirs),
        "user_not_found": lambda: slack.users_info(user="U0NOBODY"),
        "users_not_found": lambda: slack.users_lookupByEmail(email="no@acme.example"),
        "no_reaction": lambda: slack.reactions_remove(channel=PAYMENTS, timestamp=theirs, name="eyes"),
        "invalid_name": lambda: slack.reactions_add(channel=PAYMENTS, timestamp=theirs, name="not a name"),
        "invalid_cursor": lambda: slack.users_list(cursor="nonsense"),
        "invalid_limit": lambda: slack.conversations_history(channel=PAYMENTS, limit=5000),
        "unknown_method": lambda: slack.api_call("chat.meMessage", json={"channel": PAYMENTS, "text": "x"}),
        "invalid_trigger_id": lambda: slack.views_open(trigger_id="1.2.3", view={"type": "modal"}),
        "user_not_in_channel": lambda: slack.chat_postEphemeral(channel="C0SECURITY", user=DANA, text="x"),
    }
    for expected, call in cases.items():
        with pytest.raises(SlackApiError) as error:
            call()
        assert refused(error) == expected


def test_one_reaction_per_name_and_user(slack: WebClient, sim: Control) -> None:
    ts = sim.say("look")
    slack.reactions_add(channel=PAYMENTS, timestamp=ts, name="eyes")
    with pytest.raises(SlackApiError) as again:
        slack.reactions_add(channel=PAYMENTS, timestamp=ts, name="eyes")
    assert refused(again) == "already_reacted"
    sim.post("reactions", {"user": BEN, "channel": PAYMENTS, "ts": ts, "name": "eyes"})
    reactions = slack.reactions_get(channel=PAYMENTS, timestamp=ts)["message"]["reactions"]
    assert reactions == [{"name": "eyes", "users": [BOT, BEN], "count": 2}]
    slack.reactions_remove(channel=PAYMENTS, timestamp=ts, name="eyes")
    assert slack.reactions_get(channel=PAYMENTS, timestamp=ts)["message"]["reactions"][0]["users"] == [BEN]


def test_people_and_places_can_be_looked_up(slack: WebClient) -> None:
    guest = slack.users_info(user=DANA)["user"]
    assert guest["is_restricted"] and guest["tz"] == "Europe/London"
    assert slack.users_lookupByEmail(email="ADA@acme.example")["user"]["id"] == ADA
    names = {channel["name"] for channel in slack.conversations_list()["channels"]}
    assert names == {"payments", "checkout", "random"}
    assert not slack.conversations_info(channel=RANDOM)["channel"]["is_member"]
    assert slack.conversations_join(channel=RANDOM)["channel"]["is_member"]
    dm = slack.conversations_open(users=[BEN])["channel"]["id"]
    assert slack.chat_postMessage(channel=BEN, text="psst")["channel"] == dm
    assert slack.team_info()["team"]["domain"] == "acme"
    assert slack.bots_info(bot="B0SORTIE01")["bot"]["user_id"] == BOT


def test_an_ephemeral_message_is_in_no_history(slack: WebClient, sim: Control) -> None:
    slack.chat_postEphemeral(channel=PAYMENTS, user=ADA, text="only you")
    assert slack.conversations_history(channel=PAYMENTS)["messages"] == []
    assert sim.get("ephemerals")["ephemerals"][0]["user"] == ADA


def test_a_permalink_opens_the_simulators_page(slack: WebClient, sim: Control) -> None:
    root = sim.say("root")
    reply = slack.chat_postMessage(channel=PAYMENTS, thread_ts=root, text="reply")["ts"]
    link = slack.chat_getPermalink(channel=PAYMENTS, message_ts=reply)["permalink"]
    assert link.startswith(f"{sim.url}/archives/{PAYMENTS}/p{reply.replace('.', '')}?thread_ts={root}")


def test_the_request_log_names_every_call_but_no_token(slack: WebClient, sim: Control) -> None:
    posted = slack.chat_postMessage(channel=PAYMENTS, text="logged")
    rows = sim.get("requests?method=chat.postMessage")["requests"]
    assert (
        len(rows) == 1
        and rows[0]["ok"]
        and rows[0]["ts"] == posted["ts"]
        and rows[0]["args"]["text"] == "logged"
    )
    in_body = {"token": "xoxb-test", "channel": PAYMENTS, "text": "a token among the arguments"}
    assert sim.http.post("/api/chat.postMessage", data=in_body).json()["ok"]
    assert "xoxb" not in json.dumps(sim.get("requests"))


def test_an_agent_session_follows_set_status(slack: WebClient, sim: Control) -> None:
    root = sim.say("please fix")
    first = slack.agents_sessions_setStatus(
        channel_id=PAYMENTS, thread_ts=root, status="processing", title="R-1042", initiator_user_id=ADA
    )
    assert (first["agent_status"], first["title"]) == ("processing", "R-1042")
    later = slack.agents_sessions_setStatus(
        channel_id=PAYMENTS, thread_ts=root, status="suspended", title="ignored"
    )
    assert (later["agent_status"], later["title"]) == ("suspended", "R-1042")
    history = sim.get("sessions")["sessions"][0]["history"]
    assert [step["status"] for step in history] == ["processing", "suspended"]
    with pytest.raises(SlackApiError) as error:
        slack.agents_sessions_setStatus(channel_id=PAYMENTS, thread_ts=root, status="done")
    assert refused(error) == "invalid_arguments"


def test_a_streamed_answer_grows_and_ends(slack: WebClient, sim: Control) -> None:
    root = sim.say("how does it work?")
    stream = slack.chat_stream(
        channel=PAYMENTS, thread_ts=root, recipient_user_id=ADA, recipient_team_id="T0ACME0001", buffer_size=1
    )
    stream.append(markdown_text="It ")
    stream.append(markdown_text="works.")
    stream.stop()
    reply = sim.get(f"threads/{PAYMENTS}/{root}")["messages"][1]
    assert reply["text"] == "It works." and "streaming_state" not in reply
