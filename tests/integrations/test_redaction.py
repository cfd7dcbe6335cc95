"""The redactor: known secrets in every usual form and in pieces, what is shaped like one, and nothing else (SECURITY §5.5, F4)."""

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.redaction import MASK, Redactor, mask_patterns

SECRET = 'kPz7"q\\Vm/2+Xw9é canary-4417'
REDACTOR = Redactor([SECRET, "hunter22"])
ENCODED = {
    "raw": SECRET,
    "json": json.dumps(SECRET)[1:-1],
    "json in its own letters": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "url": quote(SECRET, safe=""),
    "a form's field": quote_plus(SECRET),
    "hex": SECRET.encode().hex(),
    "hex in capitals": SECRET.encode().hex().upper(),
    **{f"base64 {n}": base64.b64encode(b"x" * n + SECRET.encode() + b"yy").decode() for n in range(3)},
    "base64 for urls": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "without its first 7 characters": SECRET[7:],
    "16 characters of its middle": SECRET[5:21],
    "a short one": "hunter22",
}
SHAPED = [
    *(f"gh{kind}_" + "a1B2" * 9 for kind in "pousr"),
    "ghs_123456_" + "eyJhbGciOi.J-_" * 6,
    "github_pat_" + "A1_" * 8,
    "sk-ant-api03-" + "x" * 20,
    *(f"xox{kind}-1234567890-abcdef" for kind in "abeoprs"),
    "xapp-1-A111-222-abcdef",
    "hooks.slack.com/services/T0/B0/abcdefgh",
    "AKIA" + "A1B2C3D4E5F6G7H8",
    "ASIA" + "A1B2C3D4E5F6G7H8",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\ncut off in the middle",
    "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl",
    "eyJhbGciOiJI.eyJzdWIiOiIx.",
]
CARRIED = [
    ("postgresql://sortie:pa55word@db/sortie", "postgresql://[redacted]@db/sortie"),
    ("https://x-access-token:abc@github.com/a/b", "https://[redacted]@github.com/a/b"),
    ("redis://:pa55word@cache:6379", "redis://[redacted]@cache:6379"),
    ("wss://host/link/?ticket=1f2e3d4c-aa&app_id=7", "wss://host/link/?ticket=[redacted]&app_id=7"),
]
ORDINARY = [
    "Reject refunds with null currency (422): 3 tests, base main@4f1c2aa, see https://example.com/a:b",
    "ghp_short, xoxb-short, sk-ant-short, xapp-short and github_pat_short",
    "AKIA1234, akia" + "a1b2" * 4,
    "gha_" + "a1B2" * 9,
    "xoxz-1234567890-abcdef",
    "-----BEGIN CERTIFICATE-----\nMIIabc\n-----END CERTIFICATE-----",
    "https://example.com/a@b, ssh://git@host/x, http://[::1]:80/",
    "hooks.slack.com/services/",
    "eyJ.eyJ.x and /link/?ticket=1",
    "a.b.c",
    "eyJhbGciOiJI and eyJhbGciOiJI.short.x",
]


@pytest.mark.parametrize("form", ENCODED.values(), ids=ENCODED.keys())
def test_a_known_secret_is_masked_in_every_usual_form(form: str) -> None:
    shown = REDACTOR.text(f"before {form} after")
    assert MASK in shown and form not in shown and SECRET not in shown
    assert shown.startswith("before ") and shown.endswith(" after")


def covered(form: str) -> set[str]:
    """Every sixteen characters in a row of a form."""
    return {form[at : at + 16] for at in range(len(form) - 15)}


@pytest.mark.parametrize(
    "form", [f for f in ENCODED.values() if len(f) >= 16], ids=[n for n, f in ENCODED.items() if len(f) >= 16]
)
def test_sixteen_characters_in_a_row_are_never_left(form: str) -> None:
    for before, after in (("", ""), ("x", "y"), ("=", "\n"), (form[:5], form[-5:])):
        shown = REDACTOR.text(before + form + after)
        assert not any(piece in shown for piece in covered(SECRET)), shown


@pytest.mark.parametrize("at", range(len(SECRET) - 15))
def test_sixteen_characters_are_masked_wherever_they_begin_and_fifteen_are_words(at: int) -> None:
    assert REDACTOR.text(f"<{SECRET[at : at + 16]}>") == f"<{MASK}>"
    assert REDACTOR.text(f"<{SECRET[at : at + 15]}>") == f"<{SECRET[at : at + 15]}>"


def test_exactly_the_secret_is_cut_out_and_two_in_a_row_are_two() -> None:
    assert REDACTOR.text(SECRET) == MASK
    assert REDACTOR.text(f"a{SECRET}b") == f"a{MASK}b"
    assert REDACTOR.text(f"a{SECRET}, {SECRET}b") == f"a{MASK}, {MASK}b"
    assert REDACTOR.text(f"{SECRET}hunter22") == MASK + MASK
    assert REDACTOR.text(f"{SECRET[:20]}{SECRET[-20:]}") == MASK


