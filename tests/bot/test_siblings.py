"""Another pull request with the head of one of ours is news to that run, and to no other (SECURITY D8)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.inbound import Delivery, PullRequestChanged
from bot.routed import Fact, Ignored, Known
from bot.routes.github import arrival
from bot.routing import route
from integrations.github.webhook import parse_event
from tasks.domain.effects import effects_of
from tasks.domain.facts import HeadShared, PullRequestMoved
from tasks.domain.run import Run
from tasks.settings import GitHubSettings
from tests.support.histories import ONE, TO_PR, TO_READY, TWO, Story
from tests.support.requests import NOON

RUN = Story(*TO_READY).run


def changed(
    number: int, *, head: str = ONE, repo: str = "acme/api", elsewhere: bool = True
) -> PullRequestChanged:
    return PullRequestChanged(Delivery("github", "d-1"), repo, number, "open", False, head, "eve", elsewhere)


def becomes(change: PullRequestChanged, *runs: Run) -> object:
    routed = route(change, Known(runs, False, NOON + timedelta(seconds=5), 1800))
    return routed.event if isinstance(routed, Fact) else type(routed)


def test_another_pull_request_with_our_head_is_heard_of_and_our_own_or_any_other_is_not() -> None:
    assert becomes(changed(9), RUN) == HeadShared(9)
    assert becomes(changed(9, elsewhere=False), RUN) == HeadShared(9)
    assert becomes(changed(812), RUN) is Ignored
    assert isinstance(becomes(changed(812, elsewhere=False), RUN), PullRequestMoved)
    assert becomes(changed(9, head=TWO), RUN) is Ignored
    assert becomes(changed(9, repo="acme/web"), RUN) is Ignored
    assert becomes(changed(9), replace(RUN, pr=None)) is Ignored


@pytest.mark.parametrize(
    ("action", "heard"),
    [
        ("opened", True),
        ("edited", True),
        ("closed", True),
        ("synchronize", True),
        ("reopened", True),
        ("labeled", False),
    ],
)
def test_what_github_tells_of_a_pull_request(action: str, heard: bool) -> None:
    pull = {"number": 9, "state": "open", "head": {"sha": ONE, "ref": "x"}, "base": {"ref": "release"}}
    told = {
        "action": action,
        "pull_request": pull,
        "repository": {"full_name": "acme/api"},
        "sender": {"login": "eve"},
    }
    found = arrival(parse_event("pull_request", "d-1", told), b"raw", GitHubSettings())
    assert isinstance(found, PullRequestChanged) is heard
    if isinstance(found, PullRequestChanged):
        assert found.elsewhere_only is (action in ("opened", "edited"))


def test_the_checks_that_would_be_borrowed_are_written_again_and_nothing_else_happens() -> None:
    for told, kinds in ((TO_READY, ["host.approval", "host.verdicts"]), (TO_PR, ["host.approval"])):
        story = Story(*told)
        before = story.run
        run = story.tell(HeadShared(9))
        assert [e.kind for e in effects_of(before, HeadShared(9), run)] == kinds
        assert replace(run, seq=before.seq) == before
