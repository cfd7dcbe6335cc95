"""Who may say what on a pull request: what the host answers about an account decides, and nothing it calls itself."""

from dataclasses import replace

import pytest

from integrations.types.code_host import Role
from tasks.domain.commands import BY_VERB, COMMANDS, CommandSpec, Where, typed_in
from tasks.domain.decisions import Disputed, Failed
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import CiChanged, PullRequestMoved, Remarked, RetryRequested, StopRequested
from tasks.domain.folds.talk import meaning
from tasks.domain.remarks import Place, Remark, Standing, Why, refusal
from tasks.domain.request import Person
from tasks.domain.results import PermissionSeen
from tasks.domain.run import ENDED, Run, RunState
from tasks.domain.verdict import Status
from tasks.messages import talk
from tasks.messages.words import Links
from tests.support.histories import ONE, TO_PR, TO_READY, Story, checks, review

BEN = Person("github", "github", "9", "ben")
WRITES = {Role.write, Role.maintain, Role.admin}
MAY: dict[str, set[Role]] = {
    "request": WRITES,
    "review": WRITES,
    "fix findings": WRITES,
    "fix ci": WRITES,
    "fix conflicts": WRITES,
    "rebase": WRITES,
    "retry": WRITES,
    "hold": WRITES,
    "unhold": WRITES,
    "waive": WRITES,
    "stop": WRITES | {Role.triage},
    "explain": WRITES | {Role.triage, Role.read},
    "status": WRITES | {Role.triage, Role.read},
    "help": WRITES | {Role.triage, Role.read},
}
"""UX §9.1 and SECURITY §5.3: who may use which command."""


def said(spec: CommandSpec, words: str = "") -> Remark:
    return Remark(Place.comment, 50, BEN, f"@sortie {spec.usage}", spec.verb, words, spec.needs, spec.owner)


def seen(what: Remark, *, role: Role = Role.write, user_id: int = 9, owner: bool = True) -> PermissionSeen:
    return PermissionSeen(what.key, "ben", user_id, role, owner)


def after(before: tuple[Event, ...], what: Remark, answer: PermissionSeen | None = None) -> Run:
    return Story(*before, Remarked(812, what), answer or seen(what)).run


def stands(run: Run) -> tuple[Standing, str]:
    found = run.heard("comment:50")
    assert found is not None
    return found.standing, found.why


# --- the answer alone -------------------------------------------------------------------------------------------------


def test_every_command_has_its_row() -> None:
    assert set(MAY) == {spec.verb for spec in typed_in(Where.pull)}


@pytest.mark.parametrize("spec", typed_in(Where.pull), ids=lambda spec: spec.verb)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_use_a_command_or_not(spec: CommandSpec, role: Role) -> None:
    """D1: the matrix of roles and commands."""
    why = refusal(said(spec), role=role, user_id=9, owner=True)
    assert why == ("" if role in MAY[spec.verb] else Why.role)


@pytest.mark.parametrize("spec", typed_in(Where.pull), ids=lambda spec: spec.verb)
def test_an_account_is_its_id_and_that_is_looked_at_first(spec: CommandSpec) -> None:
    for role in Role:
        assert refusal(said(spec), role=role, user_id=10, owner=True) == Why.account
        assert refusal(said(spec), role=role, user_id=0, owner=True) == Why.account


def test_a_code_owner_is_asked_for_only_where_the_command_says_so() -> None:
    for spec in typed_in(Where.pull):
        why = refusal(said(spec), role=Role.admin, user_id=9, owner=False)
        assert why == (Why.owner if spec.verb == "waive" else "")
    waive = said(BY_VERB["waive"])
    assert refusal(waive, role=Role.read, user_id=9, owner=False) == Why.role
    assert refusal(waive, role=Role.write, user_id=9, owner=True) == ""


@pytest.mark.parametrize(
    ("role", "why"), [(Role.none, Why.role), (Role.read, Why.elsewhere), (Role.admin, Why.elsewhere)]
)
def test_the_kill_switch_is_turned_by_nobody_on_a_pull_request(role: Role, why: Why) -> None:
    spec = BY_VERB["kill-switch"]
    run = after(TO_READY, said(spec, "kill-switch on"), seen(said(spec, "kill-switch on"), role=role))
    assert stands(run) == (Standing.refused, why) and not run.waiting_remarks()
    _, told = talk.answer(run, run.remarks[-1], links=Links("http://s"))
    assert ("in the chat" in told and "sortie kill-switch" in told) is (why is Why.elsewhere)


# --- what an allowed command does -------------------------------------------------------------------------------------

