"""What people type may be anything: no parser raises, none is slow, and a comment is one order or none."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import Command, Order, addressed_run, ordered, parse
from integrations.github.webhook import parse_event
from tasks.domain.answers import meaning
from tasks.domain.commands import BY_VERB
from tasks.domain.policy import named_base, named_repo, strip_options
from tasks.domain.run import Question
from tests.support.payloads import GITHUB, JUNK, damaged

PIECES = st.sampled_from(
    [
        "@sortie", "/sortie", "@SORTIE", "@sortie,", " stop", " hold", " waive #3 ", " review security", " fix ci", "\n", "\r\n", "```",
        "~~~", "> ", "    ", "\t", "<!--", "-->", "`", " R-1042", "\u2028", "\u200b", "\x00", "\ud800", " base=", " repo=a/b", "[", "]",
        "https://", "/a/b", "in ", "0" * 30, ".", "!", "🙂",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map("".join))


@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_anything_typed_is_an_order_of_the_table_or_none(text: str) -> None:
    found = ordered(text)
    assert found is None or (isinstance(found, Order) and found.verb in BY_VERB)
    assert found is None or "sortie" in text.lower()
    command = parse(text)
    assert command is None or (isinstance(command, Command) and command.verb in BY_VERB)


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_what_is_quoted_fenced_or_hidden_never_calls_us(text: str) -> None:
    quoted = "\n".join(f"> {line}" for line in text.split("\n"))
    assert ordered(quoted.replace("\r", "")) is None
    inside = text.replace("`", "'").replace("-->", "")
    assert ordered(f"````\n{inside}\n````") is None
    assert ordered(f"<!--\n{inside}") is None


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_options_answers_and_addresses_are_read_out_of_anything(text: str) -> None:
    repo, base = named_repo(text), named_base(text)
    assert repo is None or repo.count("/") == 1
    assert base is None or (base and " " not in base)
    assert len(strip_options(text)) <= len(text)
    run_id, rest = addressed_run(text)
    assert rest in text and (run_id is None or run_id.startswith("R-"))
    question = Question(1, "agent", "Which?", ("one", "two"))
    assert isinstance(meaning(question, text, spoken=True) or "", str)


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([name for name, _ in GITHUB] + ["", "x" * 100]),
    damaged(tuple(body for _, body in GITHUB)),
    JUNK,
)
def test_github_deliveries_of_any_shape_are_typed_or_ignored(
    name: str, body: dict[str, object], junk: object
) -> None:
    for payload in (body, body | {"repository": {"full_name": "acme/api"}}, junk):
        assert parse_event(name, "d-1", payload) is not None


@pytest.mark.parametrize(
    "text",
    [
        "@sortie " * 5_000, "\n" * 40_000 + "@sortie", "```\n" * 10_000, "> @sortie\n" * 4_000, "<!--" * 10_000, "<!-- -->" * 5_000,
        "@sortie waive #3" + " " * 40_000, "@sortie review" + "\t" * 40_000 + "x", "`" * 40_000, "~" * 40_000 + "\n" + "~" * 39_999,
        "https://" * 5_000, "https://a/b" * 4_000, "in a/b" * 7_000, "repo=" * 8_000, "base=" + "a" * 40_000, "R-1 " * 10_000,
        "[repo=a/" + "b" * 40_000, " " * 40_000, "a/" * 20_000, "https://x/" + "a-" * 20_000,
    ],
    ids=range(20),
)  # fmt: skip
def test_no_typed_text_holds_up_the_process(text: str) -> None:
    """Forty thousand characters are the most that a message holds."""
    began = time.process_time()
    for read in (ordered, parse, addressed_run, named_repo, named_base, strip_options):
        read(text)
    assert time.process_time() - began < 1
