"""What `/sortie …` means, who may see and do what with it, and what nothing is started for: the pure rules."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.inbound import Delivery, Typed
from bot.routed import DraftKept, Fact, Ignored, Invited, Kept, Known, NewRun, Routed, Unlinked
from bot.routing import route
from tasks.domain.channel import ChannelSettings
from tasks.domain.facts import PressedInChat, RetryRequested, StopRequested
from tasks.domain.request import Channel, ChannelPlace, Person
from tasks.domain.run import Run, RunState
from tasks.domain.sla import Clock
from tests.support.requests import NOON, a_request

ADA, BEN = Person("slack", "T1", "U1"), Person("slack", "T1", "U2")


def typed(text: str, *, by: Person = ADA, channel: str = "C1", restricted: bool = False) -> Typed:
    return Typed(Delivery("slack", "command:1"), by, text, channel, restricted)


def a_run(state: RunState = RunState.coding) -> Run:
    return Run("R-1001", 5, a_request(), "Return 422", Clock(NOON, 1800), state=state, repo="acme/api")


def known(*runs: Run, login: str = "ada", channel: ChannelSettings | None = None) -> Known:
    made = Known(runs, bool(login), NOON + timedelta(seconds=5), 1800, login=login)
    return replace(made, channel=channel) if channel else made


def said(routed: Routed) -> str:
    assert isinstance(routed, Ignored) and routed.reply is not None
    return routed.reply.text


def test_words_begin_a_run_that_gets_a_thread_of_its_own_in_that_channel() -> None:
    defaults = ChannelSettings(repo="acme/web")
    routed = route(typed("fix flaky test_checkout base=dev sla=60m plan"), known(channel=defaults))
    assert isinstance(routed, NewRun) and routed.reply and "in this channel" in routed.reply.text
    request = routed.request
    assert request.place == ChannelPlace("T1", "C1") and request.chat is None
    assert (request.channel, request.sla_s, request.hints.channel) == (
        Channel.slack_command,
        3600,
        "acme/web",
    )
    assert (request.options.base, request.options.plan) == ("dev", True)
    assert routed.title == "fix flaky test_checkout"


def test_in_a_direct_message_the_thread_opens_there() -> None:
    routed = route(typed("fix it", channel="D1"), known())
    assert isinstance(routed, NewRun) and routed.request.place == ChannelPlace("T1", "")


@pytest.mark.parametrize("text", ["fix it sla=banana", "fix it repo=acme", "fix it plan=maybe"])
def test_an_option_that_cannot_be_read_starts_nothing_and_says_why_with_its_code(text: str) -> None:
    answer = said(route(typed(text), known()))
    assert answer.startswith("Nothing was started") and "REQ-010" in answer


@pytest.mark.parametrize("text", ["", "  ", "mine", "MINE"])
def test_alone_it_lists_ones_own_runs(text: str) -> None:
    routed = route(typed(text), known(a_run()))
    assert isinstance(routed, Ignored) and routed.reply and routed.reply.content
    assert "1 run under way" in routed.reply.text
    assert "no runs yet" in said(route(typed(text), known()))


def test_a_verb_counts_only_alone_or_before_a_run() -> None:
    assert isinstance(route(typed("stop using moment.js"), known()), NewRun)
    assert "Which one?" in said(route(typed("stop"), known(a_run())))
    stopped = route(typed("stop R-1001"), known(a_run()))
    assert isinstance(stopped, Fact) and stopped.event == StopRequested(ADA)
    retried = route(typed("retry 1001"), known(a_run(RunState.failed)))
    assert isinstance(retried, Fact) and retried.event == RetryRequested(ADA)
    status = route(typed("status R-1001"), known(a_run()))
    assert isinstance(status, Ignored) and status.reply and status.reply.card_of == "R-1001"


def test_what_does_not_fit_the_run_changes_nothing() -> None:
    assert "already done" in said(route(typed("stop R-1001"), known(a_run(RunState.merged))))
    assert "nothing to retry" in said(route(typed("retry R-1001"), known(a_run())))
    nobody = known(a_run(RunState.failed), login="")
    assert "linked GitHub account" in said(route(typed("retry R-1001", by=BEN), nobody))
    asked = route(typed("retry R-1001", by=BEN), known(a_run(RunState.failed), login="ben"))
    assert isinstance(asked, Fact) and asked.event == PressedInChat(BEN, "ben", "retry")


def test_what_somebody_without_an_account_asks_for_waits_for_one() -> None:
    routed = route(typed("fix it"), known(login=""))
    assert isinstance(routed, Kept) and routed.request.text == "fix it"
    assert isinstance(route(typed("link"), known(login="")), Invited)
    assert isinstance(route(typed("unlink"), known()), Unlinked)


@pytest.mark.parametrize("verb", ["status", "stop", "retry"])
def test_a_run_of_another_channel_is_not_shown_to_anybody_else(verb: str) -> None:
    answer = said(route(typed(f"{verb} R-1001", by=BEN, channel="C2"), known(a_run(), login="ben")))
    assert answer == "There is no R-1001 in this channel."
    elsewhere = route(typed(f"{verb} R-1001", channel="C2"), known(a_run(RunState.failed)))
    assert "There is no" not in (said(elsewhere) if isinstance(elsewhere, Ignored) else "")


@pytest.mark.parametrize("text", ["fix it", "stop R-1001", "", "kill-switch on"])
def test_guests_start_and_stop_nothing_and_hear_of_no_run(text: str) -> None:
    assert "Guests" in said(route(typed(text, restricted=True), known(a_run(), login="ada")))


def test_several_lines_are_asked_about_before_anything_begins() -> None:
    routed = route(typed("fix the login\nbump httpx"), known(login="ada"))
    assert isinstance(routed, DraftKept) and routed.draft.items == ("fix the login", "bump httpx")
    assert routed.reply and routed.reply.content and routed.effects == ()


def test_help_is_for_everybody_and_says_that_threads_have_no_slash_commands() -> None:
    answer = said(route(typed("help", restricted=True), known()))
    assert "threads" in answer and len(answer.splitlines()) <= 8
