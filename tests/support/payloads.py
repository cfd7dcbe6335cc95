"""What vendors send us, one of each shape, and a hypothesis strategy that damages it anywhere."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
TEAM, CHANNEL, USER, TS = "T0ACME0001", "C0PAYMENTS", "U0ADA00001", "1795185120.000100"


def event(kind: str, **fields: Any) -> Json:
    """An Events API body."""
    body = {"type": kind, "user": USER, "channel": CHANNEL, "ts": TS, "event_ts": TS, **fields}
    granted = [{"team_id": TEAM, "user_id": "U0SORTIE01", "is_bot": True}]
    outer = {"type": "event_callback", "team_id": TEAM, "event_id": "Ev1", "event_time": 1795185120}
    return outer | {"api_app_id": "A1", "authorizations": granted, "event": body}


def interaction(kind: str, **fields: Any) -> Json:
    """The payload of an interaction."""
    said = {"type": kind, "team": {"id": TEAM}, "user": {"id": USER, "team_id": TEAM}, "api_app_id": "A1"}
    return said | {"channel": {"id": CHANNEL}, "trigger_id": "1.2", **fields}


MESSAGE = {"ts": "1795185121.000100", "thread_ts": TS, "text": "?", "bot_id": "B1"}
CONTAINER = {"type": "message", "message_ts": MESSAGE["ts"], "channel_id": CHANNEL}
PRESSED = {"type": "button", "block_id": "b", "action_ts": "1.1"}
REASON = {"reason": {"reason": {"type": "plain_text_input", "value": "redacted upstream"}}}
ABOUT = json.dumps({"t": "R-1001", "team": TEAM, "channel": CHANNEL, "thread": TS})

EVENTS: tuple[Json, ...] = (
    event("app_mention", text="<@U0SORTIE01> fix it in acme/api sla=10m base=main"),
    event("app_mention", text="<@U0SORTIE01> stop R-1001", thread_ts=TS),
    event("app_mention", text="<@U0SORTIE01> status"),
    event("message", text="also <https://x.y|this>", thread_ts=TS, channel_type="channel"),
    event("message", text="hi", channel_type="im"),
    event(
        "message", subtype="message_changed", message={"ts": TS, "text": "b"}, previous_message={"text": "a"}
    ),
    event(
        "reaction_added", reaction="octagonal_sign", item={"type": "message", "channel": CHANNEL, "ts": TS}
    ),
    event("agent_session_stopped", thread_ts=TS),
    event("app_home_opened", tab="home"),
    {"type": "url_verification", "challenge": "abc", "token": "x"},
)
INTERACTIONS: tuple[Json, ...] = (
    *(
        interaction(
            "block_actions",
            container=CONTAINER,
            message=MESSAGE,
            actions=[PRESSED | {"action_id": action, "value": json.dumps({"t": "R-1001", "q": 1, "o": "x"})}],
        )
        for action in ("task_stop", "task_retry", "ds_fix", "ds_waive", "q_opt_0", "repo_pick_1", "other")
    ),
    interaction("block_suggestion", action_id="repo_other", block_id="b", value="ac", container=CONTAINER),
    interaction(
        "view_submission",
        view={"id": "V1", "hash": "h", "callback_id": "ds_waive", "private_metadata": ABOUT}
        | {"type": "modal", "state": {"values": REASON}},
    ),
    interaction("view_closed", view={"id": "V1", "callback_id": "ds_waive"}),
    interaction("shortcut", callback_id="new_task"),
    interaction(
        "message_action", callback_id="fix_with_bot", message=MESSAGE, response_url="http://127.0.0.1:9/"
    ),
)
COMMAND = {"command": "/sortie", "text": "help", "user_id": USER, "team_id": TEAM, "channel_id": CHANNEL}

REPOSITORY = {"id": 1, "full_name": "acme/api", "default_branch": "main"}
SENDER = {"login": "ci", "id": 9, "type": "Bot"}
GITHUB: tuple[tuple[str, Json], ...] = (
    ("ping", {"zen": "x", "hook_id": 1}),
    (
        "check_run",
        {
            "action": "completed",
            "check_run": {"id": 5, "head_sha": "a" * 40, "name": "t", "pull_requests": []},
        },
    ),
    ("check_suite", {"action": "completed", "check_suite": {"id": 5, "head_sha": "a" * 40}}),
    ("workflow_run", {"action": "completed", "workflow_run": {"id": 5, "head_sha": "a" * 40}}),
    ("status", {"sha": "a" * 40, "state": "success", "context": "ci"}),
    (
        "pull_request",
        {
            "action": "closed",
            "number": 812,
            "pull_request": {"number": 812, "state": "closed", "merged": True, "head": {"sha": "a" * 40}},
        },
    ),
    ("issue_comment", {"action": "created", "comment": {"id": 1, "body": "hi"}, "issue": {"number": 1}}),
)

TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ("", "\x00", "a\x00b", "\ud800", "R-1001", "R-" + "9" * 30, "x" * 5_000, "\u202e", "-1", "{}")
    ),
)
JUNK = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from((10**400, -1, 2**63, float("nan"), float("inf"), 1e308)),
    st.lists(st.one_of(st.none(), st.integers(), TEXTS), max_size=3),
    st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.integers(), TEXTS), max_size=3),
    st.sampled_from(([[[[]]]], {"id": {}}, {"id": [1]}, [{}], [[]])),
)


@st.composite
def damaged(draw: st.DrawFn, bodies: tuple[Json, ...]) -> Json:
    """One of these bodies with up to three of its values, at any depth, replaced or taken away."""
    body = copy.deepcopy(draw(st.sampled_from(bodies)))
    for _ in range(draw(st.integers(0, 3))):
        places = list(_places(body))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        if draw(st.booleans()):
            holder[key] = copy.deepcopy(draw(JUNK))
        elif isinstance(holder, dict):
            del holder[key]
    return body


def _places(value: Any) -> list[tuple[Any, Any]]:
    """(holder, key) of everything inside, at any depth."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[tuple[Any, Any]] = []
    for key, item in list(inner):
        found += [(value, key), *_places(item)]
    return found
