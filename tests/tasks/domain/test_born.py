"""Runs that begin on the code host: what is written there and nowhere else, who may, and which words count as what."""

from dataclasses import replace

import pytest

from integrations.types.code_host import Conclusion, Role
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import (
    Accepted,
    CiJudged,
    Explained,
    Failed,
    Gated,
    PlanMade,
    Provisioned,
    QuestionAsked,
    Refused,
    RemarksAnswered,
    RepoChosen,
    ReviewSettled,
    ReviewStarted,
    RoundStarted,
    Titled,
    TurnTaken,
)
from tasks.domain.effect import Effect
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import Remarked, RetryRequested, StopRequested
from tasks.domain.folds.theirs import nothing_of_ours
from tasks.domain.grants import Pushes, Rules
from tasks.domain.next_step import Decide, Do, Wait, next_step
from tasks.domain.policy import authorise
from tasks.domain.remarks import Answer, Claim, Kind, Place, Remark, Standing
from tasks.domain.request import Deliver, Person
from tasks.domain.results import BranchPushed, MadeReady, PermissionSeen, PullSeen, RepoInspected, Suggested
from tasks.domain.run import BRANCH, Run, RunState
from tasks.messages.code_host import verdict_check
from tasks.messages.words import Links
from tests.support.histories import BASE, ONE, POLICY, TWO, Story, checks, gated, submitted, verdict
from tests.support.requests import BEN, asked_there

CHOSEN = RepoChosen("acme/api", "asked there", None, "ben")
PULL = PullSeen(12, "https://github.com/acme/api/pull/12", True, ONE, "feature", True, 9, TWO)
THREE = "3" * 40
CHEN = Person("github", "github", "8", "chen")


def inspected(
    role: Role = Role.write, *, user_id: int = 9, private: bool = True, **more: object
) -> RepoInspected:
    seen = RepoInspected("acme/api", True, "ben", user_id, role, "main", "main", BASE, private)
    return replace(seen, **more)  # type: ignore[arg-type]  # fields of RepoInspected


TO_CODING: tuple[Event, ...] = (
    CHOSEN,
    inspected(),
    Accepted(),
    Titled("Return 422"),
    Provisioned(BASE, (("test", "pytest -q"),), True, "full"),
    PlanMade(("Look",)),
)


def born(*events: Event, verb: str = "request", words: str = "return 422", **more: object) -> Story:
    return Story(*events, first=asked_there(verb, words, **more))  # type: ignore[arg-type]  # of asked_there


def written(story: Story, event: Event) -> list[str]:
    """The kinds of what follows from one more event, reactions and comments with what they are."""
    before = story.run
    return [_named(e) for e in effects_of(before, event, story.tell(event))]


def _named(effect: Effect) -> str:
    told = effect.get("content") or effect.get("remark")
    return f"{effect.kind} {told}".strip()


def says(words: str, *, verb: str = "request", by: Person = BEN, ident: int = 6) -> Remarked:
    return Remarked(12, Remark(Place.comment, ident, by, words, verb, words if verb else ""))


def may(ident: int = 6, *, login: str = "ben", user_id: int = 9) -> PermissionSeen:
    return PermissionSeen(f"comment:{ident}", login, user_id, Role.write)


def test_nothing_is_written_to_the_chat_from_beginning_to_end() -> None:
    story = born()
    first = effects_of(None, story.recorded[0].event, story.run)
    events = (*TO_CODING, QuestionAsked(1, "agent", "Which?"), StopRequested(BEN))
    kinds = [e.kind for e in first] + [kind for event in events for kind in written(story, event)]
    assert [k for k in kinds if k.startswith("chat.")] == []
    assert kinds[:2] == ["host.inspect", "host.react eyes"] and "host.told" in kinds


def test_a_refusal_is_a_thumb_and_one_answer() -> None:
    story = born(CHOSEN, inspected(Role.read))
    refused = authorise(story.run, POLICY)
    assert isinstance(refused, Refused) and refused.code == "AUTH-003"
    assert written(story, refused) == ["host.react -1", "host.answer comment:5"]
    assert story.run.remarks[0].standing is Standing.refused


