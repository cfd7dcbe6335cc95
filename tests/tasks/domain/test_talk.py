"""The conversation on a pull request: who may, what a command does, when a round begins and what it ends in."""

from dataclasses import replace
from datetime import timedelta

import pytest

from integrations.types.chat import MessageRef
from integrations.types.code_host import Role
from tasks.domain.buttons import offered
from tasks.domain.decisions import (
    Disputed,
    Failed,
    LensReported,
    QuestionAsked,
    RemarksAnswered,
    ReviewStarted,
    RoundStarted,
)
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import PullRequestMoved, QuestionAnswered, Remarked, RetryRequested, StopRequested
from tasks.domain.next_step import Decide, Do, Rest, Wait, next_step
from tasks.domain.remarks import PROGRAM, Answer, Claim, Kind, Outcome, Place, Remark, Standing, outcome
from tasks.domain.request import Person
from tasks.domain.results import BranchPushed, HeadAdopted, MadeReady, MergePrepared, PermissionSeen, Posted
from tasks.domain.run import RESUME, Run, RunState
from tasks.domain.verdict import Decision, LensVerdict, Settled, Status
from tests.support.histories import (
    BASE,
    ONE,
    POLICY,
    TO_CODING,
    TO_PR,
    TO_READY,
    TWO,
    Story,
    checks,
    gated,
    review,
    submitted,
)

BEN = Person("github", "github", "9", "ben")
THREE = "3" * 40


def remark(number: int = 1, *, place: Place = Place.inline, by: Person = BEN, **more: object) -> Remark:
    fields: dict[str, object] = (
        {"path": "src/a.py", "line": 3, "thread": number} if place is Place.inline else {}
    )
    return Remark(place, number, by, "Rename it.", **(fields | more))  # type: ignore[arg-type]  # fields of Remark


def command(verb: str, words: str = "", *, needs: Role = Role.write, owner: bool = False) -> Remark:
    return remark(50, place=Place.comment, verb=verb, words=words, needs=needs, owner=owner)


def permitted(
    what: Remark, *, role: Role = Role.write, user_id: int = 9, owner: bool = True
) -> PermissionSeen:
    return PermissionSeen(what.key, what.by.name, user_id, role, owner)


def heard(*remarks: Remark) -> tuple[Event, ...]:
    return tuple(event for r in remarks for event in (Remarked(812, r), permitted(r)))


def last_writes(*events: Event) -> list[tuple[str, dict[str, str]]]:
    """What the last event alone causes to be written."""
    story = Story(*events[:-1])
    before = story.run
    return [(e.kind, dict(e.data)) for e in effects_of(before, events[-1], story.tell(events[-1]))]


def kinds(*events: Event) -> list[str]:
    return [kind for kind, _ in last_writes(*events)]


def standing(run: Run, what: Remark) -> tuple[Standing, str]:
    found = run.heard(what.key)
    assert found is not None
    return found.standing, found.why


# --- who may ----------------------------------------------------------------------------------------------------------


def test_a_remark_is_answered_by_asking_the_host_who_wrote_it_and_by_nothing_else() -> None:
    assert last_writes(*TO_READY, Remarked(812, remark())) == [("host.permission", {"remark": "inline:1"})]
    assert Story(*TO_READY, Remarked(812, remark())).run.waiting_remarks() == ()


@pytest.mark.parametrize(
    ("role", "verb", "needs", "may"),
    [
        (Role.none, "stop", Role.triage, False),
        (Role.read, "stop", Role.triage, False),
        (Role.triage, "stop", Role.triage, True),
        (Role.none, "hold", Role.write, False),
        (Role.read, "hold", Role.write, False),
        (Role.triage, "hold", Role.write, False),
        (Role.write, "hold", Role.write, True),
        (Role.maintain, "hold", Role.write, True),
        (Role.admin, "hold", Role.write, True),
        (Role.read, "help", Role.read, True),
        (Role.none, "help", Role.read, False),
    ],
)
def test_a_command_needs_its_role_right_now(role: Role, verb: str, needs: Role, may: bool) -> None:
    what = command(verb, needs=needs)
    run = Story(*TO_READY, Remarked(812, what), permitted(what, role=role)).run
    assert (standing(run, what)[0] is Standing.done) is may
    reactions = [
        d["content"]
        for k, d in last_writes(*TO_READY, Remarked(812, what), permitted(what, role=role))
        if k == "host.react"
    ]
    assert reactions == (["eyes"] if may else ["-1"])


