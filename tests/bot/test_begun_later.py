"""What begins later: with the account its requester had when they asked, or once they have one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.inbound import Delivery, Pointed
from bot.routed import DraftKept, Known
from bot.routing import route
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.request import Account, Person
from tests.support.requests import NOON

ADA = Person("slack", "T1", "U1")
HERE = MessageRef("C1", "1.0")
POINTED = Pointed(Delivery("slack", "s1"), ADA, HERE, ThreadRef("T1", "C1", "1.0"), "Eve", "it is broken")


@pytest.mark.parametrize("login", ["ada", ""])
def test_a_form_keeps_whose_it_is(login: str) -> None:
    known = Known((), bool(login), NOON + timedelta(seconds=5), 1800, login=login, account_id=7)
    routed = route(replace(POINTED), known)
    assert isinstance(routed, DraftKept)
    assert routed.draft.request.account == (Account("ada", 7) if login else None)