def test_the_account_is_the_one_that_wrote_and_not_whoever_has_its_name_now() -> None:
    refused = authorise(born(CHOSEN, inspected(user_id=10)).run, POLICY)
    assert isinstance(refused, Refused) and refused.code == "AUTH-005"
    assert authorise(born(CHOSEN, inspected()).run, POLICY) == Accepted()


@pytest.mark.parametrize(
    ("role", "private", "allowed"),
    [
        (Role.none, True, False),
        (Role.read, True, True),
        (Role.read, False, False),
        (Role.triage, False, True),
        (Role.write, False, True),
    ],
)
def test_who_may_have_something_explained(role: Role, private: bool, allowed: bool) -> None:
    run = born(CHOSEN, inspected(role, private=private), verb="explain", deliver=Deliver.answer).run
    assert isinstance(authorise(run, POLICY), Accepted if allowed else Refused)


@pytest.mark.parametrize(("role", "code"), [(Role.read, "AUTH-003"), (Role.write, "REQ-005")])
def test_the_kill_switch_begins_no_work(role: Role, code: str) -> None:
    words = "kill-switch on"
    seen = inspected(role, private=False)
    run = born(CHOSEN, seen, verb="kill-switch", words=words, deliver=Deliver.answer).run
    refused = authorise(run, POLICY)
    assert isinstance(refused, Refused) and refused.code == code
    assert ("an operator" in refused.sentence) is (code == "REQ-005")


def test_a_review_needs_an_open_pull_request_and_write() -> None:
    def asked(seen: RepoInspected) -> object:
        return authorise(
            born(CHOSEN, seen, verb="review", on_pull=True, deliver=Deliver.findings).run, POLICY
        )

    assert asked(inspected(pull=PULL)) == Accepted(Deliver.findings)
    closed = asked(inspected(pull=replace(PULL, open=False)))
    assert isinstance(closed, Refused) and closed.code == "REQ-003"
    assert isinstance(asked(inspected(Role.triage, pull=PULL)), Refused)
    assert isinstance(asked(inspected()), Refused), "its head could not be fetched"


def test_words_steer_the_work_before_there_is_a_pull_request() -> None:
    story = born(*TO_CODING)
    assert written(story, says("in cents, please")) == ["host.permission comment:6"]
    assert not story.run.steering
    assert written(story, may(user_id=10)) == ["host.react -1", "host.answer comment:6"]
    assert not story.run.steering, "another account has that name now"
    story.tell(says("in cents, please", ident=7))
    assert written(story, may(7)) == ["host.react eyes"]
    assert [steer.text for steer in story.run.steering] == ["in cents, please"] and story.run.unheard


def test_a_question_is_answered_by_plain_words_of_the_requester_and_by_a_command_of_others() -> None:
    asking = QuestionAsked(1, "agent", "Which?", ("422", "400"))
    story = born(*TO_CODING)
    assert written(story, asking) == ["host.react confused", "host.ask"]
    story.tell(says("400", verb="", by=CHEN), PermissionSeen("comment:6", "chen", 8, Role.write))
    assert story.run.state is RunState.needs_input, "plain words of somebody else"
    story.tell(says("b", verb="", ident=7))
    assert written(story, may(7)) == ["host.ask", "host.react eyes"]
    assert (story.run.state, story.run.answer) == (RunState.coding, "400")
    other = born(*TO_CODING, asking, says("422", by=CHEN), PermissionSeen("comment:6", "chen", 8, Role.write))
    assert (other.run.state, other.run.answer) == (RunState.coding, "422")


def test_that_somebody_else_pushed_is_asked_on_the_pull_request_alone() -> None:
    story = born(*TO_CODING)
    assert "host.ask" not in written(story, QuestionAsked(1, BRANCH, "Go on?"))


def test_how_it_ended_is_told_once_and_taken_back_by_a_retry() -> None:
    story = born(*TO_CODING)
    assert written(story, Failed("AGT-001", "It stopped.")) == ["host.told"]
    assert written(story, says("again", verb="retry"))[0] == "host.permission comment:6"
    assert "host.told" in written(story, may())
    assert story.run.state is RunState.queued and story.run.attempt == 2
    assert RetryRequested(BEN) not in [r.event for r in story.recorded]