def test_a_login_that_belongs_to_another_account_by_now_may_nothing() -> None:
    what = command("stop", needs=Role.triage)
    run = Story(*TO_READY, Remarked(812, what), permitted(what, role=Role.admin, user_id=10)).run
    assert (run.state, standing(run, what)[0]) == (RunState.ready, Standing.refused)


def test_only_a_code_owner_waives() -> None:
    what = command("waive", "#1 fine", owner=True)
    story = (*TO_PR, *review(ONE, 2, "blocked"), Disputed(ONE), Remarked(812, what))
    assert Story(*story, permitted(what, owner=False)).run.state is RunState.disputed
    after = Story(*story, permitted(what)).run
    assert (after.state, after.waived) == (RunState.reviewing, "fine (ben)")
    assert "host.ready" in kinds(*story, permitted(what))


@pytest.mark.parametrize(("words", "why"), [("#1", "no_reason"), ("#9 fine", "no_finding")])
def test_a_waiver_needs_a_reason_and_a_finding(words: str, why: str) -> None:
    what = command("waive", words, owner=True)
    story = (*TO_PR, *review(ONE, 2, "blocked"), Disputed(ONE), *heard(what))
    assert standing(Story(*story).run, what) == (Standing.moot, why)
    assert ("host.react", {"remark": "comment:50", "content": "confused"}) in last_writes(*story)


def test_a_refusal_is_explained_once_to_each_person_and_a_plain_comment_is_not_even_refused_aloud() -> None:
    one, two = command("hold"), replace(command("unhold"), id=51)
    refused = (
        Remarked(812, one),
        permitted(one, role=Role.read),
        Remarked(812, two),
        permitted(two, role=Role.read),
    )
    assert kinds(*TO_READY, *refused[:2]) == ["host.react", "host.answer"]
    assert kinds(*TO_READY, *refused) == ["host.react"]
    plain = remark()
    assert kinds(*TO_READY, Remarked(812, plain), permitted(plain, role=Role.read)) == []
    assert (
        Story(*TO_READY, Remarked(812, plain), permitted(plain, role=Role.read)).run.waiting_remarks() == ()
    )


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(len(TO_PR), len(TO_READY) + 1))
def test_stop_by_a_comment_is_a_stop(n: int) -> None:
    what = command("stop", needs=Role.triage)
    story = Story(*TO_READY[:n], *heard(what))
    assert story.run.state is RunState.cancelled and story.run.stopped_by == BEN
    written = last_writes(*TO_READY[:n], *heard(what))
    assert ("chat.post", {"name": "M14"}) in written and ("host.stopped_comment", {}) in written
    assert ("host.react", {"remark": "comment:50", "content": "eyes"}) in written


def test_retry_by_a_comment_begins_another_attempt_of_what_failed() -> None:
    failed = (*TO_PR, Failed("CI-003", "no"))
    assert Story(*failed, *heard(command("retry"))).run.attempt == 2
    assert Story(*failed, *heard(command("fix ci"))).run.attempt == 2
    assert standing(Story(*TO_READY, *heard(command("retry"))).run, command("retry")) == (
        Standing.moot,
        "not_over",
    )


def test_a_hold_keeps_pushes_back_until_it_is_lifted() -> None:
    hold, unhold = command("hold"), replace(command("unhold"), id=51)
    working = (*TO_PR, checks(), *review(ONE, 1, "blocked"), *heard(hold), submitted(TWO, ONE))
    assert ("host.labels", {"labels": "sortie:hold"}) in last_writes(*TO_PR, *heard(hold))
    assert "host.push" not in kinds(*working, gated(TWO))
    written = last_writes(*working, gated(TWO), *heard(unhold))
    assert ("host.push", {"oid": TWO, "expected": ONE}) in written
    assert ("host.unlabel", {"labels": "sortie:hold"}) in written


def test_review_lets_one_lens_or_all_of_them_look_again_and_pushes_nothing() -> None:
    run = Story(*TO_READY, *heard(command("review", "security"))).run
    assert run.state is RunState.reviewing and sorted(v.lens for v in run.verdicts) == [
        "correctness",
        "tests",
    ]
    assert Story(*TO_READY, *heard(command("review"))).run.verdicts == ()
    assert isinstance(next_step(run, POLICY, Story().now), Decide)


