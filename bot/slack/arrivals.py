"""Slack's typed deliveries to what intake understands: who, where, which run. Pure."""

import json
import re
from typing import Any

from bot.inbound import Delivery, FromPerson, Press, Reacted, SessionStopped, Speech
from integrations.slack import inbound as slack
from integrations.types.chat import ThreadRef
from tasks.domain.request import Person

SOURCE = "slack"
_NUMBERED = re.compile(r"(repo_pick|q_opt|task_stop)_\d{1,3}")
_PLAIN = frozenset({"task_stop", "task_retry", "ds_fix", "ds_waive", "q_free", "repo_other"})


def arrival(heard: slack.Inbound, *, team: str, restricted: bool = False) -> FromPerson | str:
    """What was heard as an inbound value, or a short reason why it is none of ours. `team` is the workspace's id."""
    match heard:
        case slack.MessageHeard():
            return _speech(heard, restricted)
        case slack.ButtonPressed():
            return _press(heard, restricted)
        case slack.ReactionHeard() if heard.added:
            by = _person(heard.team or team, heard.user)
            return Reacted(Delivery(SOURCE, heard.event_id), by, heard.name, heard.ref, restricted)
        case slack.SessionStopped():
            by = _person(heard.thread.team or team, heard.user)
            return SessionStopped(Delivery(SOURCE, heard.event_id), by, heard.thread, restricted)
        case slack.Ignored(reason):
            return reason
    return "nothing of ours"


def reason_given(body: dict[str, Any]) -> Press | None:
    """The submitted dialogue of a waiver; None when it is not one of ours."""
    view = body.get("view") or {}
    about = _value(str(view.get("private_metadata", "")))
    user = body.get("user") or {}
    try:
        words = view["state"]["values"]["reason"]["reason"]["value"]
        thread = ThreadRef(about["team"], about["channel"], about["thread"])
        by = _person(about["team"], user["id"])
        delivery = Delivery(SOURCE, f"view:{view['id']}:{view.get('hash', '')}")
        return Press(delivery, by, thread, "ds_waive", about["t"], choice=str(words or ""))
    except (KeyError, TypeError):
        return None


def _speech(heard: slack.MessageHeard, restricted: bool) -> Speech | str:
    if heard.edited:
        return "an edited message"
    direct = heard.kind == "im"
    addressed = heard.mentioned or direct
    place = f"{heard.thread.team}:{heard.ref.channel}:{heard.ref.ts}"
    return Speech(
        Delivery(SOURCE, heard.event_id, f"message:{place}"),
        _person(heard.thread.team, heard.user),
        heard.text,
        heard.thread,
        heard.ref,
        addressed,
        direct=direct,
        by_app=heard.is_bot,
        restricted=restricted or heard.outsider,
    )


def _press(heard: slack.ButtonPressed, restricted: bool) -> Press | str:
    numbered = _NUMBERED.fullmatch(heard.action)
    action = numbered.group(1) if numbered else heard.action
    if not numbered and action not in _PLAIN:
        return f"button {action[:60]}"
    value = _value(heard.value)
    by = _person(heard.thread.team, heard.user)
    delivery = Delivery(SOURCE, f"click:{heard.id}")
    if action == "repo_other":
        return Press(delivery, by, heard.thread, "repo_pick", choice=heard.value, restricted=restricted)
    choice = {"repo_pick": value.get("r"), "q_opt": value.get("o")}.get(action)
    question = value.get("q")
    return Press(
        delivery,
        by,
        heard.thread,
        action,
        str(value.get("t", "?")),
        question if isinstance(question, int) else None,
        None if choice is None else str(choice),
        restricted,
    )


def _person(team: str, user: str) -> Person:
    return Person("slack", team, user)


def _value(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
