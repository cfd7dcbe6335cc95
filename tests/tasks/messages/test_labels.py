"""Our labels and what people read of a risk."""

import re

from tasks.domain.effects import effects_of
from tasks.domain.fold import begin
from tasks.domain.risk import Level, Risk, Seen, Sign
from tasks.messages.labels import LABELS, risk_words, styled
from tests.support.histories import TO_READY, Story


def test_every_label_that_follows_from_an_event_has_its_looks() -> None:
    """GitHub takes six hexadecimal digits, names of 50 characters and descriptions of 100."""
    story, used = Story(), set()
    for event in TO_READY:
        before = story.run
        used |= {
            name
            for effect in effects_of(before, event, story.tell(event))
            for name in effect.get("labels").split(",")
            if name
        }
    assert {"sortie", "sortie:ready"} <= used
    known = {*used, "sortie:hold", "sortie:needs-human", *(f"risk:{level}" for level in Level)}
    assert known == set(LABELS)
    for label in styled(tuple(LABELS)):
        assert re.fullmatch(r"[0-9a-f]{6}", label.color) and len(label.name) <= 50
        assert 0 < len(label.description) <= 100
    assert len({label.color for label in LABELS.values()}) == len(LABELS)
    assert begin("R-1", story.recorded[0]).risk_shown is None


def test_every_sign_has_its_words_and_names_of_files_do_nothing() -> None:
    evil = "a`@ada`|b/<!-- sortie -->.sql"
    for sign in Sign:
        said = risk_words(Risk(Level.high, (Seen(sign, 5, (evil, "x", "y")),)))
        assert said.startswith("high: ") and "<!-- sortie" not in said and "|" not in said
    assert risk_words(Risk(Level.low)) == "low"
    two = Risk(Level.medium, (Seen(Sign.owned, 1, ("api/a.py",)), Seen(Sign.wide, 1, lines=61)))
    assert (
        risk_words(two)
        == "medium: 1 file with an owner of its own (`api/a.py`); not small (61 lines in 1 file)"
    )
    many = Risk(Level.high, (Seen(Sign.migration, 5, ("1.sql", "2.sql", "3.sql")),))
    assert risk_words(many) == "high: changes what is stored (`1.sql`, `2.sql`, `3.sql` and 2 more)"