def test_fix_ci_works_on_red_checks_and_on_nothing_else() -> None:
    assert standing(Story(*TO_READY, *heard(command("fix ci"))).run, command("fix ci")) == (
        Standing.moot,
        "not_red",
    )
    from_red = (
        *TO_READY,
        checks(conclusion=checks().checks[0].conclusion.failure),
        *heard(command("fix ci")),
    )
    started = RoundStarted(1, Kind.ci, ("comment:50",), ONE)
    story = Story(*from_red)
    assert next_step(story.run, POLICY, story.now + timedelta(seconds=60)) == Decide(started)
    run = Story(*from_red, started).run
    assert (run.state, run.ci_result, run.ci_excerpt) == (RunState.ci_fixing, "red", "tests")
    assert next_step(run, POLICY, story.now) == Do("code")


# --- buttons ----------------------------------------------------------------------------------------------------------


def press(verb: str, *, head: str = ONE, owner: bool = False) -> Remark:
    return remark(70, place=Place.button, verb=verb, owner=owner, head=head)


DISPUTED = (*TO_PR, *review(ONE, 2, "blocked"), Disputed(ONE))


def test_buttons_are_offered_while_people_have_the_head_and_only_for_what_is_there_to_do() -> None:
    assert offered(Story(*TO_READY).run) == ("review",)
    assert offered(Story(*DISPUTED).run) == ("fix", "review", "waive")
    for at_work in (TO_PR, (*TO_PR, *review(ONE, 1, "blocked")), (*TO_READY, pushed_by_ben())):
        assert offered(Story(*at_work).run) == ()
    asked = (*DISPUTED, *heard(press("fix findings")))
    assert offered(Story(*asked).run) == () and "host.verdicts" in kinds(*asked)
    assert "host.verdicts" in kinds(*DISPUTED) and "host.verdicts" in kinds(*TO_READY)


def test_fix_findings_becomes_a_round_about_it() -> None:
    story = Story(*DISPUTED, *heard(press("fix findings")))
    step = next_step(story.run, POLICY, story.now + timedelta(seconds=60))
    assert step == Decide(RoundStarted(1, Kind.comments, ("button:70",), ONE))
    assert not any(kind == "host.react" for kind in kinds(*DISPUTED, *heard(press("fix findings"))))


@pytest.mark.parametrize(
    ("told", "verb", "why"),
    [
        (TO_READY, "fix findings", "no_findings"),
        ((*TO_PR, *review(ONE, 1, "blocked")), "fix findings", "not_now"),
        (TO_PR, "review", "not_now"),
        (DISPUTED, "waive", "no_reason"),
    ],
)
def test_a_button_that_leads_to_nothing_is_answered(told: tuple[Event, ...], verb: str, why: str) -> None:
    what = press(verb)
    assert standing(Story(*told, *heard(what)).run, what) == (Standing.moot, why)
    assert ("host.answer", {"remark": "button:70"}) in last_writes(*told, *heard(what))


@pytest.mark.parametrize("verb", ["fix findings", "review", "waive"])
def test_a_button_of_an_older_head_does_nothing_and_says_so(verb: str) -> None:
    what = press(verb, head=TWO)
    run = Story(*DISPUTED, *heard(what)).run
    assert standing(run, what) == (Standing.moot, "outdated") and run.state is RunState.disputed
    assert ("host.answer", {"remark": "button:70"}) in last_writes(*DISPUTED, *heard(what))


def test_a_button_of_a_person_without_the_right_does_nothing_and_says_so() -> None:
    what = press("review")
    told = (*TO_READY, Remarked(812, what), permitted(what, role=Role.read))
    assert Story(*told).run.state is RunState.ready and "host.answer" in kinds(*told)


# --- rounds -----------------------------------------------------------------------------------------------------------

FOUR = tuple(remark(n, review=60) for n in range(1, 5))
STARTED = RoundStarted(1, Kind.comments, tuple(r.key for r in FOUR), ONE)
ANSWERS = (
    Answer("inline:1", Claim.fixed, "Renamed."),
    Answer("inline:2", Claim.not_changed, "It is public."),
    Answer("inline:3", Claim.question, "To what?"),
    Answer("inline:4", Claim.fixed, "Gone."),
)


