"""What a simulated workspace starts with: team, people, channels, the app and its tokens."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]

DEFAULT_SUBSCRIPTIONS = frozenset(
    {
        "app_mention",
        "message.channels",
        "message.groups",
        "message.im",
        "reaction_added",
        "reaction_removed",
        "app_home_opened",
        "agent_session_stopped",
        "member_joined_channel",
    }
)


@dataclass(frozen=True, slots=True)
class SimUser:
    """A person, or the app's bot user. `tz` is an IANA name; a guest is `is_restricted`."""

    id: str
    name: str
    real_name: str
    email: str | None = None
    tz: str = "Europe/Berlin"
    is_admin: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class SimChannel:
    """A conversation to start with: public, private, or (with exactly two members) a direct message."""

    id: str
    name: str
    members: tuple[str, ...]
    topic: str = ""
    is_private: bool = False
    is_im: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class SimShortcut:
    """A shortcut of the app's manifest. `kind` is `global` or `message`."""

    callback_id: str
    name: str
    kind: str = "global"


BOT_USER = SimUser("U0SORTIE01", "sortie", "Sortie", is_bot=True, tz="UTC")

DEFAULT_USERS = (
    SimUser("U0ADA00001", "ada", "Ada Moreno", "ada@acme.example", "Europe/Berlin", is_admin=True),
    SimUser("U0BEN00001", "ben", "Ben Okafor", "ben@acme.example", "America/New_York"),
    SimUser("U0CHEN0001", "chen", "Chen Li", "chen@acme.example", "Asia/Singapore"),
    SimUser("U0DANA0001", "dana", "Dana Guest", "dana@partner.example", "Europe/London", is_restricted=True),
    BOT_USER,
)

_EVERYONE = tuple(user.id for user in DEFAULT_USERS)

DEFAULT_CHANNELS = (
    SimChannel("C0PAYMENTS", "payments", _EVERYONE, "Refunds, invoices, currencies"),
    SimChannel("C0CHECKOUT", "checkout", _EVERYONE, "The checkout team"),
    SimChannel("C0RANDOM01", "random", _EVERYONE[:3], "No bots here"),
    SimChannel("C0SECURITY", "security", (_EVERYONE[0], _EVERYONE[1], BOT_USER.id), is_private=True),
    SimChannel("D0ADA00001", "", (_EVERYONE[0], BOT_USER.id), is_im=True),
)


@dataclass(frozen=True, slots=True)
class SlackSimConfig:
    """Everything a simulator is started with. URLs without a value are not called.

    `actions_url` (interactivity, options, slash commands) falls back to `events_url`, as in apps with one
    route for all. `retry_delays_s` are the waits before Slack's three redeliveries
    (https://docs.slack.dev/apis/events-api/#retries). `unknown_blocks` are types that this workspace does not have yet.
    `now` gives UNIX seconds.
    """

    events_url: str | None = None
    actions_url: str | None = None
    signing_secret: str = "simulated-signing-secret"
    bot_token: str = "xoxb-simulated-bot"
    app_token: str | None = None
    verification_token: str = "simulated-verification"
    team_id: str = "T0ACME0001"
    team_name: str = "Acme"
    team_domain: str = "acme"
    app_id: str = "A0SORTIE01"
    bot_id: str = "B0SORTIE01"
    bot_user_id: str = BOT_USER.id
    users: tuple[SimUser, ...] = DEFAULT_USERS
    channels: tuple[SimChannel, ...] = DEFAULT_CHANNELS
    subscriptions: frozenset[str] = DEFAULT_SUBSCRIPTIONS
    shortcuts: tuple[SimShortcut, ...] = (
        SimShortcut("new_task", "New task"),
        SimShortcut("fix_with_bot", "Fix with Sortie", "message"),
    )
    commands: tuple[str, ...] = ("/sortie",)
    retry_delays_s: tuple[float, ...] = (0.2, 60.0, 300.0)
    delivery_timeout_s: float = 3.0
    trigger_lifetime_s: float = 3.0
    edit_window_s: float | None = None
    unknown_blocks: tuple[str, ...] = ()
    rate_limits: bool = False
    public_url: str | None = None
    now: Callable[[], float] = field(default=time.time)

    def with_seed(self, seed: Mapping[str, Any]) -> "SlackSimConfig":
        """This configuration with the people, channels and plain values of a JSON seed document.

        Raises TypeError when the seed has a key that is not a field.
        """
        plain = {key: value for key, value in seed.items() if key not in ("users", "channels")}
        changed = replace(self, **plain)
        if "users" in seed:
            changed = replace(changed, users=tuple(SimUser(**user) for user in seed["users"]))
        if "channels" in seed:
            rows = [{**row, "members": tuple(row["members"])} for row in seed["channels"]]
            changed = replace(changed, channels=tuple(SimChannel(**row) for row in rows))
        return changed