@pytest.mark.parametrize(
    ("pull", "pushes", "expected"),
    [
        (PULL, Pushes.author, Deliver.existing_pr),
        (PULL, Pushes.anyone, Deliver.existing_pr),
        (PULL, Pushes.never, Deliver.new_pr),
        (replace(PULL, author_id=7), Pushes.author, Deliver.new_pr),
        (replace(PULL, author_id=7), Pushes.anyone, Deliver.existing_pr),
        (replace(PULL, ours=False), Pushes.anyone, Deliver.suggestions),
        (replace(PULL, head_ref="main"), Pushes.anyone, Deliver.new_pr),
    ],
)
def test_where_a_change_of_a_persons_pull_request_goes(
    pull: PullSeen, pushes: Pushes, expected: Deliver
) -> None:
    seen = inspected(default_branch="main", base_ref="release", pull=pull)
    run = born(CHOSEN, seen, on_pull=True).run
    assert authorise(run, replace(POLICY, pushes=pushes)) == Accepted(expected, pushes)


def taken_up(
    verb: str = "request",
    words: str = "return 422",
    *,
    pushes: Pushes | None = None,
    granted: Pushes = Pushes.author,
) -> Story:
    seen = inspected(pull=PULL)
    made = Provisioned(ONE, (), True, "full", Rules(pushes=pushes))
    events = (CHOSEN, seen, Accepted(Deliver.existing_pr, granted), Titled("Return 422"), made)
    return born(*events, verb=verb, words=words, on_pull=True)


def test_work_on_ones_own_pull_request_is_a_round_on_its_head_at_once() -> None:
    story = taken_up()
    run = story.run
    assert (run.state, run.pushed_oid, run.branch, run.base_oid) == (RunState.pr_open, ONE, "feature", ONE)
    assert run.pr is not None and run.pr.number == 12 and run.base_ref == "main"
    assert next_step(run, POLICY, story.now) == Decide(RoundStarted(1, Kind.comments, ("comment:5",), ONE))


def test_a_round_that_changes_nothing_leaves_a_persons_pull_request_alone() -> None:
    story = taken_up()
    story.tell(RoundStarted(1, Kind.comments, ("comment:5",), ONE))
    said = Answer("comment:5", Claim.not_changed, "It is so already.")
    assert written(story, RemarksAnswered(1, (said,), "", ())) == ["host.answer comment:5", "host.sticky"]
    assert story.run.state is RunState.answered


def test_a_repository_may_keep_us_from_pushing_to_peoples_branches() -> None:
    story = taken_up(pushes=Pushes.never)
    run = story.run
    assert (run.deliver, run.state, run.pr, run.pushed_oid) == (Deliver.new_pr, RunState.planning, None, "")
    assert (run.base_ref, run.base_oid) == ("feature", ONE)


def test_red_checks_are_looked_for_before_they_are_mended() -> None:
    story = taken_up("fix ci", "")
    assert isinstance(next_step(story.run, POLICY, story.now), Wait)
    green, red = story.tell(checks()), taken_up("fix ci", "").tell(checks(conclusion=Conclusion.failure))
    assert next_step(green, POLICY, story.now) == Decide(Refused("CI-008", "No check of this head is red."))
    assert next_step(red, POLICY, story.now) == Decide(RoundStarted(1, Kind.ci, ("comment:5",), ONE))


def test_conflicts_are_not_resolved_beside_the_branch() -> None:
    seen = inspected(pull=replace(PULL, ours=False))
    refused = authorise(born(CHOSEN, seen, verb="fix conflicts", words="", on_pull=True).run, POLICY)
    assert isinstance(refused, Refused) and refused.code == "REQ-004"


def test_the_rules_are_those_of_the_base_branch_now_however_old_the_pull_request_is() -> None:
    assert taken_up().run.rules_oid == reviewing().run.rules_oid == BASE
    assert reviewing().run.base_oid == TWO, "it is compared with where it left the base branch"
    assert born(*TO_CODING).run.rules_oid == BASE