def test_what_is_written_within_a_minute_is_one_round_on_the_head() -> None:
    story = Story(*TO_READY, *heard(*FOUR))
    first = next(h.at for h in story.run.remarks)
    step = next_step(story.run, POLICY, story.now)
    assert step == Wait("more comments", first + timedelta(seconds=60))
    assert next_step(story.run, POLICY, first + timedelta(seconds=60)) == Decide(STARTED)
    run = story.tell(STARTED)
    assert (run.state, run.rounds, len(run.at_work_for)) == (RunState.revising, 1, 4)
    assert next_step(run, POLICY, story.now) == Do("code")


def test_a_round_waits_for_the_agent_and_for_nobody_else() -> None:
    later = timedelta(seconds=60)
    for events in (TO_PR, TO_READY, (*TO_PR, *review(ONE, 2, "blocked"), Disputed(ONE))):
        story = Story(*events, *heard(*FOUR))
        assert next_step(story.run, POLICY, story.now + later) == Decide(STARTED)
    at_work = Story(*TO_PR, checks(), *heard(*FOUR), *review(ONE, 1, "blocked"))
    assert next_step(replace(at_work.run, state=RunState.revising), POLICY, at_work.now + later) == Do("code")


def test_a_review_that_is_under_way_is_not_started_for_a_head_that_will_change() -> None:
    story = Story(*TO_READY, *heard(command("review")), *heard(*FOUR))
    story.tell(*list(review())[:1])
    assert isinstance(next_step(story.run, POLICY, story.now), Wait)


def test_comments_of_an_approving_review_ask_for_nothing() -> None:
    approval = remark(60, place=Place.review, state="approved")
    story = Story(*TO_READY, *heard(approval, *FOUR))
    assert story.run.waiting_remarks() == () and next_step(story.run, POLICY, story.now) == Rest()


def test_a_round_of_four_comments_is_one_push_and_four_answers_where_they_stand() -> None:
    made = (
        *TO_READY,
        *heard(*FOUR),
        STARTED,
        RemarksAnswered(1, ANSWERS, TWO, ("src/a.py",)),
        submitted(TWO, ONE),
    )
    assert kinds(*made, gated(TWO)).count("host.push") == 1
    written = last_writes(*made, gated(TWO), BranchPushed("sortie/R-1042-x", TWO))
    assert [d["remark"] for k, d in written if k == "host.answer"] == [r.key for r in FOUR]
    again = last_writes(*made, gated(TWO), BranchPushed("x", TWO), BranchPushed("x", TWO))
    assert not any(k == "host.answer" for k, _ in again)
    assert ("host.react", {"remark": "inline:1", "content": "eyes"}) in last_writes(
        *TO_READY, *heard(FOUR[0])
    )
    assert kinds(*TO_READY, *heard(*FOUR[:2])) == []


def test_a_command_that_led_to_a_push_is_acknowledged_by_a_rocket() -> None:
    asked = command("request", "rename it")
    told = (
        *TO_READY, *heard(asked), RoundStarted(1, Kind.comments, (asked.key,), ONE),
        RemarksAnswered(1, (Answer(asked.key, Claim.fixed, "Renamed."),), TWO, ("src/a.py",)), submitted(TWO, ONE),
    )  # fmt: skip
    written = last_writes(*told, gated(TWO), BranchPushed("x", TWO))
    assert ("host.react", {"remark": "comment:50", "content": "rocket"}) in written
    nothing = (*told[:-2], RemarksAnswered(1, (Answer(asked.key, Claim.question, "Which?"),), "", ()))
    assert [d["content"] for k, d in last_writes(*nothing) if k == "host.react"] == ["confused"]


def test_nothing_is_said_while_a_round_is_at_work() -> None:
    """Words come only with results: until the push there are reactions, checks and the one comment that is edited."""
    told = (
        *TO_READY, *heard(*FOUR), STARTED, RemarksAnswered(1, ANSWERS, TWO, ("src/a.py",)),
        submitted(TWO, ONE), gated(TWO),
    )  # fmt: skip
    for n in range(len(TO_READY) + 1, len(told) + 1):
        assert not {"host.answer", "host.review", "chat.post"} & set(kinds(*told[:n])), told[n - 1]


