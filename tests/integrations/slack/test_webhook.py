"""Slack's deliveries: the documented vector, junk, and what each event means."""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from integrations.signatures import SignatureCheck
from integrations.slack.inbound import (
    ButtonPressed,
    Ignored,
    MessageEdited,
    MessageHeard,
    OptionsAsked,
    ReactionHeard,
    SessionStopped,
    UrlVerification,
)
from integrations.slack.webhook import (
    SlackDelivery,
    SlackSignature,
    delivery,
    parse,
    parse_event,
    parse_interaction,
    readable,
)
from integrations.types.chat import MessageRef, ThreadRef

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
STAMP = "1531420618"
NOW = float(STAMP)
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name"
    b"=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2F"
    b"hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015."
    b"47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
BOT = "U0SORTIE01"


def signed(body: bytes = BODY, stamp: str = STAMP, secret: str = SECRET) -> dict[str, str]:
    base = b"v0:" + stamp.encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def test_the_documented_signature_is_believed() -> None:
    headers = {"X-Slack-Request-Timestamp": STAMP, "X-Slack-Signature": SIGNATURE}
    assert SlackSignature(SECRET).check(headers, BODY, now=NOW)


@settings(deadline=None)
@given(st.text(max_size=200), st.integers(10**9, 2 * 10**9))
def test_we_believe_what_slacks_own_verifier_believes(text: str, stamp: int) -> None:
    body = text.encode()
    headers = signed(body, str(stamp))
    assert SlackSignature(SECRET).check(headers, body, now=float(stamp))
    theirs = SignatureVerifier(SECRET).generate_signature(timestamp=str(stamp), body=body)
    assert theirs == headers["X-Slack-Signature"]


@pytest.mark.parametrize("body", ['{"b":1,"a":"café ☃"}', '{"a":"caf\\u00e9 \\u2603","b":1}'])
def test_the_signature_is_over_the_raw_bytes_in_their_own_order(body: str) -> None:
    assert SlackSignature(SECRET).check(signed(body.encode()), body.encode(), now=NOW)
    other = json.dumps(json.loads(body), sort_keys=True).encode()
    assert not SlackSignature(SECRET).check(signed(body.encode()), other, now=NOW)


@pytest.mark.parametrize(("age", "ok"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_the_window_is_five_minutes_on_both_sides(age: float, ok: bool) -> None:
    check = SlackSignature(SECRET).check(signed(), BODY, now=NOW + age)
    assert bool(check) is ok
    assert ok or check is SignatureCheck.stale


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": SIGNATURE},
        {"X-Slack-Request-Timestamp": STAMP},
        {**signed(), "X-Slack-Request-Timestamp": "abc"},
        {**signed(), "X-Slack-Request-Timestamp": "1531420618.5"},
        {**signed(), "X-Slack-Request-Timestamp": "9" * 5000},
        {**signed(), "X-Slack-Request-Timestamp": "-1531420618"},
        {**signed(), "X-Slack-Request-Timestamp": "１５３１４２０６１８"},
        {**signed(), "X-Slack-Signature": "é"},
        {**signed(), "X-Slack-Signature": SIGNATURE.upper()},
        {**signed(), "X-Slack-Signature": SIGNATURE[:-1]},
        {**signed(), "X-Slack-Signature": SIGNATURE + "\n"},
        {**signed(), "X-Slack-Signature": f"v0={'0' * 64},{SIGNATURE}"},
        signed(secret="another secret"),
        signed(body=b"another body"),
        [*signed().items(), ("x-slack-signature", SIGNATURE)],
    ],
)
def test_a_wrong_missing_repeated_or_junk_header_is_not_believed(headers: Any) -> None:
    assert not SlackSignature(SECRET).check(headers, BODY, now=NOW)


