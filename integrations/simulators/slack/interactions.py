"""Interactivity: clicks, menus, modals, shortcuts and slash commands, as signed payloads to the app.

Shapes: https://docs.slack.dev/reference/interaction-payloads
"""

import secrets
from dataclasses import dataclass

from integrations.simulators.slack import posting
from integrations.simulators.slack.config import Json
from integrations.simulators.slack.delivery import Delivery
from integrations.simulators.slack.entered import BadEntry, entry, find_element, initial_values
from integrations.simulators.slack.posting import Content
from integrations.simulators.slack.shapes import message_json, view_json
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.web_api.call import SlackError
from integrations.simulators.slack.web_api.views import checked_view, push_view, replace_view
from integrations.simulators.slack.workspace import Conversation, Ephemeral, Message, ResponseTarget, View

_RESPONSE_URL_LIFE_S = 1800.0


class NotThere(LookupError):
    """What the person wants to act on does not exist, or is not theirs to see."""


@dataclass(frozen=True, slots=True)
class Click:
    """Someone uses the element `action_id`, of a message (`channel`, `ts`) or of an open view."""

    user: str
    action_id: str
    channel: str | None = None
    ts: str | None = None
    view_id: str | None = None
    block_id: str | None = None
    value: object = None


async def click(sim: Simulator, made: Click) -> Delivery:
    """Deliver `block_actions` for a click or a choice, and wait for the app's answer."""
    blocks, place = _place(sim, made)
    found = find_element(blocks, made.action_id, made.block_id)
    if found is None:
        raise NotThere(f"no element {made.action_id} there")
    block, element = found
    offered = None
    if element["type"] == "external_select" and made.value:
        offered = await _offered(sim, made)
    chosen = entry(element, made.value, offered=offered)
    action = {
        "type": element["type"],
        "action_id": made.action_id,
        "block_id": block["block_id"],
        **chosen,
        **({"placeholder": element["placeholder"]} if "placeholder" in element else {}),
        "action_ts": f"{sim.now():.6f}",
    }
    payload = {
        "type": "block_actions",
        **_who(sim, made.user),
        **place,
        "trigger_id": sim.workspace.new_trigger(made.user),
        "actions": [action],
    }
    return await sim.courier.interact(payload)


async def options(sim: Simulator, made: Click, *, query: str) -> list[Json]:
    """Ask the app for the options of an external_select (`block_suggestion`); groups are flattened."""
    blocks, place = _place(sim, made)
    found = find_element(blocks, made.action_id, made.block_id)
    if found is None or found[1]["type"] != "external_select":
        raise NotThere(f"no external_select {made.action_id} there")
    payload = {
        "type": "block_suggestion",
        **_who(sim, made.user),
        **{key: value for key, value in place.items() if key not in ("response_url", "state")},
        "action_id": made.action_id,
        "block_id": found[0]["block_id"],
        "value": query,
    }
    answer = (await sim.courier.interact(payload)).answer
    groups = answer.get("option_groups") or []
    found_options = [
        *(answer.get("options") or []),
        *(o for group in groups for o in group.get("options", [])),
    ]
    sim.workspace.offered[(made.user, made.action_id)] = found_options
    return found_options


async def _offered(sim: Simulator, made: Click) -> list[Json]:
    """The options the person chooses from: those last shown, else those the app has for what was chosen."""
    shown = sim.workspace.offered.get((made.user, made.action_id), [])
    if any(option.get("value") == made.value for option in shown):
        return shown
    return await options(sim, made, query=str(made.value))


async def submit(sim: Simulator, *, user: str, view_id: str, values: Json) -> Delivery | None:
    """Submit an open modal with `values` (action_id → value) and follow the app's response_action.

    None when required inputs are empty: Slack's client refuses those itself, and the view shows the errors.
    """
    view = _open_view(sim, user, view_id)
    await _enter(sim, view, values)
    if view.errors:
        sim.workspace.touch()
        return None
    payload = {
        "type": "view_submission",
        **_who(sim, user),
        "trigger_id": sim.workspace.new_trigger(user),
        "view": view_json(view, sim.config),
        "response_urls": [],
    }
    delivery = await sim.courier.interact(payload)
    if delivery.state == "delivered":
        _follow(sim, view, delivery.answer)
    return delivery