def reviewing(words: str = "") -> Story:
    seen = inspected(pull=PULL)
    made = Provisioned(TWO, (), True, "full")
    return born(
        CHOSEN,
        seen,
        Accepted(Deliver.findings),
        made,
        verb="review",
        words=words,
        on_pull=True,
        deliver=Deliver.findings,
    )


def test_a_review_begins_on_the_persons_head_against_where_it_left_the_base() -> None:
    run = reviewing("security").run
    assert (run.state, run.head_oid, run.base_oid, run.pr) == (RunState.reviewing, ONE, TWO, None)
    assert _lenses(run) == ("security",) and _lenses(reviewing().run) == POLICY.lenses


def _lenses(run: Run) -> tuple[str, ...]:
    step = next_step(run, POLICY, run.request.received_at)
    assert isinstance(step, Decide)
    return step.event.lenses  # type: ignore[union-attr]  # ReviewStarted


@pytest.mark.parametrize("outcome", ["passed", "blocked"])
def test_findings_end_the_run_and_are_written_once(outcome: str) -> None:
    story = reviewing()
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Decide)
    story.tell(step.event)
    assert written(story, ReviewSettled(ONE, outcome)) == ["host.verdicts", "host.review"]
    assert story.run.state is RunState.answered


def test_a_review_that_could_not_run_is_a_failure_and_no_answer() -> None:
    story = reviewing()
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Decide)
    story.tell(step.event, ReviewSettled(ONE, "unavailable"))
    failed = next_step(story.run, POLICY, story.now)
    assert isinstance(failed, Decide) and isinstance(failed.event, Failed) and failed.event.code == "REV-002"


def test_an_explanation_is_one_step_and_one_comment() -> None:
    asked = {"verb": "explain", "on_pull": True, "deliver": Deliver.answer}
    story = born(CHOSEN, inspected(pull=PULL), Accepted(Deliver.answer), **asked)  # type: ignore[arg-type]  # of asked_there
    assert next_step(story.run, POLICY, story.now) == Do("provision")
    story.tell(Provisioned(TWO, (), False, "full"), TurnTaken("explainer", 1, ("bash",), 0.1))
    assert next_step(story.run, POLICY, story.now) == Do("explain") and story.run.asked_head == ONE
    assert written(story, Explained(ONE, "It is.")) == ["host.answer comment:5"]
    assert (story.run.state, story.run.cost_usd) == (RunState.answered, 0.1)


def test_a_change_for_a_fork_is_suggested_once_its_gates_hold_and_never_pushed() -> None:
    seen = inspected(pull=replace(PULL, ours=False))
    made = Provisioned(ONE, (), True, "full")
    story = born(
        CHOSEN,
        seen,
        Accepted(Deliver.suggestions),
        Titled("Return 422"),
        made,
        submitted(THREE, ONE),
        on_pull=True,
    )
    assert (story.run.base_oid, story.run.pushed_oid, story.run.pr) == (ONE, "", None)
    assert written(story, gated(THREE)) == ["host.suggest"]
    story.tell(Suggested(TWO, "http://host/12"))
    assert story.run.gated_oid == THREE and story.run.ended_at is None, "another commit"
    assert written(story, Suggested(THREE, "http://host/12")) == []
    assert story.run.state is RunState.answered


def test_a_persons_branch_is_never_rebuilt() -> None:
    story = taken_up()
    story.tell(says("", verb="rebase"), may())
    assert story.run.remarks[-1].standing is Standing.moot and story.run.rounds == 0


def test_nothing_but_commits_checks_and_answers_reaches_a_persons_pull_request() -> None:
    story = taken_up()
    said = Answer("comment:5", Claim.fixed, "It returns 422.")
    story.tell(RoundStarted(1, Kind.comments, ("comment:5",), ONE))
    story.tell(RemarksAnswered(1, (said,), THREE, ("api.py",)), submitted(THREE, ONE))
    assert written(story, gated(THREE)) == ["host.push"]
    events: tuple[Event, ...] = (
        BranchPushed("feature", THREE), checks(THREE), CiJudged(THREE, "green"), ReviewStarted(THREE, 1),
        ReviewSettled(THREE, "passed"), MadeReady(12),
    )  # fmt: skip
    kinds = {kind.split(" ")[0] for event in events for kind in written(story, event)}
    assert story.run.state is RunState.ready
    assert kinds == {f"host.{kind}" for kind in (
        "checks", "progress", "answer", "react", "sticky", "verdicts", "review", "ready"
    )}  # fmt: skip