@pytest.mark.parametrize("secret", ["", "   "])
def test_an_empty_secret_is_refused_at_start(secret: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        SlackSignature(secret)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["X-Slack-Request-Timestamp", "X-Slack-Signature", "X-Slack-Retry-Num"]), st.text()
    ),
    st.binary(),
)
def test_junk_never_raises(headers: dict[str, str], body: bytes) -> None:
    assert not SlackSignature(SECRET).check(headers, body, now=time.time())
    parse(body, bot_user_id=BOT)
    delivery(headers)


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "event",
                    "user",
                    "channel",
                    "item",
                    "actions",
                    "message",
                    "container",
                    "team",
                    "ts",
                    "text",
                    "subtype",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSONISH, st.sampled_from(["message", "app_mention", "reaction_added", "agent_session_stopped"]))
def test_payloads_of_any_shape_never_raise(value: Any, kind: str) -> None:
    parse_event(value, bot_user_id=BOT)
    event = {**value, "type": kind} if isinstance(value, dict) else value
    parse_event({"type": "event_callback", "event": event}, bot_user_id=BOT)
    parse_interaction({**value, "type": "block_actions"} if isinstance(value, dict) else value)


def test_json_nested_too_deep_is_ignored() -> None:
    assert isinstance(parse(b'{"a":' * 50_000, bot_user_id=BOT), Ignored)


def heard(**event: Any) -> Any:
    body = {
        "type": "event_callback",
        "event_id": "Ev1",
        "team_id": "T1",
        "event": {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "10.1", "text": "", **event},
    }
    return parse_event(body, bot_user_id=BOT)


def test_a_mention_is_a_request_without_the_mention() -> None:
    got = heard(
        text=f"<@{BOT}> /v1/refunds 500s &amp; more, see <https://acme.example/a?b=1&amp;c=2|the log>"
    )
    assert got == MessageHeard(
        event_id="Ev1",
        thread=ThreadRef("T1", "C1", "10.1"),
        ref=MessageRef("C1", "10.1"),
        user="U1",
        text="/v1/refunds 500s & more, see the log (https://acme.example/a?b=1&c=2)",
        mentioned=True,
        in_thread=False,
    )


def test_a_reply_in_a_thread_keeps_its_thread() -> None:
    got = heard(type="message", channel_type="channel", thread_ts="9.0", text="we had the same")
    assert got.thread == ThreadRef("T1", "C1", "9.0") and got.in_thread
    assert not got.mentioned and got.kind == "channel"


@pytest.mark.parametrize(
    "more",
    [{"bot_id": "B1"}, {"subtype": "bot_message", "bot_id": "B1"}, {"user": "USLACKBOT"}, {"user": BOT}],
)
def test_what_apps_write_is_marked(more: dict[str, Any]) -> None:
    assert heard(type="message", text="x", **more).is_bot


def test_a_person_of_another_workspace_is_an_outsider() -> None:
    assert heard(text="x", user_team="T2").outsider
    assert not heard(text="x", user_team="T1").outsider


def test_a_mention_in_an_edited_message_says_so() -> None:
    assert heard(text="x", edited={"user": "U1", "ts": "11"}).edited


def test_edits_and_deletions_are_told_apart() -> None:
    edit = heard(
        type="message",
        subtype="message_changed",
        message={"ts": "10.1", "user": "U1", "text": "new &lt;b&gt;"},
        previous_message={"ts": "10.1", "user": "U1", "text": "old"},
    )
    assert edit == MessageEdited("Ev1", "T1", MessageRef("C1", "10.1"), "U1", "new <b>", thread_ts="10.1")
    gone = heard(
        type="message",
        subtype="message_deleted",
        deleted_ts="10.1",
        previous_message={"ts": "10.1", "user": "U1", "text": "old"},
    )
    assert isinstance(gone, MessageEdited) and gone.deleted and gone.ref.ts == "10.1"


def test_an_unfurl_is_no_edit() -> None:
    same = {"ts": "10.1", "user": "U1", "text": "same"}
    assert isinstance(
        heard(type="message", subtype="message_changed", message=same, previous_message=same), Ignored
    )


@pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "pinned_item"])
def test_housekeeping_is_ignored(subtype: str) -> None:
    assert isinstance(heard(type="message", subtype=subtype), Ignored)