async def close(sim: Simulator, *, user: str, view_id: str) -> Delivery | None:
    """Dismiss the top modal; the app hears of it (`view_closed`) only where the view asks for that."""
    view = _open_view(sim, user, view_id)
    _pop(sim, user)
    if not view.body.get("notify_on_close"):
        return None
    payload = {
        "type": "view_closed",
        **_who(sim, user),
        "view": view_json(view, sim.config),
        "is_cleared": False,
    }
    return await sim.courier.interact(payload)


async def shortcut(sim: Simulator, *, user: str, callback_id: str, message: Message | None) -> Delivery:
    """A global shortcut, or with `message` a message shortcut."""
    base = {
        **_who(sim, user),
        "callback_id": callback_id,
        "trigger_id": sim.workspace.new_trigger(user),
        "action_ts": f"{sim.now():.6f}",
    }
    if message is None:
        return await sim.courier.interact({"type": "shortcut", **base})
    conversation = sim.workspace.conversations[message.channel]
    place = {
        "channel": _channel(conversation),
        "message": message_json(message, sim.config),
        "message_ts": message.ts,
        "response_url": _response_url(sim, user, message),
    }
    return await sim.courier.interact({"type": "message_action", **base, **place})


async def command(sim: Simulator, *, user: str, conversation: Conversation, name: str, text: str) -> Delivery:
    """A slash command; the app's immediate answer is shown as Slack shows it."""
    target = ResponseTarget(
        conversation.id, user, None, None, ephemeral=True, expires_at=sim.now() + _RESPONSE_URL_LIFE_S
    )
    fields = {
        "token": sim.config.verification_token,
        "team_id": sim.config.team_id,
        "team_domain": sim.config.team_domain,
        "channel_id": conversation.id,
        "channel_name": "directmessage" if conversation.seed.is_im else conversation.seed.name,
        "user_id": user,
        "user_name": sim.workspace.users[user].name,
        "command": name,
        "text": text,
        "api_app_id": sim.config.app_id,
        "is_enterprise_install": "false",
        "response_url": _register(sim, target, path="commands"),
        "trigger_id": sim.workspace.new_trigger(user),
    }
    delivery = await sim.courier.command(fields)
    if delivery.state == "delivered" and delivery.answer:
        respond(sim, target, delivery.answer)
    return delivery


def respond(sim: Simulator, target: ResponseTarget, body: Json) -> None:
    """Do what a response_url post (or an immediate answer) asks: post, replace or delete."""
    workspace = sim.workspace
    conversation = workspace.conversations[target.channel]
    message = workspace.find(target.channel, target.ts) if target.ts else None
    ephemeral = workspace.find_ephemeral(target.channel, target.ts) if target.ts else None
    content = Content(text=body.get("text"), blocks=body.get("blocks"))
    if body.get("delete_original"):
        if message is not None:
            posting.delete(sim, message)
        elif ephemeral is not None:
            workspace.ephemerals.remove(ephemeral)
            workspace.touch()
    elif body.get("replace_original") and message is not None:
        posting.edit(sim, message, content, by=sim.config.bot_user_id)
    elif body.get("replace_original") and ephemeral is not None:
        ephemeral.text = content.text or ephemeral.text
        ephemeral.blocks = posting.with_block_ids(sim, content.blocks or [])
        workspace.touch()
    elif body.get("response_type") == "in_channel":
        thread_ts = body.get("thread_ts") or target.thread_ts
        posting.post(
            sim, conversation, sim.config.bot_user_id, content, options=posting.Options(thread_ts=thread_ts)
        )
    else:
        blocks = posting.with_block_ids(sim, content.blocks or [])
        ts = workspace.new_ts(conversation)
        thread_ts = body.get("thread_ts") or target.thread_ts
        workspace.ephemerals.append(
            Ephemeral(target.channel, ts, target.user, content.text or "", thread_ts, blocks)
        )
        workspace.touch()


