"""Writes that belong to no run: where the kill switch was turned, that it was."""

from datetime import datetime

from integrations.types.chat import ThreadRef
from tasks.effects.ports import OutsidePorts
from tasks.messages.switch import turned
from tasks.store.outbox import Intent


def notice(intent: Intent, ports: OutsidePorts) -> None:
    """Posts once who turned the kill switch, found again by our id of this write."""
    given, ours = intent.effect.get, f"notice:{intent.id}"
    thread = ThreadRef(given("team"), given("channel"), given("thread_ts"))
    if intent.doubtful and ports.chat.find_post(thread, outbox_id=ours):
        return
    at = datetime.fromisoformat(given("at"))
    content = turned(on=given("on") == "on", user=given("user"), reason=given("reason"), at=at)
    ports.chat.post(thread, content, outbox_id=ours)