DISPUTED: tuple[Event, ...] = (*TO_PR, *review(ONE, 2, "blocked"), Disputed(ONE))
FAILED: tuple[Event, ...] = (*TO_PR, Failed("CI-003", "no"))
STOPPED: tuple[Event, ...] = (*TO_PR, StopRequested(BEN))
FOREIGN: tuple[Event, ...] = (*TO_READY, PullRequestMoved(812, "open", False, "3" * 40, "ben"))
MERGED: tuple[Event, ...] = (*TO_READY, PullRequestMoved(812, "closed", True, ONE))
SITUATIONS = {
    "at work": TO_PR,
    "ready": TO_READY,
    "disputed": DISPUTED,
    "failed": FAILED,
    "stopped": STOPPED,
    "their commits": FOREIGN,
    "merged": MERGED,
}
WHAT_COMES_OF_IT: dict[str, dict[str, str]] = {
    "request": {"at work": "waiting", "ready": "waiting", "disputed": "waiting", "failed": "moot over",
                "stopped": "moot over", "their commits": "waiting", "merged": "moot over"},
    "review": {"at work": "moot not_now", "ready": "done", "disputed": "done", "failed": "moot not_now",
               "stopped": "moot not_now", "their commits": "moot not_now", "merged": "moot not_now"},
    "fix findings": {"at work": "moot not_now", "ready": "moot no_findings", "disputed": "waiting", "failed": "moot over",
                     "stopped": "moot over", "their commits": "moot human_commits", "merged": "moot over"},
    "fix ci": {"at work": "moot not_red", "ready": "moot not_red", "disputed": "moot not_red", "failed": "done",
               "stopped": "moot over", "their commits": "moot not_red", "merged": "moot over"},
    "fix conflicts": {"at work": "waiting", "ready": "waiting", "disputed": "waiting", "failed": "moot over",
                      "stopped": "moot over", "their commits": "waiting", "merged": "moot over"},
    "rebase": {"at work": "waiting", "ready": "waiting", "disputed": "waiting", "failed": "moot over",
               "stopped": "moot over", "their commits": "moot not_ours", "merged": "moot over"},
    "stop": {"at work": "done", "ready": "done", "disputed": "done", "failed": "moot over", "stopped": "moot over",
             "their commits": "done", "merged": "moot over"},
    "retry": {"at work": "moot not_over", "ready": "moot not_over", "disputed": "moot not_over", "failed": "done",
              "stopped": "done", "their commits": "done", "merged": "moot not_over"},
    "hold": dict.fromkeys(SITUATIONS, "done"),
    "unhold": dict.fromkeys(SITUATIONS, "moot already"),
    "status": dict.fromkeys(SITUATIONS, "done"),
    "help": dict.fromkeys(SITUATIONS, "done"),
}  # fmt: skip
"""Of a command that is allowed: done at once, waiting for a round, or moot and why."""


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("verb", WHAT_COMES_OF_IT)
def test_what_comes_of_an_allowed_command(verb: str, situation: str) -> None:
    standing, why = stands(after(SITUATIONS[situation], said(BY_VERB[verb])))
    assert f"{standing} {why}".strip() == WHAT_COMES_OF_IT[verb][situation]


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("spec", typed_in(Where.pull), ids=lambda spec: spec.verb)
def test_a_refused_command_changes_nothing_in_any_situation(spec: CommandSpec, situation: str) -> None:
    what = said(spec, "#1 it is fine")
    heard = Story(*SITUATIONS[situation], Remarked(812, what)).run
    for answer in (
        seen(what, role=Role.none),
        seen(what, role=Role.admin, user_id=10),
        seen(what, owner=False, role=Role.write if spec.owner else Role.none),
    ):
        run = after(SITUATIONS[situation], what, answer)
        assert stands(run)[0] is Standing.refused and stands(run)[1]
        assert meaning(heard, answer) is None
        kept = {"remarks": (), "seq": 0}
        assert replace(run, **kept) == replace(heard, **kept)  # type: ignore[arg-type]
        assert run.heard("comment:50") != heard.heard("comment:50")


MEANS: dict[str, dict[str, type[Event]]] = {
    "stop": dict.fromkeys(("at work", "ready", "disputed", "their commits"), StopRequested),
    "retry": dict.fromkeys(("failed", "stopped", "their commits"), RetryRequested),
    "fix ci": dict.fromkeys(("failed", "their commits"), RetryRequested),
    "fix conflicts": {"their commits": RetryRequested},
    "request": {"their commits": RetryRequested},
}


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("spec", typed_in(Where.pull), ids=lambda spec: spec.verb)
def test_a_command_means_what_people_can_say_in_the_chat_and_is_said_by_its_author(
    spec: CommandSpec, situation: str
) -> None:
    what = said(spec)
    heard = Story(*SITUATIONS[situation], Remarked(812, what)).run
    told = meaning(heard, seen(what))
    expected = MEANS.get(spec.verb, {}).get(situation)
    assert (type(told) if told else None) is expected
    if isinstance(told, StopRequested | RetryRequested):
        assert told.by == BEN