def _place(sim: Simulator, made: Click) -> tuple[list[Json], Json]:
    """The blocks the element is in, and the part of the payload that says where that is."""
    if made.view_id is not None:
        view = _seen_view(sim, made.user, made.view_id)
        return view.body["blocks"], {
            "container": {"type": "view", "view_id": view.id},
            "view": view_json(view, sim.config),
        }
    shown = sim.workspace.find(made.channel or "", made.ts or "")
    ephemeral = sim.workspace.find_ephemeral(made.channel or "", made.ts or "")
    found = shown or ephemeral
    conversation = sim.workspace.conversations.get(made.channel or "")
    if found is None or conversation is None or made.user not in conversation.members:
        raise NotThere("no such message")
    if shown is None and found.user != made.user:
        raise NotThere("that message is only visible to someone else")
    container = {
        "type": "message",
        "message_ts": found.ts,
        "channel_id": found.channel,
        "is_ephemeral": shown is None,
        **({"thread_ts": found.thread_ts} if found.thread_ts else {}),
    }
    place: Json = {"container": container, "channel": _channel(conversation)}
    if shown is not None:
        place["message"] = message_json(shown, sim.config)
    place["state"] = {"values": initial_values(found.blocks)}
    place["response_url"] = _response_url(sim, made.user, found)
    return found.blocks, place


def _who(sim: Simulator, user_id: str) -> Json:
    user = sim.workspace.users.get(user_id)
    if user is None:
        raise NotThere(f"no such user: {user_id}")
    config = sim.config
    return {
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": config.team_id},
        "api_app_id": config.app_id,
        "token": config.verification_token,
        "team": {"id": config.team_id, "domain": config.team_domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _channel(conversation: Conversation) -> Json:
    return {
        "id": conversation.id,
        "name": "directmessage" if conversation.seed.is_im else conversation.seed.name,
    }


def _response_url(sim: Simulator, user: str, found: Message | Ephemeral) -> str:
    target = ResponseTarget(
        channel=found.channel,
        user=user,
        ts=found.ts,
        thread_ts=found.thread_ts,
        ephemeral=isinstance(found, Ephemeral),
        expires_at=sim.now() + _RESPONSE_URL_LIFE_S,
    )
    return _register(sim, target, path="actions")


def _register(sim: Simulator, target: ResponseTarget, *, path: str) -> str:
    token = secrets.token_urlsafe(18)
    sim.workspace.response_targets[token] = target
    return f"{sim.public_url}/{path}/{sim.config.team_id}/{sim.workspace.serial()}/{token}"


def _seen_view(sim: Simulator, user: str, view_id: str) -> View:
    view = sim.workspace.views.get(view_id)
    if view is None or view.user != user:
        raise NotThere("no such view")
    return view


def _open_view(sim: Simulator, user: str, view_id: str) -> View:
    view = _seen_view(sim, user, view_id)
    if sim.workspace.modal_stacks.get(user, [None])[-1:] != [view_id]:
        raise NotThere("that view is not open")
    return view


async def _enter(sim: Simulator, view: View, values: Json) -> None:
    view.values, view.errors = initial_values(view.body["blocks"]), {}
    for block in view.body["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        action_id = element["action_id"]
        if action_id in values:
            offered = None
            if element["type"] == "external_select" and values[action_id]:
                made = Click(view.user, action_id, view_id=view.id, value=values[action_id])
                offered = await _offered(sim, made)
            try:
                chosen = entry(element, values[action_id], offered=offered)
            except BadEntry as error:
                view.errors[block["block_id"]] = str(error)
                continue
            view.values.setdefault(block["block_id"], {})[action_id] = {"type": element["type"], **chosen}
        if not block.get("optional") and not _filled(
            view.values.get(block["block_id"], {}).get(action_id, {})
        ):
            view.errors[block["block_id"]] = "Please complete this required field."


def _filled(value: Json) -> bool:
    return any(bool(part) for key, part in value.items() if key != "type")


def _follow(sim: Simulator, view: View, answer: Json) -> None:
    action = answer.get("response_action")
    try:
        if action == "errors":
            view.errors = {str(key): str(text) for key, text in answer.get("errors", {}).items()}
            sim.workspace.touch()
        elif action == "update":
            replace_view(sim, view, checked_view(answer.get("view"), kinds=("modal",)))
        elif action == "push":
            push_view(sim, view.user, checked_view(answer.get("view"), kinds=("modal",)))
        elif action == "clear":
            sim.workspace.modal_stacks.pop(view.user, None)
            sim.workspace.touch()
        else:
            _pop(sim, view.user)
    except SlackError as refusal:
        view.errors = {view.body["blocks"][0]["block_id"]: f"{refusal.code}: {'; '.join(refusal.messages)}"}
        sim.workspace.touch()


def _pop(sim: Simulator, user: str) -> None:
    stack = sim.workspace.modal_stacks.get(user, [])
    if stack:
        stack.pop()
    if not stack:
        sim.workspace.modal_stacks.pop(user, None)
    sim.workspace.touch()
