"""Writes that belong to no run: the kill switch was turned, a request waits, the offer to connect an account, a week of a channel."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from integrations.errors import Rejected, Unknown
from integrations.types.chat import MessageRef, ThreadRef, UserKind
from tasks.effects.ports import OutsidePorts
from tasks.messages import accounts, refusals
from tasks.messages.digest import digest, restored
from tasks.messages.switch import turned
from tasks.store.outbox import Intent

WAITS = "lock"


def notice(intent: Intent, ports: OutsidePorts, now: datetime) -> None:
    """Posts once who turned the kill switch, found again by our id of this write."""
    given, ours = intent.effect.get, f"notice:{intent.id}"
    thread = _thread(intent)
    if intent.doubtful and ports.chat.find_post(thread, outbox_id=ours):
        return
    at = datetime.fromisoformat(given("at"))
    content = turned(on=given("on") == "on", user=given("user"), reason=given("reason"), at=at)
    ports.chat.post(thread, content, outbox_id=ours)


def locked(intent: Intent, ports: OutsidePorts, now: datetime) -> None:
    """The reaction on a message whose request waits until its author has linked an account."""
    message = MessageRef(intent.effect.get("channel"), intent.effect.get("ts"))
    ports.chat.set_reaction(message, name=WAITS, previous=())


def connect(intent: Intent, ports: OutsidePorts, now: datetime) -> None:
    """Offers one person a link of their own. It cannot be looked up, so it is never said twice.

    Guests and people of other workspaces are offered none.
    """
    if intent.doubtful:
        raise Unknown("It may have been said already, and a whisper cannot be looked up.", code="OUT-006")
    given, thread = intent.effect.get, _thread(intent)
    content = accounts.read_along()
    if _kind(ports, given("user")) is UserKind.member:
        seals = ports.seals
        url = ports.links.connect(seals.offer(thread.team, given("user"), now)) if seals.usable else ""
        content = accounts.offer(url, why=given("why"))
    if thread.channel:
        ports.chat.whisper(thread, user=given("user"), content=content)
    else:  # A direct message: https://docs.slack.dev/reference/methods/chat.postMessage takes a person for a channel.
        ports.chat.post(replace(thread, channel=given("user")), content, outbox_id=f"connect:{intent.id}")


def handover(intent: Intent, ports: OutsidePorts, now: datetime) -> None:
    """Asks in the thread for somebody who may start what its author may not; found again by our id of this write."""
    given, ours, thread = intent.effect.get, f"handover:{intent.id}", _thread(intent)
    if intent.doubtful and ports.chat.find_post(thread, outbox_id=ours):
        return
    content = refusals.asks_team(given("run"), by=given("user"), title=given("title"))
    ports.chat.post(thread, content, outbox_id=ours)


def _kind(ports: OutsidePorts, user: str) -> UserKind:
    try:
        return ports.chat.user(user).kind
    except Rejected:
        return UserKind.unknown


def _thread(intent: Intent) -> ThreadRef:
    given = intent.effect.get
    return ThreadRef(given("team"), given("channel"), given("thread_ts"))


def weekly(intent: Intent, ports: OutsidePorts, now: datetime) -> None:
    """Posts a channel's week once, as it was counted when it was wanted."""
    given, ours = intent.effect.get, f"notice:{intent.id}"
    channel = ThreadRef(given("team"), given("channel"), "")
    if intent.doubtful and ports.chat.find_post(channel, outbox_id=ours, since=intent.created_at):
        return
    ports.chat.post(channel, digest(restored(given("figures")), name=given("week")), outbox_id=ours)


Telling = Callable[[Intent, OutsidePorts, datetime], None]

NOTICES: dict[str, Telling] = {
    "chat.notice": notice,
    "chat.locked": locked,
    "chat.connect": connect,
    "chat.digest": weekly,
    "chat.handover": handover,
}