def test_a_hold_keeps_suggestions_back_too_and_never_turns_them_into_a_push() -> None:
    seen = inspected(pull=replace(PULL, ours=False))
    made = Provisioned(ONE, (), True, "full")
    story = born(CHOSEN, seen, Accepted(Deliver.suggestions), Titled("Return 422"), made, on_pull=True)
    story.tell(says("", verb="hold"), may(), submitted(THREE, ONE))
    assert written(story, gated(THREE)) == []
    story.tell(says("", verb="unhold", ident=7))
    kinds = [told.split()[0] for told in written(story, may(7))]
    assert "host.suggest" in kinds and "host.push" not in kinds


@pytest.mark.parametrize(
    ("by", "login", "user_id", "heard"), [(BEN, "ben", 9, True), (CHEN, "chen", 8, False)]
)
def test_only_the_author_and_who_asked_move_a_persons_branch(
    by: Person, login: str, user_id: int, heard: bool
) -> None:
    story = taken_up()
    story.tell(RoundStarted(1, Kind.comments, ("comment:5",), ONE))
    story.tell(RemarksAnswered(1, (Answer("comment:5", Claim.fixed, "Yes."),), THREE, ("api.py",)))
    story.tell(submitted(THREE, ONE), gated(THREE), BranchPushed("feature", THREE))
    remark = Remark(Place.inline, 6, by, "Rename it.", path="api.py", line=1, thread=6)
    story.tell(Remarked(12, remark), PermissionSeen(remark.key, login, user_id, Role.write))
    assert (story.run.remarks[-1].standing is Standing.waiting) is heard
    assert story.run.hears(remark) is heard


@pytest.mark.parametrize(
    ("granted", "narrowed", "verb", "heard"),
    [
        (Pushes.anyone, None, "request", True),
        (Pushes.anyone, Pushes.anyone, "request", True),
        (Pushes.anyone, None, "", False),
        (Pushes.anyone, Pushes.author, "request", False),
        (Pushes.author, Pushes.anyone, "request", False),
    ],
)
def test_anyone_who_may_write_moves_a_persons_branch_by_a_command_where_operator_and_repository_let_them(
    granted: Pushes, narrowed: Pushes | None, verb: str, heard: bool
) -> None:
    story = taken_up(granted=granted, pushes=narrowed)
    story.tell(RoundStarted(1, Kind.comments, ("comment:5",), ONE))
    story.tell(RemarksAnswered(1, (Answer("comment:5", Claim.fixed, "Yes."),), THREE, ("api.py",)))
    story.tell(submitted(THREE, ONE), gated(THREE), BranchPushed("feature", THREE))
    story.tell(checks(THREE, Conclusion.failure), CiJudged(THREE, "red"), Failed("CI-003", "Red."))
    story.tell(RetryRequested(BEN))
    for role, ident in ((Role.write, 6), (Role.triage, 7)):
        remark = Remark(Place.inline, ident, CHEN, "Rename it.", verb, "Rename it.", path="a.py", thread=6)
        story.tell(Remarked(12, remark), PermissionSeen(remark.key, "chen", 8, role))
        allowed = heard and role is Role.write
        assert (story.run.remarks[-1].standing is Standing.waiting) is allowed
    story.tell(RoundStarted(2, Kind.comments, ("inline:6",), THREE))
    assert (story.run.asked_for_work == (CHEN,)) is heard


def test_a_review_hears_no_wishes_and_becomes_no_work() -> None:
    story = reviewing()
    for ident, verb in ((6, ""), (7, "rebase"), (8, "request")):
        remark = Remark(Place.inline, ident, BEN, "Rename it.", verb, path="api.py", line=1, thread=ident)
        story.tell(Remarked(12, remark), PermissionSeen(remark.key, "ben", 9, Role.write))
        assert story.run.remarks[-1].standing is Standing.moot
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Decide) and isinstance(step.event, ReviewStarted)


