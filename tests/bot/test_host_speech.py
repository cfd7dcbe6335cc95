"""Whose words on the code host count, and as what: the rows of who may command that are decided before anybody is asked."""

from dataclasses import replace

import pytest

from bot.host_speech import host_press, host_speech
from bot.inbound import HostPress, HostSpeech
from integrations.github.inbound import ButtonPressed, Sender, Wrote
from integrations.types.code_host import Role
from tasks.domain.remarks import PROGRAM, Place

BEN = Sender("ben", 9, "User")
COMMENT = Wrote("d-1", "acme/api", 812, True, "comment", 5, "@sortie hold", BEN)
INLINE = replace(COMMENT, place="inline", body="Rename it.", path="a.py", line=3, thread=5, review=60)
REVIEW = replace(COMMENT, place="review", body="", state="commented")


def heard(wrote: Wrote, allowed: tuple[int, ...] = ()) -> HostSpeech:
    said = host_speech(wrote, "digest", allowed)
    assert isinstance(said, HostSpeech)
    return said


def test_a_command_carries_what_it_needs_and_an_account_by_its_id() -> None:
    remark = heard(COMMENT).remark
    assert (remark.verb, remark.needs, remark.by.id, remark.by.name) == ("hold", Role.write, "9", "ben")
    assert heard(replace(COMMENT, body="@sortie stop")).remark.needs is Role.triage
    assert heard(replace(COMMENT, body="@sortie waive #3 fine")).remark.owner


def test_a_line_comment_is_a_remark_without_a_command_and_asks_for_write_access() -> None:
    remark = heard(INLINE).remark
    assert (remark.place, remark.verb, remark.needs, remark.path, remark.thread) == (
        Place.inline,
        "",
        Role.write,
        "a.py",
        5,
    )


def test_an_approval_is_heard_even_without_words() -> None:
    assert heard(replace(REVIEW, state="approved")).remark.state == "approved"


@pytest.mark.parametrize(
    "wrote",
    [
        REVIEW,
        replace(COMMENT, sender=Sender("renovate[bot]", 77, "Bot")),
        replace(COMMENT, sender=Sender("sortie[bot]", 78, "Bot")),
        replace(COMMENT, by_app=True),
        replace(COMMENT, body="<!-- sortie run=R-1 kind=answer to=comment:5 -->\n@sortie hold"),
        replace(INLINE, body="<!-- sortie run=R-1 kind=finding -->\n**Security (blocking):** It leaks."),
    ],
    ids=["an empty review", "another bot", "our bot", "in a person's name", "ours", "a finding"],
)  # fmt: skip
def test_everything_else_is_nobodys_order(wrote: Wrote) -> None:
    assert isinstance(host_speech(wrote, "digest", ()), str)


@pytest.mark.parametrize(
    "body",
    ["LGTM, cc @sortie", "> @sortie stop", "```\n@sortie stop\n```"],
    ids=["in passing", "quoted", "code"],
)
def test_a_name_that_begins_no_line_is_no_command(body: str) -> None:
    assert heard(replace(COMMENT, body=body)).remark.verb == ""


def test_a_program_counts_by_its_accounts_id_and_never_by_a_name() -> None:
    program = replace(COMMENT, sender=Sender("ci[bot]", 77, "Bot"))
    remark = heard(program, (77,)).remark
    assert (remark.by.provider, remark.needs) == (PROGRAM, Role.none)
    assert isinstance(host_speech(replace(program, sender=Sender("ci[bot]", 78, "Bot")), "x", (77,)), str)


def test_the_same_comment_under_another_delivery_is_the_same() -> None:
    again = heard(replace(COMMENT, delivery_id="d-2"))
    assert again.delivery.semantic_key == heard(COMMENT).delivery.semantic_key
    assert heard(replace(COMMENT, id=6)).delivery.semantic_key != again.delivery.semantic_key


PRESS = ButtonPressed("d-1", "acme/api", "a" * 40, 5, "R-1042:review", "fix", BEN)


def test_a_button_is_the_command_it_stands_for_at_its_own_head() -> None:
    pressed = host_press(PRESS, "ab" * 32)
    assert isinstance(pressed, HostPress) and pressed.run_id == "R-1042"
    remark = pressed.remark
    assert (remark.place, remark.verb, remark.needs, remark.head) == (
        Place.button,
        "fix findings",
        Role.write,
        "a" * 40,
    )
    assert remark.by.id == "9" and pressed.delivery.semantic_key == "body:" + "ab" * 32


@pytest.mark.parametrize(
    "press",
    [
        replace(PRESS, action="deploy"),
        replace(PRESS, external_id="R-1042:run"),
        replace(PRESS, sender=Sender("renovate[bot]", 77, "Bot")),
    ],
    ids=["unknown", "another check", "a program"],
)
def test_other_buttons_and_other_hands_are_none_of_ours(press: ButtonPressed) -> None:
    assert isinstance(host_press(press, "ab" * 32), str)
