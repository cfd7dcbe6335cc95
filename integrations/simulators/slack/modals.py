"""Open modals: what a person enters, submits or closes, and what the app answers to that."""

from integrations.simulators.slack.config import Json
from integrations.simulators.slack.delivery import Delivery
from integrations.simulators.slack.entered import BadEntry, entry, initial_values
from integrations.simulators.slack.interactions import Click, NotThere, offered_options, seen_view, who
from integrations.simulators.slack.shapes import view_json
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.web_api.call import SlackError
from integrations.simulators.slack.web_api.views import checked_view, push_view, replace_view
from integrations.simulators.slack.workspace import View


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
        **who(sim, user),
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
        **who(sim, user),
        "view": view_json(view, sim.config),
        "is_cleared": False,
    }
    return await sim.courier.interact(payload)


def _open_view(sim: Simulator, user: str, view_id: str) -> View:
    view = seen_view(sim, user, view_id)
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
                offered = await offered_options(sim, made)
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
