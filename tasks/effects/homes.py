"""The home tab of one person, published as their runs stand now."""

from datetime import timedelta

from tasks.domain.request import Person
from tasks.effects.ports import OutsidePorts, Settled
from tasks.messages.home import home as drawn
from tasks.store.outbox import Intent
from tasks.store.store import Store

LOOKED_AT = 60
LATELY = timedelta(days=7)


def home(intent: Intent, ports: OutsidePorts, store: Store) -> Settled | None:
    """Harmless twice: what is published takes the place of what was."""
    given = intent.effect.get
    by = Person("slack", given("team"), given("user"))
    with store.reading() as tx:
        runs, since = tx.asked_by(by, LOOKED_AT), tx.now - LATELY
    ports.chat.publish_home(
        by.id, drawn(runs, since=since, links=ports.links, repo=ports.user_repo.get(by.id, ""))
    )
    return None