def test_an_answer_counts_once_and_only_for_what_was_said() -> None:
    what = said(BY_VERB["hold"])
    story = Story(*TO_READY, Remarked(812, what), seen(what, role=Role.read))
    assert story.tell(seen(what, role=Role.admin)).held_by is None, "asked and answered"
    assert meaning(story.run, seen(what, role=Role.admin)) is None
    other = replace(seen(what), remark="comment:51")
    assert meaning(story.run, other) is None and story.tell(other).held_by is None


def test_the_role_somebody_had_is_kept_beside_what_they_said() -> None:
    for role in (Role.read, Role.maintain):
        found = after(TO_READY, said(BY_VERB["hold"]), seen(said(BY_VERB["hold"]), role=role))
        heard = found.heard("comment:50")
        assert heard is not None and heard.role is role


def test_a_hold_is_by_somebody_and_a_second_one_or_a_second_end_of_it_is_moot() -> None:
    hold = said(BY_VERB["hold"])
    held = Story(*TO_READY, Remarked(812, hold), seen(hold))
    assert held.run.held_by == BEN
    again, end = replace(hold, id=51), replace(said(BY_VERB["unhold"]), id=52)
    held.tell(Remarked(812, again), seen(again))
    assert held.run.held_by == BEN
    found = held.run.heard("comment:51")
    assert found is not None and (found.standing, found.why) == (Standing.moot, Why.already)
    held.tell(Remarked(812, end), seen(end))
    found = held.run.heard("comment:52")
    assert held.run.held_by is None and found is not None and found.standing is Standing.done


# --- waivers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "came"),
    [
        ("#1 it is redacted upstream", "done"),
        ("1 it is redacted upstream", "done"),
        ("#1", "moot no_reason"),
        ("#1   ", "moot no_reason"),
        ("#2 fine", "moot no_finding"),
        ("#11 fine", "moot no_finding"),
        ("# fine", "moot no_finding"),
        ("", "moot no_reason"),
    ],
)
def test_a_waiver_names_an_open_finding_and_a_reason(words: str, came: str) -> None:
    run = after(DISPUTED, said(BY_VERB["waive"], words))
    standing, why = stands(run)
    assert f"{standing} {why}".strip() == came
    assert (run.state is RunState.disputed) is (came != "done")
    assert bool(run.waived) is (came == "done")


def test_a_waived_finding_is_closed_with_the_name_and_the_reason_and_settles_the_dispute() -> None:
    run = after(DISPUTED, said(BY_VERB["waive"], "#1   it is redacted upstream "))
    [finding] = [f for v in run.current_verdicts() for f in v.findings]
    assert (finding.status, finding.settled) == (Status.waived, "ben: it is redacted upstream")
    assert run.waived == "it is redacted upstream (ben)"
    assert (run.state, run.review_outcome) == (RunState.reviewing, "passed")


def test_a_waiver_outside_of_a_dispute_closes_the_finding_and_moves_nothing() -> None:
    revising = (*TO_PR, checks(), *review(ONE, 1, "blocked"))
    run = after(revising, said(BY_VERB["waive"], "#1 fine"))
    assert (run.state, run.waived) == (RunState.revising, "fine (ben)")
    assert run.open_findings() == ()


def test_one_waiver_of_two_leaves_the_other_open() -> None:
    two = Story(*DISPUTED)
    verdicts = tuple(
        replace(v, findings=(*v.findings, *(replace(f, number=2) for f in v.findings)))
        for v in two.run.verdicts
    )
    two.run = replace(two.run, verdicts=verdicts)
    what = said(BY_VERB["waive"], "#1 fine")
    run = two.tell(Remarked(812, what), seen(what))
    assert (run.state, run.waived, len(run.open_findings())) == (RunState.disputed, "", 1)


# --- and nothing on the way of it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.verb)
def test_before_the_host_has_answered_a_command_causes_one_question_and_nothing_else(
    spec: CommandSpec,
) -> None:
    what = said(spec, "#1 fine")
    story = Story(*DISPUTED)
    before = story.run
    run = story.tell(Remarked(812, what))
    effects = effects_of(before, Remarked(812, what), run)
    assert [e.kind for e in effects] == ["host.permission"]
    assert (run.state, run.held_by, run.waived, run.stopped_by) == (RunState.disputed, None, "", None)


def test_red_ci_is_worked_on_where_it_is_red_in_a_living_run() -> None:
    red = (*TO_READY, CiChanged(ONE), checks(ONE, checks().checks[0].conclusion.failure))
    assert stands(after(red, said(BY_VERB["fix ci"]))) == (Standing.waiting, "")
    assert stands(after((*red, StopRequested(BEN)), said(BY_VERB["fix ci"])))[0] is Standing.moot


def test_all_situations_are_what_they_are_called() -> None:
    states = {name: Story(*told).run for name, told in SITUATIONS.items()}
    assert {n for n, run in states.items() if run.state in ENDED} == {"failed", "stopped", "merged"}
    assert states["their commits"].foreign and not states["ready"].foreign
    assert all(run.pr for run in states.values())
