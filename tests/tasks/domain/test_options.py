"""Options in a request: what counts as one, what is part of the words, and what cannot be read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.options import BadOption, options_of
from tasks.domain.request import RequestOptions
from tasks.messages.errors import CODES

PIECES = st.sampled_from(
    ["sla=", "45m", "2h", " ", "plan", "plan=", "yes", "repo=", "acme/api", "base=", "`", "```", "[", "]", "\n", "é", "=", "\x00", "0" * 9]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("fix it", RequestOptions()),
        (
            "fix it in acme/web base=dev sla=60m plan",
            RequestOptions("acme/web", "dev", 3600, True),
        ),
        ("sla=2h fix it", RequestOptions(sla_s=7200)),
        ("fix it sla=45", RequestOptions(sla_s=2700)),
        ("fix it [sla=5min], please", RequestOptions(sla_s=300)),
        ("fix the seating plan", RequestOptions()),
        ("fix the plan repo=acme/api now", RequestOptions("acme/api")),
        ("fix it plan=yes", RequestOptions(plan=True)),
        ("fix it plan=no", RequestOptions()),
        ("`repo=None` crashes, and so does `sla=banana`", RequestOptions()),
        ("```\nbase=a..b\n``` crashes", RequestOptions()),
        ("the url?base=x&sla=banana is wrong", RequestOptions()),
        ("sla=1h and then sla=2h", RequestOptions(sla_s=3600)),
    ],
)
def test_options_stand_anywhere_but_in_code(text: str, options: RequestOptions) -> None:
    assert options_of(text) == options


def test_plan_alone_is_an_option_as_the_last_word_of_a_slash_command() -> None:
    assert options_of("fix the checkout plan", slash=True) == RequestOptions(plan=True)
    assert options_of("plan the checkout", slash=True) == RequestOptions()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fix it sla=banana", "sla=banana is no time"),
        ("fix it sla=4m", "sla=4m is no time"),
        ("fix it sla=25h", "sla=25h is no time"),
        ("fix it sla=", "sla= is no time"),
        ("fix it plan=maybe", "plan=maybe is neither"),
        ("fix it repo=acme", "repo=acme is no repository"),
        ("fix it base=--upload-pack", "base=--upload-pack is no name"),
        ("fix it base=a..b", "base=a..b is no name"),
        ("fix it base=$(id)", "base=$(id) is no name"),
    ],
)
def test_an_option_that_cannot_be_read_is_said_with_a_code_of_the_table(text: str, said: str) -> None:
    bad = options_of(text)
    assert isinstance(bad, BadOption) and bad.sentence.startswith(said) and bad.code in CODES


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_anything_typed_has_options_or_one_that_is_bad(text: str) -> None:
    found = options_of(text)
    assert isinstance(found, BadOption) or (found.sla_s is None or 300 <= found.sla_s <= 86_400)
