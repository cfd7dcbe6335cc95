"""Slack's typed deliveries to what intake understands: who, where, which run. Pure."""

import json
import re
from dataclasses import replace
from typing import Any

from bot.drafts import DRAFT_BUTTONS
from bot.handover import ACTIONS as HANDOVER
from bot.inbound import (
    ChannelSet,
    Decided,
    Delivery,
    Filled,
    FromPerson,
    HomeOpened,
    MessageChanged,
    Pointed,
    Press,
    Reacted,
    SessionStopped,
    Speech,
    Typed,
)
from bot.presses import ASKS, BUTTONS
from integrations.slack import forms
from integrations.slack import inbound as slack
from integrations.types.chat import ThreadRef
from tasks.domain.request import Person
from tasks.messages import channel_form
from tasks.messages.refusals import ASK_TEAM

SOURCE = "slack"
FORM_LONGEST = 3_000
_NUMBERED = re.compile(r"(repo_pick|q_opt|task_stop|steer_pick)_\d{1,3}")
_THREAD = frozenset({"task_newtext", "task_build", "task_follow"})
_OF_RUNS = frozenset({"task_stop", "task_retry", "q_free", "repo_other", "fb", "task_repo"})
_PLAIN = frozenset({*_OF_RUNS, *_THREAD, *BUTTONS, *HANDOVER})
DIALOGUES = frozenset({"fb", "task_repo", "task_follow", *ASKS})


def arrival(heard: slack.Inbound, *, team: str, restricted: bool = False) -> FromPerson | str:
    """What was heard as an inbound value, or a short reason why it is none of ours. `team` is the workspace's id."""
    match heard:
        case slack.MessageHeard():
            return _speech(heard, restricted)
        case slack.ButtonPressed():
            return _press(heard, restricted)
        case slack.CommandTyped():
            by = _person(heard.team, heard.user)
            return Typed(
                Delivery(SOURCE, f"command:{heard.trigger_id}"), by, heard.text, heard.channel, restricted
            )
        case slack.ShortcutUsed(_, team, user, trigger):
            delivery, by = Delivery(SOURCE, f"shortcut:{trigger}"), _person(team, user)
            pointed = Pointed(delivery, by, heard.ref, heard.thread, heard.author, heard.text)
            return replace(pointed, restricted=restricted)
        case slack.FormSent(callback=forms.START):
            return _filled(heard, restricted)
        case slack.FormSent(callback=channel_form.CALLBACK):
            return _channel_set(heard, restricted)
        case slack.HomeOpened(event_id, opened_in, user) if user:
            return HomeOpened(Delivery(SOURCE, event_id), _person(opened_in or team, user))
        case slack.ReactionHeard():
            by = _person(heard.team or team, heard.user)
            delivery = Delivery(SOURCE, heard.event_id)
            return Reacted(delivery, by, heard.name, heard.ref, restricted, heard.added)
        case slack.MessageEdited() if heard.user and heard.ref.channel and heard.ref.ts:
            by = _person(heard.team or team, heard.user)
            thread = ThreadRef(heard.team or team, heard.ref.channel, heard.thread_ts or heard.ref.ts)
            delivery = Delivery(SOURCE, heard.event_id)
            return MessageChanged(
                delivery, by, thread, heard.ref, heard.text, heard.deleted, restricted=restricted
            )
        case slack.SessionStopped():
            by = _person(heard.thread.team or team, heard.user)
            return SessionStopped(Delivery(SOURCE, heard.event_id), by, heard.thread, restricted)
        case slack.Ignored(reason):
            return reason
    return "nothing of ours"


def sent_off(body: dict[str, Any]) -> Press | None:
    """A dialogue that was submitted; None when it is not one of ours."""
    view = body.get("view") or {}
    about = _value(str(view.get("private_metadata", "")))
    user = body.get("user") or {}
    try:
        if view["callback_id"] not in DIALOGUES:
            return None
        fields = view["state"]["values"]
        words = _written(fields["reason"]["reason"])
        thread = ThreadRef(about["team"], about["channel"], about["thread"])
        return Press(
            Delivery(SOURCE, f"view:{view['id']}:{view.get('hash', '')}"),
            _person(about["team"], user["id"]),
            thread,
            view["callback_id"],
            about["t"],
            choice=str(words or ""),
            version=_number(about.get("v")),
            good=False,
            chips=_chosen(fields),
            submitted=True,
        )
    except (KeyError, TypeError, AttributeError):
        return None


def _channel_set(sent: slack.FormSent, restricted: bool) -> ChannelSet:
    value = sent.values.get
    return ChannelSet(
        Delivery(SOURCE, f"view:{sent.id}"),
        _person(sent.team, sent.user),
        sent.about[:40],
        value(channel_form.REPO, ""),
        value(channel_form.STEER, ""),
        value(channel_form.VERBOSITY, ""),
        frozenset(value(channel_form.SWITCHES, "").split(",")),
        value(channel_form.OWNER, ""),
        restricted,
    )


def _written(field: dict[str, Any]) -> str:
    """What was written into it or, of a menu, chosen."""
    chosen = field.get("selected_option") or {}
    return str(field.get("value") or chosen.get("value") or "")


def _filled(sent: slack.FormSent, restricted: bool) -> Filled:
    value = sent.values.get
    return Filled(
        Delivery(SOURCE, f"view:{sent.id}"),
        _person(sent.team, sent.user),
        sent.about[:40],
        value(forms.PROMPT, "")[:FORM_LONGEST],
        value(forms.REPO, ""),
        value(forms.PROMISE, ""),
        value(forms.PLAN, "") != "",
        channel=value(forms.WHERE, ""),
        restricted=restricted,
    )


def _chosen(fields: dict[str, Any]) -> tuple[str, ...]:
    """The values of the ticked boxes."""
    ticked = fields.get("chips", {}).get("chips", {}).get("selected_options") or ()
    return tuple(str(option["value"]) for option in ticked)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


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
        files=heard.files,
    )


def _press(heard: slack.ButtonPressed, restricted: bool) -> Press | Decided | str:
    if heard.action in DRAFT_BUTTONS:
        by, about = _person(heard.thread.team, heard.user), str(_value(heard.value).get("d", ""))
        return Decided(
            Delivery(SOURCE, f"click:{heard.id}"), by, about[:40], DRAFT_BUTTONS[heard.action], restricted
        )
    numbered = _NUMBERED.fullmatch(heard.action)
    action = numbered.group(1) if numbered else heard.action
    if not numbered and action not in _PLAIN:
        return f"button {action[:60]}"
    value = _value(heard.value)
    by = _person(heard.thread.team, heard.user)
    meaning = f"handed:{value.get('t')}" if action == ASK_TEAM else ""
    delivery = Delivery(SOURCE, f"click:{heard.id}", meaning)
    if action == "repo_other":
        return Press(delivery, by, heard.thread, "repo_pick", choice=heard.value, restricted=restricted)
    choice = {"repo_pick": value.get("r"), "q_opt": value.get("o"), "steer_pick": value.get("w")}.get(action)
    said = value.get("m") if action == "steer_pick" else None
    return Press(
        delivery,
        by,
        heard.thread,
        action,
        str(value.get("t", "?")),
        _number(value.get("q")),
        None if choice is None else str(choice),
        restricted,
        _number(value.get("v")),
        good=value.get("g") == 1,
        said=said if isinstance(said, str) else "",
    )


def _person(team: str, user: str) -> Person:
    return Person("slack", team, user)


def _value(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
