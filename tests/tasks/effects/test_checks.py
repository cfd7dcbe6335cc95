"""What checks of others say of a person's pull request: what was red before, and which other pull requests have its head."""

from dataclasses import replace
from typing import Any, cast

import pytest

from integrations.types.code_host import ChecksSnapshot, CheckState, Conclusion, PullRequest
from tasks.domain.decisions import Accepted, Provisioned, RepoChosen, Titled
from tasks.domain.request import Deliver
from tasks.domain.results import PullSeen
from tasks.domain.run import Run
from tasks.effects.checks import seen, siblings
from tasks.effects.ports import OutsidePorts
from tasks.messages.words import Links
from tests.support.histories import BASE, ONE, TWO, Story, inspected
from tests.support.requests import asked_there
from tests.tasks.outside import Outside

RED = CheckState("tests", Conclusion.failure)
PULL = PullSeen(12, "http://host/12", True, ONE, "feature", True, 9, TWO)


def theirs(deliver: Deliver) -> Run:
    """Work on, or a review of, pull request #12, whose head is ONE and which left the base branch at TWO."""
    verb = "review" if deliver is Deliver.findings else "request"
    chosen = RepoChosen("acme/api", "asked there", None, "ben")
    found = replace(inspected(), login="ben", user_id=9, pull=PULL)
    made = Provisioned(ONE, (), True, "full")
    events = (chosen, found, Accepted(deliver), Titled("Return 422"), made)
    return Story(*events, first=asked_there(verb, on_pull=True, deliver=deliver)).run


def ports(outside: Outside) -> OutsidePorts:
    world = cast(Any, outside)
    return OutsidePorts(chat=world, code_host=world, workspaces=world, links=Links("http://s"))


@pytest.mark.parametrize(("red_at", "before"), [(BASE, ("tests",)), (ONE, ()), (TWO, ())])
def test_only_what_is_red_on_the_base_branch_was_red_before(red_at: str, before: tuple[str, ...]) -> None:
    run = theirs(Deliver.existing_pr)
    assert run.base_oid == run.head_oid == ONE
    outside = Outside(checks_at={red_at: (RED,)})
    snapshot = ChecksSnapshot(ONE, (RED,), True)
    assert seen(run, snapshot, ports(outside), patient=True).base_red == before


def pull(number: int, base: str, *, state: str = "open", head: str = ONE) -> PullRequest:
    return PullRequest(number, f"http://host/{number}", head, "feature", base, False, state, False)


@pytest.mark.parametrize("deliver", [Deliver.findings, Deliver.existing_pr])
def test_a_review_knows_what_else_would_take_its_head_into_another_branch(deliver: Deliver) -> None:
    run = replace(theirs(deliver), review_head=ONE)
    others = [pull(12, "main"), pull(13, "main"), pull(14, "release"), pull(15, "old", state="closed")]
    found = siblings(run, ports(Outside(pulls=[*others, pull(16, "release", head=TWO)])))
    assert [p.number for p in found] == [14]