@pytest.mark.parametrize("shift", range(3))
def test_base64_is_found_at_each_of_its_three_alignments_and_nothing_beside_it_is_taken(shift: int) -> None:
    """What depends on the neighbouring bytes alone stays."""
    whole = base64.b64encode(b"user:"[: 3 + shift] + SECRET.encode() + b"\0" * 6).decode()
    shown = REDACTOR.text(whole)
    assert shown.count(MASK) == 1 and shown.startswith("dXNl")
    assert shown.rstrip("=").endswith("AAAAAAAA") and len(shown) - len(MASK) <= 8 + 10


@pytest.mark.parametrize(("secret", "masked"), [("eight888", True), ("seven77", False), ("", False)])
def test_a_value_shorter_than_eight_characters_is_no_secret(secret: str, masked: bool) -> None:
    text = f"it is {secret} here"
    assert (Redactor([secret]).text(text) != text) is masked


FORMS: tuple[Callable[[str], str], ...] = (
    str,
    lambda s: json.dumps(s)[1:-1],
    lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    lambda s: quote(s, safe=""),
    quote_plus,
    lambda s: s.encode().hex(),
    lambda s: s.encode().hex().upper(),
)


@pytest.mark.parametrize("length", [8, 11, 12, 15, 16, 17])
def test_a_short_secret_is_masked_whole_in_all_of_its_forms(length: int) -> None:
    secret = '"q\\Vm/2+Xé 44?!"'[:length]
    redactor = Redactor([secret])
    for form in FORMS:
        assert redactor.text(f"<{form(secret)}>") == f"<{MASK}>"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("around", ["x", "xy", "xyz"])
@pytest.mark.parametrize("secret", ["hunter22", "\xff\xfe?>~secret", "a\U0001f511 long key"])
def test_a_short_secret_is_found_in_base64_whatever_stands_around_it(
    secret: str, around: str, encode: Callable[[bytes], bytes]
) -> None:
    """Only the letters that its neighbours have a part in are left: each stands for six bits."""
    encoded = encode((around + secret + around).encode()).decode()
    first, last = -(-8 * len(around) // 6), 8 * len((around + secret).encode()) // 6
    assert Redactor([secret]).text(encoded) == encoded[:first] + MASK + encoded[last:]


def test_half_a_letter_in_a_secret_is_no_reason_to_fail() -> None:
    assert Redactor(["\ud800 eight or more"]).text("x \ud800 eight or more") == f"x {MASK}"


def test_of_two_secrets_one_inside_the_other_the_longer_is_masked_whole() -> None:
    assert Redactor(["password", "password12"]).text("password12 password1") == f"{MASK} {MASK}1"


@pytest.mark.parametrize("token", SHAPED)
@pytest.mark.parametrize("glue", ["", "\x1b[31m", "\\n", "m", "_", "A"])
def test_what_is_shaped_like_a_credential_is_masked_whatever_is_glued_to_it(token: str, glue: str) -> None:
    """claude-code-action #1595: a leading word boundary lets `m` of an ANSI code hide a token."""
    for text in (f"log {glue}{token}", f"log {glue}{token} end", f"{token}\n"):
        shown = mask_patterns(text)
        assert MASK in shown and token not in shown
        assert REDACTOR.text(text) == shown and Redactor().text(text) == shown
    assert mask_patterns(f"log {token} end").startswith("log ")


@pytest.mark.parametrize("token", [t for t in SHAPED if "cut off" not in t])
def test_nothing_around_a_credential_is_taken_with_it(token: str) -> None:
    assert mask_patterns(f"log {token} end") == f"log {MASK} end"
    assert mask_patterns(f"({token})") == f"({MASK})"
    assert mask_patterns(f"'{token}','{token}'") == f"'{MASK}','{MASK}'"


@pytest.mark.parametrize(("text", "shown"), CARRIED)
def test_a_credential_in_an_address_is_masked_and_the_address_stays(text: str, shown: str) -> None:
    assert mask_patterns(text) == shown


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_stay(text: str) -> None:
    assert REDACTOR.text(text) == text == mask_patterns(text)


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_a_secret_between_any_words_is_masked(before: str, after: str) -> None:
    shown = REDACTOR.text(before + SECRET + after)
    assert SECRET not in shown and not any(piece in shown for piece in covered(SECRET))


@settings(deadline=None)
@given(st.text(min_size=8, max_size=40), st.text(max_size=20))
def test_whatever_the_secret_is_it_is_gone_in_every_form(secret: str, around: str) -> None:
    redactor = Redactor([secret])
    raw = secret.encode("utf-8", "surrogatepass")
    forms = (secret, json.dumps(secret)[1:-1], quote(raw, safe=""), raw.hex(), base64.b64encode(raw).decode())
    for form in forms:
        assert form not in redactor.text(f"{around}{form}{around}").replace(MASK, "\0")


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=2_000))
def test_redacting_never_raises_and_again_changes_nothing(text: str) -> None:
    once = REDACTOR.text(text)
    assert REDACTOR.text(once) == once


