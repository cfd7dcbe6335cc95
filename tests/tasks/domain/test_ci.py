"""Whose a red CI is, by CI's own results on base and head; and what a person may have us do about one that stays red."""

from dataclasses import replace
from datetime import timedelta

import pytest

from integrations.types.chat import MessageRef
from integrations.types.code_host import CheckState, Conclusion, Role
from tasks.domain import presses
from tasks.domain.decisions import CiJudged, Failed
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import CiChanged, HeadMoved, PressedInChat, PullRequestMoved
from tasks.domain.next_action import next_action
from tasks.domain.next_step import Decide, Do, Rest, left, next_step
from tasks.domain.remarks import Foreign, Standing
from tasks.domain.request import Person
from tasks.domain.results import BranchPushed, ChecksSeen, MadeReady, PermissionSeen, Posted
from tasks.domain.run import Run, RunState
from tasks.messages import words
from tasks.messages.cannot_fix import verdicts
from tests.support.histories import ONE, POLICY, TO_PR, TO_READY, TWO, Story

GREEN, RED, PENDING = Conclusion.success, Conclusion.failure, Conclusion.pending
BEN = Person("slack", "T1", "U2")


def seen(*, base_red: tuple[str, ...] = (), settled: bool = True, **checks: Conclusion) -> ChecksSeen:
    listed = tuple(CheckState(name, conclusion, f"https://ci/{name}") for name, conclusion in checks.items())
    return ChecksSeen(ONE, listed, settled, (("lint", "E501"), ("e2e", "timeout")), base_red)


def after(*events: Event) -> Run:
    return Story(*TO_PR, *events).run


def step(*events: Event) -> object:
    story = Story(*TO_PR, *events)
    return next_step(story.run, POLICY, story.now + timedelta(hours=1))


def test_what_is_red_on_the_base_too_is_not_repaired_and_not_called_green() -> None:
    old = seen(lint=GREEN, e2e=RED, base_red=("e2e",))
    assert step(old) == Decide(CiJudged(ONE, "red_before"))
    run = after(old, CiJudged(ONE, "red_before"))
    assert (run.state, run.ci_result, run.ci_round) == (RunState.reviewing, "red_before", 0)
    assert not words.turned_green(run) and not run.ci_is_newly_red


def test_one_new_failure_is_repaired_and_only_its_log_is_read() -> None:
    both = seen(lint=RED, e2e=RED, base_red=("e2e",))
    assert step(both) == Decide(CiJudged(ONE, "red", "lint:\nE501", 2))


def test_a_check_that_failed_and_passed_on_one_head_is_flaky_and_a_new_head_forgets_it() -> None:
    run = after(seen(lint=RED), seen(lint=GREEN))
    assert run.flaky_checks == ("lint",)
    assert after(seen(lint=GREEN), seen(lint=RED)).flaky_checks == ("lint",)
    assert after(seen(lint=RED), seen(lint=PENDING, settled=False), seen(lint=RED)).flaky_checks == ()
    assert after(seen(lint=RED), BranchPushed("sortie/R-1042-x", TWO)).flaky_checks == ()
    assert after(seen(lint=RED), ChecksSeen(TWO, (CheckState("lint", GREEN),), True)).flaky_checks == ()


def test_a_rerun_that_passes_ends_a_repair_that_is_no_longer_needed() -> None:
    red = (seen(lint=RED), CiJudged(ONE, "red", "lint"))
    assert step(*red) == Do("code")
    assert step(*red, seen(lint=GREEN)) == Decide(CiJudged(ONE, "green"))
    assert after(*red, seen(lint=GREEN), CiJudged(ONE, "green")).state is RunState.reviewing


