"""A request handed to whoever may start it: by its author alone, once, and as the request of whoever presses."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.inbound import Delivery, Press
from bot.routed import HandedOver, Ignored, Invited, Kept, Known, NewRun, Routed
from bot.routing import route
from integrations.types.chat import ThreadRef
from tasks.domain.decisions import Refused
from tasks.domain.request import Account, Person
from tasks.domain.run import Run, RunState
from tests.support.histories import Story
from tests.support.requests import NOON

THREAD = ThreadRef("T1", "C1", "1795185120.000100")
ADA, BEN = Person("slack", "T1", "U1", "ada"), Person("slack", "T1", "U2")


def declined(code: str = "AUTH-003") -> Run:
    return Story(Refused(code, "No.")).run


def pressed(
    action: str, *runs: Run, by: Person = ADA, login: str = "ben", restricted: bool = False
) -> Routed:
    press = Press(Delivery("slack", "1"), by, THREAD, action, runs[-1].id, restricted=restricted)
    known = Known(runs, bool(login), NOON + timedelta(minutes=9), 1800, login=login, account_id=9)
    return route(press, known)


def test_whoever_asked_may_ask_the_team_and_nobody_else_for_them() -> None:
    run = declined()
    assert pressed("rq_ask", run) == HandedOver(run)
    assert isinstance(pressed("rq_ask", run, by=BEN), Ignored)
    assert isinstance(pressed("rq_ask", run, restricted=True), Ignored)


@pytest.mark.parametrize("code", ["AUTH-001", "AUTH-002", "REQ-002", "REPO-002"])
@pytest.mark.parametrize("action", ["rq_ask", "rq_start"])
def test_nothing_is_handed_over_but_what_only_a_role_stood_in_the_way_of(code: str, action: str) -> None:
    assert isinstance(pressed(action, declined(code)), Ignored)


def test_it_starts_as_the_request_of_whoever_pressed_with_their_account_and_their_clock() -> None:
    run = declined()
    routed = pressed("rq_start", run, by=BEN)
    assert isinstance(routed, NewRun)
    asked = routed.request
    assert (asked.requester, asked.account, asked.text) == (BEN, Account("ben", 9), run.request.text)
    assert asked.kept, "the lock of the refusal stands on the message"
    assert asked.place == run.request.place and asked.received_at == NOON + timedelta(minutes=9)
    kept = pressed("rq_start", run, by=BEN, login="")
    assert isinstance(kept, Kept) and kept.request.requester == BEN


@pytest.mark.parametrize(
    ("state", "starts"),
    [
        (RunState.coding, False),
        (RunState.ready, False),
        (RunState.declined, True),
        (RunState.cancelled, True),
    ],
)
def test_what_has_begun_does_not_begin_again(state: RunState, starts: bool) -> None:
    other = replace(declined(), id="R-1043", state=state)
    assert isinstance(pressed("rq_start", other, declined(), by=BEN), NewRun) is starts


def test_another_account_is_offered_to_whoever_presses() -> None:
    routed = pressed("acct_other", declined("AUTH-002"))
    assert isinstance(routed, Invited) and routed.by == ADA and routed.place.thread == THREAD