def test_fixed_is_said_only_where_the_pushed_commit_changed_the_file() -> None:
    told = (STARTED, RemarksAnswered(1, ANSWERS, TWO, ("src/b.py",)))
    run = Story(*TO_READY, *heard(*FOUR), *told).run
    assert run.round is not None
    assert [outcome(run.round, r) for r in FOUR] == [
        Outcome.changed_elsewhere, Outcome.unproven, Outcome.question, Outcome.changed_elsewhere,
    ]  # fmt: skip
    touched = replace(run.round, touched=("src/a.py",))
    assert outcome(touched, FOUR[0]) is Outcome.fixed
    assert outcome(replace(touched, new_oid=""), FOUR[0]) is Outcome.changed_elsewhere
    assert outcome(replace(touched, answers=()), FOUR[0]) is Outcome.unanswered


@pytest.mark.parametrize("before", [TO_READY, TO_PR, (*TO_PR, *review(ONE, 2, "blocked"), Disputed(ONE))])
def test_a_round_that_changes_nothing_leaves_the_run_as_it_was_and_is_answered_too(
    before: tuple[Event, ...],
) -> None:
    told = (*before, *heard(*FOUR), STARTED, RemarksAnswered(1, ANSWERS[1:3], "", ()))
    was, run = Story(*before).run, Story(*told).run
    assert (run.state, run.review_outcome, run.pushed_oid) == (was.state, was.review_outcome, ONE)
    assert kinds(*told).count("host.answer") == 4 and "host.push" not in kinds(*told)


def test_reviewers_are_asked_again_only_when_the_run_is_ready_again_and_the_ready_post_is_edited() -> None:
    told = (
        *TO_READY, Posted("M6", MessageRef("C1", "5.0")), *heard(*FOUR), STARTED,
        RemarksAnswered(1, ANSWERS, TWO, ("src/a.py",)), submitted(TWO, ONE), gated(TWO),
        BranchPushed("x", TWO), checks(TWO),
    )  # fmt: skip
    story = Story(*told)
    judged = next_step(story.run, POLICY, story.now)
    assert isinstance(judged, Decide)
    again = (*told, judged.event, *review(TWO, 1))
    assert "host.reviewers" not in {
        k for n in range(len(TO_READY), len(again)) for k in kinds(*again[: n + 1])
    }
    written = last_writes(*again, MadeReady(812))
    assert ("host.reviewers", {"logins": "ben"}) in written
    assert ("chat.amend", {"name": "M6"}) in written and ("chat.post", {"name": "M6"}) not in written


def test_programs_alone_get_three_rounds_and_then_wait_for_a_person() -> None:
    story = Story(*TO_READY)
    program = Person(PROGRAM, "github", "77", "ci[bot]")
    for n in range(1, 5):
        said = remark(n, by=program, needs=Role.none)
        story.tell(Remarked(812, said), permitted(said, role=Role.none, user_id=77))
        step = next_step(story.run, POLICY, story.now + timedelta(seconds=60))
        if n == 4:
            assert step == Rest()
            break
        assert isinstance(step, Decide)
        story.tell(step.event, RemarksAnswered(n, (), "", ()))
    story.tell(*heard(remark(9)))
    assert isinstance(next_step(story.run, POLICY, story.now + timedelta(seconds=60)), Decide)


# --- threads of findings ----------------------------------------------------------------------------------------------


def test_the_thread_of_a_finding_that_a_newer_head_does_not_show_is_resolved_once() -> None:
    blocked = (
        *TO_PR,
        checks(),
        *review(ONE, 1, "blocked"),
        submitted(TWO, ONE),
        gated(TWO),
        BranchPushed("x", TWO),
    )
    for status, kept in ((Status.fixed, True), (Status.stale, True), (Status.waived, False)):
        passed = LensVerdict("security", TWO, Decision.passed, "gone", settled=(Settled(1, status, TWO),))
        told = (*blocked, ReviewStarted(TWO, 2), LensReported(passed))
        assert (("host.resolve", {"findings": "1"}) in last_writes(*told)) is kept
        assert "host.resolve" not in kinds(*told, LensReported(replace(passed, lens="tests", settled=())))


# --- the one comment --------------------------------------------------------------------------------------------------


def test_the_one_comment_is_written_again_where_the_run_comes_to_rest() -> None:
    """It says where the run stands, so that it would say "Revising" for ever."""
    *reviewed, made_ready = TO_READY
    hold = command("hold")
    assert isinstance(made_ready, MadeReady) and "host.sticky" not in kinds(*TO_READY)
    assert "host.sticky" in kinds(*reviewed, *heard(hold), made_ready)
    assert "host.sticky" in kinds(*TO_READY, *heard(hold), PullRequestMoved(812, "closed", True, ONE, "ben"))
    assert "host.sticky" not in kinds(*TO_READY, PullRequestMoved(812, "closed", True, ONE, "ben"))