@pytest.mark.parametrize(
    ("events", "line"),
    [
        ((seen(a=GREEN, b=GREEN, c=PENDING, settled=False),), "CI running (2 of 3)"),
        ((seen(a=GREEN, b=GREEN), CiJudged(ONE, "green")), "CI 2 of 2 passed"),
        ((seen(lint=RED, a=GREEN), CiJudged(ONE, "red", "x", 3)), "CI failed: lint, fixing (round 1 of 3)"),
        ((seen(e2e=RED, a=GREEN, base_red=("e2e",)),), "CI red before us: e2e (also red on main)"),
        ((seen(a=Conclusion.action_required),), "CI waiting for a maintainer to approve the run"),
        ((seen(), CiJudged(ONE, "none")), "No CI in this repo"),
        ((seen(lint=RED, e2e=RED, base_red=("e2e",)),), "CI failed: lint"),
    ],
)
def test_the_line_says_it_in_the_words_of_the_catalogue(events: tuple[Event, ...], line: str) -> None:
    assert words.ci_words(after(*events)) == line


GIVEN_UP: tuple[Event, ...] = (
    seen(lint=RED, e2e=GREEN), seen(lint=RED, e2e=RED, docs=RED, base_red=("docs",)),
    CiJudged(ONE, "red", "lint:\nE501", 2), Failed("CI-003", "lint still fails after 2 rounds."),
)  # fmt: skip


def last(*events: Event) -> tuple[Run, list[tuple[str, dict[str, str]]]]:
    story = Story(*TO_PR, *events[:-1])
    before = story.run
    run = story.tell(events[-1])
    return run, [(e.kind, dict(e.data)) for e in effects_of(before, events[-1], run)]


def test_giving_up_on_ci_has_a_post_of_its_own_that_says_whose_each_failure_is() -> None:
    run, written = last(*GIVEN_UP)
    assert ("chat.post", {"name": "M19"}) in written and ("chat.post", {"name": "M8"}) not in written
    assert verdicts(run) == (
        ("lint", "ours (it is not red on the base)"),
        ("e2e", "flaky (it failed and passed on this same commit)"),
        ("docs", "red before us (also red on main)"),
    )


def kept(*more: Event) -> tuple[Event, ...]:
    press = PressedInChat(BEN, "ben", "keep trying")
    seq = len(TO_PR) + len(GIVEN_UP) + 3
    return (
        *GIVEN_UP, Posted("M19", MessageRef("C1", "9.0")), press,
        PermissionSeen(f"chat:{seq}", "ben", 9, Role.write), *more,
    )  # fmt: skip


@pytest.mark.parametrize("by", ["U1", "U2"])
@pytest.mark.parametrize("role", [Role.none, Role.read, Role.triage])
def test_keep_trying_needs_write_of_whoever_presses_the_requester_too(by: str, role: Role) -> None:
    seq = len(TO_PR) + len(GIVEN_UP) + 2
    press = PressedInChat(Person("slack", "T1", by), "ada", "keep trying")
    run, written = last(*GIVEN_UP, press, PermissionSeen(f"chat:{seq}", "ada", 7, role))
    assert run.remarks[-1].standing is Standing.refused and [kind for kind, _ in written] == ["chat.whisper"]
    assert (run.state, run.granted_ci) == (RunState.failed, 0)


def test_keep_trying_is_offered_only_where_ci_was_given_up() -> None:
    given_up = Story(*TO_PR, *GIVEN_UP).run
    assert given_up.failure is not None and presses.fits(given_up, presses.KEEP)
    other = replace(given_up.failure, code="AGT-007")
    for run in (
        replace(given_up, failure=other),
        replace(given_up, failure=None),
        replace(given_up, ci_result="green"),
        replace(given_up, pr=None),
        replace(given_up, foreign=Foreign(TWO)),
        *(replace(given_up, state=state) for state in RunState if state is not RunState.failed),
    ):
        assert not presses.fits(run, presses.KEEP)


def test_keep_trying_grants_one_more_round_and_no_more() -> None:
    run, written = last(*kept())
    assert run.ci_rounds == Story(*TO_PR, *GIVEN_UP).run.ci_rounds + 1
    assert (run.state, run.granted_ci, run.failure, run.ended_at) == (RunState.ci_fixing, 1, None, None)
    assert ("chat.settle", {"name": "M19", "answer": "keep trying", "by": "U2"}) in written
    assert step(*kept()) == Do("code")
    story = Story(*TO_PR, *kept())
    for _ in range(run.ci_round, 4):
        story.run = replace(story.run, state=RunState.pr_open)
        story.tell(CiJudged(ONE, "red", "x", 3))
    given_up = next_step(story.run, POLICY, story.now)
    assert isinstance(given_up, Decide) and isinstance(given_up.event, Failed)
    assert given_up.event.happened == "lint, e2e still fails after 3 rounds."