def test_once_a_commit_of_ours_is_there_its_checks_are_judged_after_a_retry_too() -> None:
    assert nothing_of_ours(taken_up().run)
    story = taken_up()
    story.tell(RoundStarted(1, Kind.comments, ("comment:5",), ONE))
    story.tell(RemarksAnswered(1, (Answer("comment:5", Claim.fixed, "Yes."),), THREE, ("api.py",)))
    story.tell(submitted(THREE, ONE), gated(THREE), BranchPushed("feature", THREE))
    assert not nothing_of_ours(story.run)


HELD = GateResult("protected", GateOutcome.needs_human, "", "", "A protected path.")


def pushed_there() -> Story:
    """A commit of ours on a person's branch, of which a gate wants a person to see something."""
    story = taken_up()
    story.tell(RoundStarted(1, Kind.comments, ("comment:5",), ONE))
    story.tell(RemarksAnswered(1, (Answer("comment:5", Claim.fixed, "Yes."),), THREE, ("api.py",)))
    story.tell(submitted(THREE, ONE), Gated(THREE, (HELD,)), BranchPushed("feature", THREE))
    return story


def test_a_retry_keeps_what_is_on_a_persons_branch_and_what_the_gates_said_of_it() -> None:
    story = pushed_there()
    story.tell(checks(THREE, Conclusion.failure), CiJudged(THREE, "red"), Failed("CI-003", "It stays red."))
    assert written(story, RetryRequested(BEN))[:2] == ["host.checks", "host.progress"]
    run = story.run
    assert (run.state, run.attempt, run.awaited_approvals) == (RunState.pr_open, 2, ("protected",))
    assert run.submission is not None and run.submission.oid == run.pushed_oid == THREE
    story.tell(checks(THREE, Conclusion.failure))
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Decide) and isinstance(step.event, CiJudged) and step.event.result == "red"


def test_a_retry_in_a_later_round_takes_its_words_up_again_and_forgets_nothing_of_the_head() -> None:
    story = pushed_there()
    story.tell(says("also charges"), may(), RoundStarted(2, Kind.comments, ("comment:6",), THREE))
    story.tell(submitted(TWO, THREE), gated(TWO, GateOutcome.failed), Failed("AGT-007", "They still fail."))
    story.tell(RetryRequested(BEN))
    run = story.run
    assert (run.pushed_oid, run.gated_oid, run.awaited_approvals) == (THREE, THREE, ("protected",))
    story.now = story.now.replace(hour=14)
    step = next_step(run, POLICY, story.now)
    assert step == Decide(RoundStarted(3, Kind.comments, ("comment:6",), THREE))


def test_a_retry_before_anything_is_pushed_begins_with_the_work_that_was_kept() -> None:
    story = taken_up()
    story.tell(RoundStarted(1, Kind.comments, ("comment:5",), ONE), submitted(THREE, ONE))
    story.tell(gated(THREE, GateOutcome.failed), Failed("AGT-007", "They fail."), RetryRequested(BEN))
    assert (story.run.state, story.run.pushed_oid) == (RunState.queued, ONE)
    story.tell(Provisioned(ONE, (), True, "full"))
    story.now = story.now.replace(hour=14)
    step = next_step(story.run, POLICY, story.now)
    assert step == Decide(RoundStarted(2, Kind.comments, ("comment:5",), ONE))


@pytest.mark.parametrize(
    ("words", "conclusion"), [("", Conclusion.success), ("security", Conclusion.action_required)]
)
def test_one_lens_alone_passes_nothing_that_a_branch_may_require(words: str, conclusion: Conclusion) -> None:
    story = reviewing(words)
    story.tell(ReviewStarted(ONE, 1, _lenses(story.run)), *(verdict(x) for x in _lenses(story.run)))
    story.tell(ReviewSettled(ONE, "passed"))
    assert verdict_check(story.run, links=Links("http://s")).conclusion is conclusion