# --- commits of people ------------------------------------------------------------------------------------------------


def pushed_by_ben(oid: str = THREE) -> PullRequestMoved:
    return PullRequestMoved(812, "open", False, oid, "ben")


def test_a_head_of_ours_is_nobody_elses_however_late_it_is_told() -> None:
    pushing = (*TO_READY, *heard(*FOUR), STARTED, submitted(TWO, ONE), gated(TWO))
    assert Story(*pushing, pushed_by_ben(TWO)).run.foreign is None
    assert Story(*pushing, BranchPushed("x", TWO), pushed_by_ben(ONE)).run.foreign is None


def test_commits_of_a_person_on_a_ready_pull_request_are_shown_and_nothing_is_asked() -> None:
    run = Story(*TO_READY, pushed_by_ben()).run
    assert run.state is RunState.ready and run.foreign and run.foreign.by == "ben"
    assert next_step(run, POLICY, Story().now) == Rest()
    written = last_writes(*TO_READY, pushed_by_ben())
    assert ("host.labels", {"labels": "sortie:needs-human"}) in written and ("host.sticky", {}) in written


def test_commits_of_a_person_while_we_work_are_asked_about_and_nothing_is_pushed() -> None:
    working = (*TO_PR, checks(), *review(ONE, 1, "blocked"), submitted(TWO, ONE))
    assert "host.push" not in kinds(*working, pushed_by_ben(), gated(TWO))
    story = Story(*working, pushed_by_ben(), gated(TWO))
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Decide) and isinstance(step.event, QuestionAsked) and RESUME in step.event.options
    story.tell(step.event)
    assert story.run.state is RunState.needs_input


@pytest.mark.parametrize("asked", [None, command("retry"), command("request"), command("fix conflicts")])
def test_work_goes_on_from_the_head_of_the_person_once_one_says_so(asked: Remark | None) -> None:
    said: tuple[Event, ...] = heard(asked) if asked else (RetryRequested(BEN),)
    told = (*TO_READY, pushed_by_ben(), *said)
    assert "host.adopt" in kinds(*told)
    story = Story(*told)
    assert story.run.state is RunState.provisioning
    run = story.tell(HeadAdopted(THREE, BASE))
    assert (run.state, run.pushed_oid, run.wip_oid, run.foreign) == (RunState.pr_open, THREE, THREE, None)
    assert run.pr is not None and run.pr.head_oid == THREE and run.attempt == 2
    assert story.tell(pushed_by_ben()).foreign is None


def test_the_question_about_the_branch_is_answered_by_a_button_too() -> None:
    story = Story(*TO_PR, pushed_by_ben())
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Decide) and isinstance(step.event, QuestionAsked)
    number = step.event.number
    story.tell(step.event, QuestionAnswered(number, RESUME, BEN))
    assert story.run.state is RunState.provisioning
    assert next_step(story.run, POLICY, story.now) == Wait("the code host")


def test_a_run_that_failed_for_it_before_goes_on_from_the_head_of_the_person() -> None:
    story = Story(*TO_PR, Failed("GIT-004", "Somebody pushed."), RetryRequested(BEN))
    assert story.run.state is RunState.provisioning


def test_comments_wait_while_somebody_elses_commits_stand() -> None:
    story = Story(*TO_READY, pushed_by_ben(), *heard(*FOUR))
    assert next_step(story.run, POLICY, story.now + timedelta(seconds=90)) == Rest()
    story.tell(RetryRequested(BEN), HeadAdopted(THREE, BASE))
    assert isinstance(next_step(story.run, POLICY, story.now + timedelta(seconds=90)), Decide)


def test_a_stop_ends_a_round_and_answers_nothing() -> None:
    told = (*TO_READY, *heard(*FOUR), STARTED)
    assert "host.answer" not in kinds(*told, StopRequested(BEN))


def test_a_remark_on_another_pull_request_or_before_there_is_one_is_not_kept() -> None:
    assert Story(*TO_READY, Remarked(813, remark())).run.remarks == ()
    assert Story(*TO_CODING, Remarked(812, remark())).run.remarks == ()


