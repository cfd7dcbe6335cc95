"""The manifest of the Slack app: what Sortie calls and hears, and the scopes that this takes. `sortie slack manifest` prints it.

https://docs.slack.dev/reference/app-manifest; the scope of each method and event is named on its page under https://docs.slack.dev/reference/.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

METHODS: Mapping[str, tuple[str, ...]] = {
    "agents.sessions.setStatus": ("chat:write",),
    "auth.test": (),
    "blocks.validate": (),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.info": ("channels:read", "groups:read", "im:read"),
    "conversations.open": ("im:write",),
    "conversations.replies": ("channels:history", "groups:history", "im:history"),
    "reactions.add": ("reactions:write",),
    "reactions.remove": ("reactions:write",),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
}
"""Every method that is called with the bot token, and its scopes. (apps.connections.open takes the app token.)"""

EVENTS: Mapping[str, tuple[str, ...]] = {
    "agent_session_stopped": ("assistant:write",),
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
}
"""Every event that is heard. `message.*` is needed for replies in threads of ours; what was said elsewhere is dropped unread."""

FILES = "files:read"
"""The content of files on messages is read from where the message says, with the bot token and no method."""

COMMAND = "/sortie"
SHORTCUTS: tuple[tuple[str, str, str, str], ...] = (
    ("fix_with_bot", "message", "Fix with Sortie", "Ask for a change because of this message"),
    ("new_task", "global", "New task", "Ask for a change in a channel of your choice"),
)
"""(callback id, type, name, what it does)."""


def manifest(url: str = "") -> Json:
    """For Socket Mode; with the public `url` of the web process, for HTTP events there."""
    events: Json = {"bot_events": sorted(EVENTS)}
    interactivity: Json = {"is_enabled": True}
    command: Json = {
        "command": COMMAND,
        "description": "Ask for a code change, or see your runs",
        "usage_hint": "help",
        "should_escape": True,
    }
    if url:
        door = f"{url.rstrip('/')}/slack/events"
        events["request_url"] = interactivity["request_url"] = command["url"] = door
        interactivity["message_menu_options_url"] = door
    features: Json = {
        "app_home": {
            "home_tab_enabled": "app_home_opened" in EVENTS,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "sortie", "always_online": True},
        "shortcuts": [
            {"callback_id": callback, "type": kind, "name": name, "description": said}
            for callback, kind, name, said in SHORTCUTS
        ],
        "slash_commands": [command],
        "agent_view": {
            "agent_description": "Changes code on request: a gated and reviewed pull request, reported in the thread.",
            "suggested_prompts": [{"title": "What can I ask for?", "message": "help"}],
        },
    }
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Sortie",
            "description": "Ask for a code change where you work; get back a gated and reviewed pull request.",
        },
        "features": features,
        "oauth_config": {"scopes": {"bot": scopes()}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }


def scopes() -> list[str]:
    """What the methods, the events, the slash command and files take together."""
    needed = {scope for table in (METHODS, EVENTS) for wanted in table.values() for scope in wanted}
    return sorted(needed | {"commands", FILES})


@dataclass(frozen=True, slots=True)
class Difference:
    """`how` is missing (the app needs it), more (the app does not), or different."""

    how: str
    where: str
    ours: object = None
    theirs: object = None

    def sentence(self) -> str:
        match self.how:
            case "missing":
                return f"missing    {self.where}: {self.ours}"
            case "more":
                return f"more       {self.where}: {self.theirs}"
        return f"different  {self.where}: {self.theirs}, wanted {self.ours}"


IN_TEXT = ("description", "name", "display_name", "long_description", "usage_hint", "agent_description")
IGNORED = (
    "_metadata",
    "display_information",
    "suggested_prompts",
    "url",
    "request_url",
    "message_menu_options_url",
)
"""What an operator may word as they like, and addresses that Slack exports or not."""


def differences(ours: Json, theirs: Json) -> list[Difference]:
    """What an exported manifest lacks, has more, or has otherwise. Words and addresses are the operator's."""
    return list(_compared("", ours, theirs))


def _compared(where: str, ours: object, theirs: object) -> Iterator[Difference]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            path = f"{where}.{key}" if where else str(key)
            if key in IGNORED or key in IN_TEXT:
                continue
            if key not in theirs:
                yield from _lacks(path, ours[key])
            elif key not in ours:
                yield from ([Difference("more", path, theirs=theirs[key])] if theirs[key] else [])
            else:
                yield from _compared(path, ours[key], theirs[key])
    elif isinstance(ours, list) and isinstance(theirs, list):
        yield from _lists(where, ours, theirs)
    elif ours != theirs:
        yield Difference("different", where, ours, theirs)


def _lacks(path: str, ours: object) -> Iterator[Difference]:
    """What is off or empty with us need not be there."""
    if isinstance(ours, list):
        yield from _lists(path, ours, [])
    elif ours:
        yield Difference("missing", path, ours)


def _lists(where: str, ours: list[Any], theirs: list[Any]) -> Iterator[Difference]:
    wanted, there = {_name(one) for one in ours}, {_name(one) for one in theirs}
    yield from (Difference("missing", where, ours=name) for name in sorted(wanted - there))
    yield from (Difference("more", where, theirs=name) for name in sorted(there - wanted))


def _name(one: object) -> str:
    """A scope or event is its own name; a command or shortcut has one."""
    return str(one.get("command") or one.get("callback_id") or one) if isinstance(one, dict) else str(one)
