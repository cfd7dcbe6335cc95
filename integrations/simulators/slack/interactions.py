"""Interactivity: clicks, menus, modals, shortcuts and slash commands, as signed payloads to the app.

Shapes: https://docs.slack.dev/reference/interaction-payloads
"""

from dataclasses import dataclass

from integrations.simulators.slack.config import Json
from integrations.simulators.slack.delivery import Delivery
from integrations.simulators.slack.entered import entry, find_element, initial_values
from integrations.simulators.slack.responding import LIFE_S, register, respond, response_url
from integrations.simulators.slack.shapes import message_json, view_json
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.workspace import Conversation, Message, ResponseTarget, View


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
        offered = await offered_options(sim, made)
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
        **who(sim, made.user),
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
        **who(sim, made.user),
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


async def offered_options(sim: Simulator, made: Click) -> list[Json]:
    """The options the person chooses from: those last shown, else those the app has for what was chosen."""
    shown = sim.workspace.offered.get((made.user, made.action_id), [])
    if any(option.get("value") == made.value for option in shown):
        return shown
    return await options(sim, made, query=str(made.value))


async def shortcut(sim: Simulator, *, user: str, callback_id: str, message: Message | None) -> Delivery:
    """A global shortcut, or with `message` a message shortcut."""
    base = {
        **who(sim, user),
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
        "response_url": response_url(sim, user, message),
    }
    return await sim.courier.interact({"type": "message_action", **base, **place})


async def command(sim: Simulator, *, user: str, conversation: Conversation, name: str, text: str) -> Delivery:
    """A slash command; the app's immediate answer is shown as Slack shows it."""
    target = ResponseTarget(conversation.id, user, None, None, ephemeral=True, expires_at=sim.now() + LIFE_S)
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
        "response_url": register(sim, target, path="commands"),
        "trigger_id": sim.workspace.new_trigger(user),
    }
    delivery = await sim.courier.command(fields)
    if delivery.state == "delivered" and delivery.answer:
        respond(sim, target, delivery.answer)
    return delivery


def _place(sim: Simulator, made: Click) -> tuple[list[Json], Json]:
    """The blocks the element is in, and the part of the payload that says where that is."""
    if made.view_id is not None:
        view = seen_view(sim, made.user, made.view_id)
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
    place["response_url"] = response_url(sim, made.user, found)
    return found.blocks, place


def who(sim: Simulator, user_id: str) -> Json:
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


def seen_view(sim: Simulator, user: str, view_id: str) -> View:
    view = sim.workspace.views.get(view_id)
    if view is None or view.user != user:
        raise NotThere("no such view")
    return view