# --- conflicts --------------------------------------------------------------------------------------------------------

TIP, JOINED = "c" * 40, "4" * 40
CONFLICTS = RoundStarted(1, Kind.conflicts, ("comment:50",), ONE)
ASKED_TO_MERGE = (*TO_READY, *heard(command("fix conflicts")), CONFLICTS)


def test_the_base_is_merged_by_the_harness_before_an_agent_resolves_what_conflicts() -> None:
    story = Story(*TO_READY, *heard(command("fix conflicts")), *heard(*FOUR))
    assert next_step(story.run, POLICY, story.now + timedelta(seconds=60)) == Decide(CONFLICTS)
    assert ("host.merge", {"round": "1"}) in last_writes(*ASKED_TO_MERGE)
    waiting = Story(*ASKED_TO_MERGE)
    assert next_step(waiting.run, POLICY, waiting.now) == Wait("the code host")
    run = waiting.tell(MergePrepared(1, TIP, JOINED, ("src/a.py",)))
    assert (run.base_oid, run.wip_oid) == (TIP, JOINED) and run.round is not None and run.round.merges
    assert next_step(run, POLICY, waiting.now) == Do("code")


def test_a_branch_that_holds_all_of_the_base_is_left_as_it_is_and_that_is_said() -> None:
    told = (*ASKED_TO_MERGE, MergePrepared(1, TIP, "", ()))
    run = Story(*told).run
    assert (run.state, run.base_oid, run.review_outcome) == (RunState.ready, BASE, "passed")
    assert ("host.answer", {"remark": "comment:50"}) in last_writes(*told)
    assert Story(*told, MergePrepared(1, TIP, JOINED, ())).run.base_oid == BASE


# --- rebase -----------------------------------------------------------------------------------------------------------

REBASE = RoundStarted(1, Kind.rebase, ("comment:50",), ONE)
ASKED_TO_REBASE = (*TO_READY, *heard(command("rebase")), REBASE)


def test_a_rebase_rebuilds_on_the_newest_base_and_only_its_own_push_replaces_the_branch() -> None:
    story = Story(*TO_READY, *heard(command("rebase")))
    assert next_step(story.run, POLICY, story.now + timedelta(seconds=60)) == Decide(REBASE)
    assert ("host.merge", {"round": "1"}) in last_writes(*ASKED_TO_REBASE)
    made = (
        *ASKED_TO_REBASE,
        MergePrepared(1, TIP, JOINED, ()),
        RemarksAnswered(1, (), TWO, ()),
        submitted(TWO, TIP),
    )
    assert ("host.push", {"oid": TWO, "expected": ONE, "onto": TIP}) in last_writes(*made, gated(TWO))
    pushed = (*made, gated(TWO), BranchPushed("sortie/R-1042-x", TWO))
    assert ("host.answer", {"remark": "comment:50"}) in last_writes(*pushed)
    after = (*pushed, checks(TWO), *heard(remark()), RoundStarted(2, Kind.comments, ("inline:1",), TWO))
    again = (*after, RemarksAnswered(2, (), THREE, ("src/a.py",)), submitted(THREE, TWO), gated(THREE))
    assert ("host.push", {"oid": THREE, "expected": TWO}) in last_writes(*again)


@pytest.mark.parametrize("told", [ASKED_TO_MERGE, (*TO_READY, *heard(*FOUR), STARTED)])
def test_no_other_round_replaces_the_branch(told: tuple[Event, ...]) -> None:
    merged = (MergePrepared(1, TIP, JOINED, ()),) if told is ASKED_TO_MERGE else ()
    made = (*told, *merged, RemarksAnswered(1, (), TWO, ()), submitted(TWO, ONE), gated(TWO))
    assert ("host.push", {"oid": TWO, "expected": ONE}) in last_writes(*made)


def test_nothing_is_rebased_once_commits_of_somebody_else_are_on_the_branch() -> None:
    what = replace(command("rebase"), id=51)
    adopted = (*TO_READY, pushed_by_ben(), RetryRequested(BEN), HeadAdopted(THREE, BASE))
    assert standing(Story(*adopted, *heard(what)).run, what) == (Standing.moot, "not_ours")
    later = (*adopted, Failed("CI-003", "no"), RetryRequested(BEN))
    assert standing(Story(*later, *heard(what)).run, what) == (Standing.moot, "not_ours")