# --- values -----------------------------------------------------------------------------------------------------------


def test_nested_values_and_telling_keys_are_masked_and_numbers_stay() -> None:
    value = {"a": [{"GITHUB_TOKEN": "short", "deep": (SECRET, 7)}], "input_tokens": 12, "b": b"hunter22"}
    assert REDACTOR.value(value) == {
        "a": [{"GITHUB_TOKEN": MASK, "deep": [MASK, 7]}],
        "input_tokens": 12,
        "b": MASK,
    }


@pytest.mark.parametrize(
    "key",
    [
        "password", "db_passwd", "PASSPHRASE", "client_secret", "X-Token", "Authorization", "api_key", "api-key", "apikey",
        "private_key", "private-key", "PrivateKey", "Cookie", "aws_credentials", "x-hub-signature-256", "SENTRY_DSN",
    ],
)  # fmt: skip
def test_what_a_telling_key_holds_is_masked_unless_it_is_empty_or_a_number(key: str) -> None:
    assert REDACTOR.value({key: "x"}) == {key: MASK}
    assert REDACTOR.value({key: b"x"}) == {key: MASK}
    assert REDACTOR.value({key: ""}) == {key: ""}
    assert REDACTOR.value({key: 7}) == {key: 7}
    assert REDACTOR.value({key: ["x", {key: "y"}]}) == {key: ["x", {key: MASK}]}


@pytest.mark.parametrize("key", ["name", "pass", "path", "key", "passed", "design", "run", ""])
def test_other_keys_tell_nothing(key: str) -> None:
    assert REDACTOR.value({key: "x"}) == {key: "x"}


class Shown:
    def __str__(self) -> str:
        return f"it holds {SECRET}"


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({SECRET: 1}, {MASK: 1}),
        ({7: "hunter22"}, {"7": MASK}),
        ([SECRET], [MASK]),
        ((SECRET,), [MASK]),
        ({SECRET}, [MASK]),
        (frozenset({SECRET}), [MASK]),
        (Shown(), f"it holds {MASK}"),
        (b"\xff" + SECRET.encode(), f"\ufffd{MASK}"),
        (None, None),
        (True, True),
        (7, 7),
        (0.5, 0.5),
        (NOON, NOON),
    ],
)
def test_every_kind_of_value_is_looked_into(value: object, shown: object) -> None:
    assert REDACTOR.value(value) == shown and REDACTOR(str(SECRET)) == MASK
    assert type(REDACTOR.value(value)) is type(shown)


def nested(depth: int, leaf: Any, *, lists: bool) -> Any:
    for _ in range(depth):
        leaf = [leaf] if lists else {"k": leaf}
    return leaf


@pytest.mark.parametrize("lists", [True, False])
def test_what_is_nested_too_deep_to_be_looked_into_is_masked_as_a_whole(lists: bool) -> None:
    """Twelve levels are shown, as many as Sentry keeps; and nothing recurses for ever."""
    assert REDACTOR.value(nested(12, "word", lists=lists)) == nested(12, "word", lists=lists)
    assert REDACTOR.value(nested(13, "word", lists=lists)) == nested(12, MASK, lists=lists)
    assert REDACTOR.value(nested(2, "word", lists=lists), depth=1) == nested(1, MASK, lists=lists)
    assert REDACTOR.value(nested(12, SECRET, lists=lists)) == nested(12, MASK, lists=lists)
    assert REDACTOR.value("word", depth=0) == "word" and REDACTOR.value(7, depth=0) == 7
    assert REDACTOR.value(set(), depth=0) == REDACTOR.value(frozenset(), depth=0) == MASK
    circle: list[Any] = []
    circle.append(circle)
    assert MASK in str(REDACTOR.value(circle))


@pytest.mark.parametrize(
    "text",
    [
        "eyJ" * 100_000, "eyJaaaaaaaa." * 30_000, "://a:" * 20_000, "-----BEGIN " + "A " * 50_000, "-----BEGIN PRIVATE KEY-----" * 3_000,
        SECRET[:15] * 6_000, SECRET * 3_000, "x" * 100_000, "://" + "a:" * 40_000 + "@", "ghs_" + "." * 100_000,
    ],
    ids=range(10),
)  # fmt: skip
def test_no_text_holds_up_the_process(text: str) -> None:
    began = time.process_time()
    REDACTOR.text(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "token", ["ghp_" + "a" * 35, "github_pat_" + "b" * 20, "sk-ant-" + "c" * 12, "AKIA" + "D" * 15]
)
def test_a_token_that_was_cut_before_it_came_here_is_masked_too(token: str) -> None:
    assert mask_patterns(f"use {token}… for it") == f"use {MASK}… for it"
    assert mask_patterns("see ghp_… and AKIA…") == "see ghp_… and AKIA…"
