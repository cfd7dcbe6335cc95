"""What a person chose or entered in an element, in the shape Slack reports it in actions and view state."""

from integrations.simulators.slack.config import Json

_LABELLED = ("static_select", "external_select", "overflow", "radio_buttons")


class BadEntry(ValueError):
    """The value cannot be entered into that element; the message says why."""


def entry(element: Json, value: object, *, offered: list[Json] | None = None) -> Json:
    """The part of an action or state value that says what was entered; `{}` for a plain button.

    `value` is a string for inputs, one option's value for menus, a list of them for checkboxes,
    `positive` or `negative` for feedback buttons. `offered` are the options of an external_select.
    """
    kind = element["type"]
    if kind == "plain_text_input":
        return {"value": None if value in (None, "") else str(value)}
    if kind == "users_select":
        return {"selected_user": value or None}
    if kind == "conversations_select":
        return {"selected_conversation": value or None}
    if kind in _LABELLED:
        return {"selected_option": _option(element, value, offered) if value else None}
    if kind == "checkboxes":
        wanted = value if isinstance(value, list) else [value] if value else []
        return {"selected_options": [_option(element, one, None) for one in wanted]}
    if kind == "feedback_buttons":
        if value not in ("positive", "negative"):
            raise BadEntry("a feedback button needs the value positive or negative")
        chosen = element[f"{value}_button"]
        return {"value": chosen["value"], "text": chosen["text"]}
    shown: Json = {key: element[key] for key in ("text", "value", "style") if key in element}
    return {"value": "", **shown} if kind == "icon_button" else shown


def initial_values(blocks: list[Json]) -> Json:
    """The `state.values` of a fresh view or message: block_id → action_id → value."""
    values: Json = {}
    for block in blocks:
        for element in elements_of(block):
            start = _initial(element)
            if start is not None:
                typed = {"type": element["type"], **entry(element, start, offered=_initial_options(element))}
                values.setdefault(block["block_id"], {})[element["action_id"]] = typed
    return values


def elements_of(block: Json) -> list[Json]:
    """The interactive elements of one block."""
    found = list(block.get("elements", [])) if block["type"] in ("actions", "context_actions") else []
    if block["type"] == "input":
        found.append(block["element"])
    if isinstance(block.get("accessory"), dict) and block["accessory"]["type"] != "image":
        found.append(block["accessory"])
    return found


def find_element(blocks: list[Json], action_id: str, block_id: str | None = None) -> tuple[Json, Json] | None:
    """The block and the element that an action names; None when there is no such element (any more)."""
    for block in blocks:
        if block_id is not None and block.get("block_id") != block_id:
            continue
        for element in elements_of(block):
            if element.get("action_id") == action_id:
                return block, element
    return None


def all_options(element: Json) -> list[Json]:
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(option for group in groups for option in group["options"])]


def _initial(element: Json) -> object:
    if element["type"] in ("button", "icon_button", "feedback_buttons", "overflow"):
        return None
    if element["type"] == "checkboxes":
        return [option["value"] for option in element.get("initial_options", [])]
    option = element.get("initial_option")
    given = (element.get(f"initial_{what}") for what in ("user", "conversation", "value"))
    return (option and option["value"]) or next(filter(None, given), "")


def _initial_options(element: Json) -> list[Json] | None:
    return [element["initial_option"]] if "initial_option" in element else None


def _option(element: Json, value: object, offered: list[Json] | None) -> Json:
    for option in offered if offered is not None else all_options(element):
        if option.get("value") == value:
            return option
    raise BadEntry(f"no such option: {value}")
