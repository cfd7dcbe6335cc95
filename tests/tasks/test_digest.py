"""The weekly digest: only where it is wanted, once a week, however often anybody looks."""

import json
from collections.abc import Iterator

import pytest

from integrations.errors import Unknown
from tasks.digest import Digests
from tasks.domain.channel import ChannelSettings
from tasks.domain.digest import Week
from tasks.domain.facts import PullRequestMoved
from tasks.messages.digest import digest, restored, stored
from tasks.store.channels import change
from tests.support.histories import ONE, TO_READY
from tests.tasks.messages.rendering import rendered, words_of
from tests.tasks.outside import Bench, bench

MERGED = PullRequestMoved(812, "closed", True, ONE, "ben")


@pytest.fixture
def here(database_url: str) -> Iterator[Bench]:
    with bench(database_url) as made:
        yield made


def wanted(here: Bench, digest: bool = True, channel: str = "C1") -> None:
    with here.store.writing() as tx:
        change(tx.conn, tx.now, ("T1", channel), ChannelSettings(digest=digest), by="U1")


def posted(here: Bench) -> list[str]:
    return [text for text in here.outside.texts.values() if text.startswith("Week ")]


def test_a_channel_that_wants_it_is_told_once_on_monday(here: Bench) -> None:
    """NOON of the run is a Friday."""
    wanted(here)
    wanted(here, channel="C2")
    for _ in range(2):
        here.start(*TO_READY, MERGED)
    here.settle_all()
    looks = Digests(here.store)
    here.hands.move(2 * 86_400)
    assert looks.once() == 0
    here.hands.move(18 * 3600)
    assert looks.once() == 0, "Monday, 06:00"
    here.hands.move(3 * 3600)
    assert (looks.once(), looks.once(), Digests(here.store).once()) == (1, 0, 0)
    here.publish()
    assert posted(here) == [
        "Week 2026-W47: 2 runs asked, 2 pull requests merged. Too few runs for a rate (2). Rates appear at 5."
    ]
    here.hands.move(7 * 86_400)
    assert looks.once() == 0, "nothing was asked in the week after"


def test_nobody_is_told_who_does_not_want_it(here: Bench) -> None:
    here.start(*TO_READY, MERGED)
    wanted(here)
    wanted(here, digest=False)
    here.hands.move(4 * 86_400)
    assert Digests(here.store).once() == 0


def test_a_digest_whose_answer_was_lost_is_looked_for_before_it_is_posted_again(here: Bench) -> None:
    wanted(here)
    here.start(*TO_READY, MERGED)
    here.settle_all()
    here.hands.move(3 * 86_400)
    Digests(here.store).once()

    def lost() -> object:
        raise Unknown("no answer")

    here.outside.before["post"] = lost
    here.publish()
    here.outside.before.clear()
    here.hands.move(60)
    here.publish()
    assert here.outside.calls.count("find_post") == 1 and len(posted(here)) == 1


def test_the_figures_name_what_was_missed_and_mention_nobody() -> None:
    figures = Week(12, 7, 10, 7, 9, 6, (("SBX-012", 2), ("late", 1)))
    assert restored(stored(figures)) == figures
    text, shown = rendered(digest(figures, name="2026-W47"))
    assert (
        text
        == "Week 2026-W47: 12 runs asked, 7 pull requests merged. In time 7 of 10 (70%). Without anybody's help 6 of 9 (67%)."
    )
    told = words_of(shown)
    assert "2× `SBX-012`" in told and "1× late" in told and "<@" not in json.dumps(shown)
