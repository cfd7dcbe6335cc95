"""Every message of the catalogue with any words of others in it: valid, short, alone on a lock screen, doing nothing (UX-03)."""

import json
import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from integrations.slack.blocks import Profile
from integrations.slack.size import MOST_CHARS, MOST_LINES, size
from integrations.types.chat import Context, OutgoingMessage, Plain, Quoted, Section
from integrations.untrusted import one_line
from tasks.messages.chat import POSTS
from tests.tasks.messages import catalogue
from tests.tasks.messages.rendering import parsed_by_slack, rendered

SECRET = "a-canary-secret-4417"
PIECES = (
    *("<!channel>", "<!here>", "<!everyone>", "<!subteam^S1|all>", "<@U9>", "<#C9>", "@here", "@channel"),
    *("<https://evil.example|Approve>", "https://evil.example/" + SECRET, SECRET, ":white_check_mark:"),
    *("xoxb-1234567890-abcdefghijklmn", "ghp_" + "a" * 36, "`", "``` \n", "*Merged*", "~no~", "_so_"),
    *("&amp;", "<", ">", "&" * 300, "\u202eevil", "\u2066", "\u200b", "\x1b[31m", "\r\n", "\n" * 60),
    *("\u05d0\u05d1\u05d2 ", "\U0001d518" * 50, "\U0001f4a5", "x" * 900, "line\n" * 80, " ", "word "),
)
WORDS = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=30).map("".join),
    st.text(max_size=10_000),
    st.sampled_from([("prompt " * 1_500)[:10_000], "\u05d0" * 10_000, "`" * 10_000, "<!channel>" * 1_000]),
)
PINGS = ("<!channel", "<!here", "<!everyone", "<!subteam", "<@U9>", "<#C9", "<https://evil")
OPENS = re.compile(r"R-1042\b|Answered: |I can't |Kill switch |Week ")


def check(message: OutgoingMessage, profile: Profile) -> None:
    text, shown = rendered(message, profile)
    chars, lines = size(shown)
    assert chars <= MOST_CHARS and lines <= MOST_LINES, (chars, lines)
    assert OPENS.match(text), text
    assert "\n" not in text
    assert text[-1] in ".?!…" or text.startswith("Answered: "), text  # an edit notifies nobody
    sent = json.dumps([text, shown], ensure_ascii=False)
    for secret in (SECRET, "xoxb-1234567890", "ghp_aaaaaaaaaa"):
        assert secret not in sent
    told = parsed_by_slack(shown) + text
    assert not [ping for ping in PINGS if ping in told]
    outside_code = re.sub(r"`[^`\n]*`", "", told)
    assert not re.search(r"@(here|channel|everyone)", outside_code)
    assert not re.search(r"[\x1b\u202e\u2066]", told)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(WORDS)
def test_every_message_of_the_catalogue_is_valid_short_and_harmless(words: str) -> None:
    """F1, F4; UX §5.8."""
    assume(one_line(words).strip())
    for _, message in catalogue.of(words):
        check(message, "plan")


@pytest.mark.parametrize("words", ["word " * 2_000, "&" * 5_000, "line\n" * 400, "".join(PIECES)])
def test_the_classic_profile_is_as_short(words: str) -> None:
    for _, message in catalogue.of(words):
        check(message, "classic")


def test_the_catalogue_has_every_post_there_is() -> None:
    seen = {name.split()[0] for name, _ in catalogue.of("word")}
    assert set(POSTS) | {"M1", "M11"} <= seen


def test_what_is_short_is_not_shortened() -> None:
    said = "It assumes a currency. " * 12
    message = OutgoingMessage("R-1042 says.", (Section("s", (Quoted(said, limit=300),)),))
    assert said.strip() in rendered(message)[1][0]["text"]["text"]


def test_our_own_words_stay_whole_when_others_are_shortened() -> None:
    own = "What is left: the branch."
    parts = tuple(Context(f"n{n}", (Plain(own), Quoted("x" * 900, limit=900))) for n in range(6))
    _, shown = rendered(OutgoingMessage("R-1042 says.", parts))
    assert all(block["elements"][0]["text"].startswith(own) for block in shown)
    assert size(shown)[0] <= MOST_CHARS