def test_a_reaction_names_its_message_without_its_skin_tone() -> None:
    got = heard(
        type="reaction_added",
        reaction="raised_hand::skin-tone-2",
        item={"type": "message", "channel": "C1", "ts": "10.1"},
    )
    assert got == ReactionHeard("Ev1", "T1", MessageRef("C1", "10.1"), "U1", "raised_hand")
    ours = heard(type="reaction_added", user=BOT, item={"type": "message", "channel": "C1", "ts": "1"})
    assert isinstance(ours, Ignored)


def test_the_native_stop_names_its_thread() -> None:
    got = heard(type="agent_session_stopped", thread_ts="9.0", streaming_message_ts=[])
    assert got == SessionStopped("Ev1", ThreadRef("T1", "C1", "9.0"), "U1")


def test_the_address_check_is_answered_with_its_challenge() -> None:
    got = parse(b'{"type":"url_verification","challenge":"abc"}', bot_user_id=BOT)
    assert got == UrlVerification("abc")


PRESSED = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "trigger_id": "t",
    "response_url": "https://hooks.slack.com/x",
    "container": {"type": "message", "message_ts": "10.2", "channel_id": "C1", "thread_ts": "10.1"},
    "channel": {"id": "C1"},
    "message": {"ts": "10.2", "thread_ts": "10.1"},
    "actions": [{"action_id": "task_stop", "value": '{"t":"R-1","v":3}', "action_ts": "11.0"}],
}


def test_a_click_says_who_pressed_what_where() -> None:
    got = parse(urlencode({"payload": json.dumps(PRESSED)}).encode(), bot_user_id=BOT)
    assert isinstance(got, ButtonPressed)
    assert (got.action, got.value, got.user) == ("task_stop", '{"t":"R-1","v":3}', "U1")
    assert got.thread == ThreadRef("T1", "C1", "10.1") and got.ref == MessageRef("C1", "10.2")


def test_the_same_click_delivered_twice_has_one_id_and_another_click_another() -> None:
    again = {**PRESSED, "actions": [{"action_id": "task_stop", "action_ts": "12.0"}]}
    first, second, third = (parse_interaction(p) for p in (PRESSED, PRESSED, again))
    assert isinstance(first, ButtonPressed) and isinstance(second, ButtonPressed)
    assert isinstance(third, ButtonPressed)
    assert first.id == second.id != third.id


def test_a_choice_in_the_search_box_is_its_value() -> None:
    action = {"action_id": "repo_other", "action_ts": "1", "selected_option": {"value": "acme/api"}}
    got = parse_interaction({**PRESSED, "actions": [action]})
    assert isinstance(got, ButtonPressed) and got.value == "acme/api"
    typed = {
        "type": "block_suggestion",
        "action_id": "repo_other",
        "value": "ap",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
    }
    assert parse_interaction(typed) == OptionsAsked("repo_other", "ap", "T1", "U1")


def test_retries_are_counted() -> None:
    assert delivery({"X-Slack-Retry-Num": "2", "X-Slack-Retry-Reason": "http_timeout"}) == SlackDelivery(
        2, "http_timeout"
    )
    assert delivery({}) == SlackDelivery() == delivery({"X-Slack-Retry-Num": "٣"})


@pytest.mark.parametrize(
    ("wire", "shown"),
    [
        ("<@U2> and <@U2|ben>", "@U2 and @ben"),
        ("<#C1|payments>", "#payments"),
        ("<!here> <!subteam^S1|@api-team>", "here @api-team"),
        ("<https://a.example>", "https://a.example"),
        ("<http://a.example|a.example>", "http://a.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("1 &lt; 2 &amp;&amp; x &amp;lt; y", "1 < 2 && x &lt; y"),
        (f"please <@{BOT}> do it", "please do it"),
    ],
)
def test_wire_text_is_read_as_people_wrote_it(wire: str, shown: str) -> None:
    assert readable(wire, bot_user_id=BOT) == shown
