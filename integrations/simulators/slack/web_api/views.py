"""views.*: modals and the home tab. https://docs.slack.dev/reference/methods?family=views"""

import secrets

from integrations.simulators.slack import posting
from integrations.simulators.slack.blocks.validate import view_problems
from integrations.simulators.slack.config import Json
from integrations.simulators.slack.shapes import view_json
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.web_api.call import Call, SlackError
from integrations.simulators.slack.workspace import View

_DEEPEST_STACK = 3
_VIEW_BYTES = 250_000


def open_view(call: Call) -> Json:
    user = _spend_trigger(call)
    body = checked_view(call.object("view"), kinds=("modal",))
    view = new_view(call.sim, user, body)
    call.sim.workspace.modal_stacks[user] = [view.id]
    call.sim.workspace.touch()
    return {"view": view_json(view, call.sim.config)}


def push(call: Call) -> Json:
    user = _spend_trigger(call)
    body = checked_view(call.object("view"), kinds=("modal",))
    stack = call.sim.workspace.modal_stacks.get(user, [])
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= _DEEPEST_STACK:
        raise SlackError("push_limit_reached")
    view = push_view(call.sim, user, body)
    return {"view": view_json(view, call.sim.config)}


def update(call: Call) -> Json:
    views = call.sim.workspace.views
    view = views.get(call.text("view_id"))
    if view is None:
        external = call.text("external_id")
        view = next((v for v in views.values() if external and v.body.get("external_id") == external), None)
    if view is None:
        raise SlackError("not_found")
    _check_hash(call, view)
    replace_view(call.sim, view, checked_view(call.object("view"), kinds=(str(view.body["type"]),)))
    return {"view": view_json(view, call.sim.config)}


def publish(call: Call) -> Json:
    user = call.need("user_id")
    if user not in call.sim.workspace.users:
        raise SlackError("user_not_found")
    body = checked_view(call.object("view"), kinds=("home",))
    workspace = call.sim.workspace
    view = workspace.views.get(workspace.homes.get(user, ""))
    if view is None:
        view = new_view(call.sim, user, body)
        workspace.homes[user] = view.id
        workspace.touch()
    else:
        _check_hash(call, view)
        replace_view(call.sim, view, body)
    return {"view": view_json(view, call.sim.config)}


def checked_view(view: Json | None, *, kinds: tuple[str, ...]) -> Json:
    """The view when Slack would take it; raises SlackError otherwise."""
    if view is None:
        raise SlackError("invalid_arguments", "[ERROR] missing required field: view")
    if view.get("type") not in kinds:
        raise SlackError("invalid_arguments", f"[ERROR] view type must be {' or '.join(kinds)}")
    problems = view_problems(view, at="/view")
    if problems:
        lines = [f"[ERROR] {p.message} [json-pointer:{p.pointer}]" for p in problems]
        raise SlackError("invalid_arguments", *lines)
    if len(str(view)) > _VIEW_BYTES:
        raise SlackError("view_too_large")
    return view


def new_view(sim: Simulator, user: str, body: Json, *, previous: View | None = None) -> View:
    view_id = f"V0{sim.workspace.serial():08d}"
    root_id = previous.root_id if previous else view_id
    view = View(view_id, user, _named(sim, body), root_id, previous.id if previous else None, _new_hash(sim))
    sim.workspace.views[view_id] = view
    return view


def push_view(sim: Simulator, user: str, body: Json) -> View:
    """A view on top of the user's open modal."""
    stack = sim.workspace.modal_stacks.setdefault(user, [])
    view = new_view(sim, user, body, previous=sim.workspace.views[stack[-1]] if stack else None)
    stack.append(view.id)
    sim.workspace.touch()
    return view


def replace_view(sim: Simulator, view: View, body: Json) -> None:
    view.body, view.hash, view.errors = _named(sim, body), _new_hash(sim), {}
    sim.workspace.touch()


def _named(sim: Simulator, body: Json) -> Json:
    blocks = []
    for block in posting.with_block_ids(sim, body["blocks"]):
        if block["type"] == "input":
            block = {**block, "element": {"action_id": posting.new_block_id(sim), **block["element"]}}
        blocks.append(block)
    return {**body, "blocks": blocks}


def _new_hash(sim: Simulator) -> str:
    return f"{int(sim.now())}.{secrets.token_hex(4)}"


def _check_hash(call: Call, view: View) -> None:
    expected = call.text("hash")
    if expected and expected != view.hash:
        raise SlackError("hash_conflict")


def _spend_trigger(call: Call) -> str:
    """The user of the trigger_id, which is used up; it lives three seconds."""
    trigger = call.text("trigger_id") or call.text("interactivity_pointer")
    if not trigger:
        raise SlackError("invalid_arguments", "[ERROR] missing required field: trigger_id")
    user, expires_at = call.sim.workspace.triggers.get(trigger, ("", 0.0))
    if not user:
        raise SlackError("exchanged_trigger_id" if expires_at else "invalid_trigger_id")
    if call.sim.now() > expires_at:
        raise SlackError("expired_trigger_id")
    call.sim.workspace.triggers[trigger] = ("", expires_at)
    return user