def test_keep_trying_finds_a_rerun_that_passed_and_works_on_nothing() -> None:
    green = seen(lint=GREEN, e2e=GREEN)
    assert step(*kept(green)) == Decide(CiJudged(ONE, "green"))


def test_a_pull_request_that_is_closed_takes_the_buttons_of_that_post_along() -> None:
    run, written = last(*kept()[:-2], PullRequestMoved(812, "closed", False, ONE, "ben"))
    assert run.state is RunState.closed and ("chat.amend", {"name": "M19"}) in written


def ready(*events: Event) -> Story:
    return Story(*TO_READY, *events)


def test_ci_that_turns_red_after_all_is_repaired_and_nobody_is_sent_to_review_meanwhile() -> None:
    story = ready(seen(lint=RED))
    assert next_action(story.run).reason == "review_pr"
    due = next_step(story.run, POLICY, story.now)
    assert due == Decide(CiJudged(ONE, "red", "lint:\nE501", 2))
    story.tell(CiJudged(ONE, "red", "lint:\nE501", 2))
    assert (story.run.state, story.run.ci_round) == (RunState.ci_fixing, 1)
    assert next_action(story.run).reason == "none" and next_step(story.run, POLICY, story.now) == Do("code")


@pytest.mark.parametrize(
    "news",
    [
        (seen(lint=GREEN),),
        (seen(lint=PENDING, settled=False),),
        (seen(lint=RED, base_red=("lint",)),),
        (seen(lint=RED), HeadMoved(TWO)),
        (seen(lint=RED), CiChanged(ONE)),
    ],
    ids=["green", "running", "red before us", "somebody else's head", "something newer is out"],
)
def test_a_ready_run_rests_whatever_else_ci_says(news: tuple[Event, ...]) -> None:
    story = ready(*news)
    assert next_step(story.run, POLICY, story.now) == Rest()


def test_a_late_word_that_ci_is_green_moves_nothing() -> None:
    story = ready(seen(lint=GREEN), CiJudged(ONE, "green"))
    assert story.run.state is RunState.ready


def test_ready_again_after_such_a_repair_amends_the_post_and_a_failure_speaks_of_no_draft() -> None:
    story = ready(Posted("M6", MessageRef("C1", "9.0")), seen(lint=RED), CiJudged(ONE, "red", "E501", 2))
    again = Story(
        *TO_READY, Posted("M6", MessageRef("C1", "9.0")), seen(lint=RED), CiJudged(ONE, "red", "", 2)
    ).run
    reviewing = replace(again, state=RunState.reviewing)
    kinds = [e.kind for e in effects_of(reviewing, MadeReady(812), replace(again, state=RunState.ready))]
    assert "chat.amend" in kinds and "chat.post" not in kinds
    assert left(story.run).startswith("PR #812 ")


def test_green_again_on_a_head_that_the_lenses_passed_takes_it_out_of_draft_again() -> None:
    story = ready(seen(lint=RED), CiJudged(ONE, "red", "E501", 2), seen(lint=GREEN))
    green = CiJudged(ONE, "green")
    assert next_step(story.run, POLICY, story.now) == Decide(green)
    before = story.run
    kinds = [e.kind for e in effects_of(before, green, story.tell(green))]
    assert story.run.state is RunState.reviewing and "host.ready" in kinds


def test_on_the_way_to_the_lenses_nothing_is_made_ready() -> None:
    story = Story(*TO_PR, seen(lint=GREEN))
    before, green = story.run, CiJudged(ONE, "green")
    assert "host.ready" not in [e.kind for e in effects_of(before, green, story.tell(green))]
