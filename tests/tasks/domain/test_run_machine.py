"""Any order of decisions, writes, losses, repetitions and people: what a run may never do, and that it never gets stuck."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from integrations.types.chat import MessageRef
from integrations.types.code_host import CheckState, Conclusion, Role
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import (
    Failed,
    FailureClass,
    Gated,
    PlanMade,
    Provisioned,
    QuestionAsked,
    RemarksAnswered,
    ReviewSettled,
    StepFailed,
    Submitted,
    Titled,
    TurnTaken,
)
from tasks.domain.effect import ANSWERS, Effect
from tasks.domain.effects import effects_of
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import (
    CiChanged,
    DisputeDecided,
    HeadMoved,
    PressedInChat,
    PullRequestMoved,
    QuestionAnswered,
    Remarked,
    Replied,
    RetryRequested,
    RunRequested,
    StopRequested,
)
from tasks.domain.fold import apply, begin, fold
from tasks.domain.next_step import Decide, Do, Wait, next_step
from tasks.domain.remarks import Place, Remark
from tasks.domain.request import Person
from tasks.domain.results import (
    BranchPushed,
    ChecksSeen,
    EffectFailed,
    HeadAdopted,
    MadeReady,
    MergePrepared,
    PermissionSeen,
    PullRequestOpened,
)
from tasks.domain.run import ENDED, Run, RunState
from tasks.effects.host import AFTER_ALL, ESSENTIAL, wanted
from tests.support.histories import BASE, POLICY, inspected, verdict
from tests.support.requests import NOON, a_request

T = TypeVar("T")
BEN = Person("slack", "T1", "U2", "ben")
AWAITED = {RunState.triaging: {"host.inspect"}, RunState.verifying: {"host.push", "host.open_pr"},
           RunState.reviewing: {"host.ready"}, RunState.provisioning: {"host.adopt"},
           RunState.revising: {"host.merge"}}  # fmt: skip
VERBS = [
    "",
    "",
    "request",
    "stop",
    "retry",
    "hold",
    "unhold",
    "review",
    "fix ci",
    "fix conflicts",
    "waive",
    "status",
]
BY_PEOPLE = {RunState.needs_input, RunState.disputed}
CONCLUSIONS = st.sampled_from([Conclusion.success, Conclusion.failure, Conclusion.pending,
                               Conclusion.neutral, Conclusion.action_required])  # fmt: skip


@dataclass(slots=True)
class Pending:
    effect: Effect
    then: Run
    doubtful: bool = False


class Draws(Protocol):
    """Chooses among a step's outcomes."""

    def pick(self, outcomes: list[T]) -> T: ...


class Smooth:
    """The first and best of every list."""

    def pick(self, outcomes: list[T]) -> T:
        return outcomes[0]


@dataclass(slots=True)
class AnyLuck:
    data: st.DataObject

    def pick(self, outcomes: list[T]) -> T:
        return self.data.draw(st.sampled_from(outcomes))


class RunMachine(RuleBasedStateMachine):
    """The fold with an outbox beside it and a code host behind that."""

    @initialize()
    def asked(self) -> None:
        self.now = NOON
        first = Recorded(1, NOON, RunRequested(a_request(), "Return 422"))
        self.recorded = [first]
        self.run_now = begin("R-1042", first)
        self.pending: list[Pending] = []
        self.results: list[Event] = []
        self.made = 0
        self.foreign = 0
        self.gated: set[str] = set()
        self.passed: set[str] = set()
        self.branch = ""
        self.open_pulls = 0
        self.ci = Conclusion.pending
        self._intend(effects_of(None, first.event, self.run_now))

    def tell(self, event: Event) -> None:
        self.now += timedelta(seconds=1)
        before = self.run_now
        self.recorded.append(Recorded(before.seq + 1, self.now, event))
        self.run_now = apply(before, self.recorded[-1])
        quiet = (RunState.cancelled, RunState.merged, RunState.closed)
        if self.run_now.state in quiet and before.state not in quiet:
            self.pending = [
                p
                for p in self.pending
                if p.doubtful or not p.effect.kind.startswith("host.") or p.effect.lane in ANSWERS
            ]
        self._intend(effects_of(before, event, self.run_now))

    def _intend(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            self.pending = [p for p in self.pending if not effect.slot or p.effect.slot != effect.slot]
            self.pending.append(Pending(effect, self.run_now))

    # --- the driver ----------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def drive(self, data: st.DataObject) -> None:
        step = next_step(self.run_now, POLICY, self.now)
        if isinstance(step, Decide):
            self.tell(step.event)
        elif isinstance(step, Wait) and step.until and data.draw(st.booleans()):
            self.now = max(self.now, step.until)
        elif isinstance(step, Do):
            self._step(step.step, AnyLuck(data))

    @rule(rounds=st.integers(3, 25), well=st.booleans(), data=st.data())
    def a_while_passes(self, rounds: int, well: bool, data: st.DataObject) -> None:
        """Gets somewhere, so that what is rare happens late too."""
        luck: Draws = Smooth() if well else AnyLuck(data)
        for _ in range(rounds):
            step = next_step(self.run_now, POLICY, self.now)
            overtaken = luck.pick([False, True])
            if overtaken and self._essential():
                self._carried_out(self._essential()[0])
            elif isinstance(step, Decide):
                self.tell(step.event)
            elif isinstance(step, Do):
                self._step(step.step, luck)
            elif hurried := [p for p in self.pending if p.effect.kind in ESSENTIAL | {"host.checks"}]:
                self._carried_out(hurried[0])
            elif self.run_now.question:
                self.tell(QuestionAnswered(self.run_now.question.number, "a", BEN))
            elif self.run_now.state is RunState.pr_open:
                self.ci = luck.pick([Conclusion.success, Conclusion.failure])
                self.tell(ChecksSeen(self.run_now.head_oid, (CheckState("tests", self.ci),), True))
            elif self.run_now.state is RunState.disputed:
                self.tell(DisputeDecided(BEN, luck.pick([True, False]), "fine"))
            else:
                return
            self.somebody_will_wake_it()

    def _essential(self) -> list[Pending]:
        return [p for p in self.pending if p.effect.kind in ESSENTIAL]

    def _step(self, name: str, luck: Draws) -> None:
        if luck.pick([False] * 9 + [True]):
            before = self.run_now.step_failure
            attempt = before.attempt + 1 if before and before.step == name else 1
            self.tell(StepFailed(name, FailureClass.sandbox, "SBX-007", "no", attempt, self.now))
            return
        getattr(self, f"_{name}")(luck)

    def _title(self, luck: Draws) -> None:
        self.tell(Titled("Return 422"))

    def _provision(self, luck: Draws) -> None:
        self.tell(Provisioned(BASE, (("test", "pytest"),), True, "full"))
        self.tell(PlanMade(("Fix it",)))

    def _code(self, luck: Draws) -> None:
        self.tell(TurnTaken("worker", self.run_now.turns + 1, (), 0.1, "w" * 40))
        outcome = luck.pick(["submit", "submit", "submit", "ask", "fail"])
        if outcome == "ask":
            self.tell(QuestionAsked(self.run_now.questions_asked + 1, "agent", "Which?", ("a", "b")))
        elif outcome == "fail":
            self.tell(Failed("AGT-003", "no"))
        else:
            self.made += 1
            parent = self.run_now.pushed_oid or BASE
            at_work = self.run_now.round
            if at_work and not at_work.over:
                oid = luck.pick([f"{self.made:040x}", f"{self.made:040x}", ""])
                self.tell(RemarksAnswered(at_work.number, (), oid, ("a.py",)))
                if not oid:
                    return
            self.tell(Submitted(f"{self.made:040x}", "t" * 40, parent, "Return 422", "done"))

    def _gate(self, luck: Draws) -> None:
        assert self.run_now.submission is not None
        oid = self.run_now.submission.oid
        outcome = luck.pick([GateOutcome.passed, GateOutcome.passed, GateOutcome.failed, GateOutcome.broken])
        if outcome is GateOutcome.passed:
            self.gated.add(oid)
        self.tell(Gated(oid, (GateResult("test", outcome, "pass", "pass"),)))

    def _review(self, luck: Draws) -> None:
        head = self.run_now.review_head
        outcome = luck.pick(["passed", "blocked", "blocked", "blocked", "unavailable"])
        for lens in ("correctness", "security", "tests"):
            self.tell(verdict(lens, head=head))
        if outcome == "passed":
            self.passed.add(head)
        self.tell(ReviewSettled(head, outcome))

    # --- the publisher -------------------------------------------------------------------------------------------

    @precondition(lambda self: self.pending)
    @rule(data=st.data(), luck=st.sampled_from(["done", "done", "done", "lost answer", "refused", "bug"]))
    def publish(self, data: st.DataObject, luck: str) -> None:
        lanes = {p.effect.lane: p for p in reversed(self.pending)}
        chosen = lanes[data.draw(st.sampled_from(sorted(lanes)))]
        kind = chosen.effect.kind
        if luck in ("refused", "bug"):
            self.pending.remove(chosen)
            if kind in ESSENTIAL and wanted(kind, chosen.then, self.run_now):
                self.tell(EffectFailed(kind, "GIT-003", "no"))
            return
        if luck == "lost answer":
            self._write(chosen)
            chosen.doubtful = True
        else:
            self._carried_out(chosen)

    def _carried_out(self, chosen: Pending) -> None:
        result = self._write(chosen)
        waits = chosen.effect.kind == "host.ready" and self.run_now.ci_is_red
        if not (waits and self.run_now.state is RunState.reviewing):
            self.pending.remove(chosen)
        if result is not None:
            self.results.append(result)
            self.tell(result)

    def _write(self, intent: Pending) -> Event | None:
        """What really happens outside, as tasks/effects does it."""
        kind, run, effect = intent.effect.kind, self.run_now, intent.effect
        if not wanted(kind, intent.then, run):
            return self._after_all(intent) if intent.doubtful and kind in AFTER_ALL else None
        match kind:
            case "host.inspect":
                return inspected()
            case "host.push":
                self._write_is_allowed()
                assert effect.get("oid") in self.gated, "something ungated was pushed"
                if self.branch not in (effect.get("expected"), effect.get("oid")):
                    if self.branch in run.known_heads:
                        return EffectFailed(kind, "GIT-004", "Somebody moved the branch back.")
                    return HeadMoved(self.branch)
                self.branch = effect.get("oid")
                return BranchPushed("sortie/R-1042-x", effect.get("oid"))
            case "host.open_pr":
                self._write_is_allowed()
                self.open_pulls = max(self.open_pulls, 1)
                return PullRequestOpened(812, "http://host/acme/api/pull/812", effect.get("head"))
            case "host.checks" if run.head_oid:
                settled = self.ci is not Conclusion.pending
                return ChecksSeen(run.head_oid, (CheckState("tests", self.ci),), settled)
            case "host.permission":
                return PermissionSeen(effect.get("remark"), "ben", 9, Role.write, True)
            case "host.merge":
                return MergePrepared(int(effect.get("round")), BASE, "m" * 40, ())
            case "host.adopt":
                return HeadAdopted(self.branch, BASE)
            case "host.ready":
                fits = run.state is RunState.reviewing and run.review_outcome == "passed"
                if fits and run.ci_is_red:
                    return None  # it will be tried again
                if not fits or intent.then.review_head != run.review_head or not run.pr:
                    return None
                self._write_is_allowed()
                assert run.review_head in self.passed or run.waived, "unreviewed work left draft"
                if self.branch != run.review_head and self.branch in run.known_heads:
                    return EffectFailed(kind, "GIT-006", "GitHub shows an older head of ours.")
                if self.branch != run.review_head:
                    return HeadMoved(self.branch)
                return MadeReady(812)
        return None

    def _after_all(self, intent: Pending) -> Event | None:
        if intent.effect.kind == "host.push" and self.branch == intent.effect.get("oid"):
            return BranchPushed("sortie/R-1042-x", self.branch)
        if intent.effect.kind == "host.open_pr" and self.open_pulls:
            return PullRequestOpened(812, "http://host/acme/api/pull/812", intent.effect.get("head"))
        return None

    def _write_is_allowed(self) -> None:
        assert self.run_now.state not in ENDED, "a write after the end"

    @precondition(lambda self: any(p.effect.kind not in ESSENTIAL for p in self.pending))
    @rule(data=st.data())
    def lose_something_that_nobody_waits_for(self, data: st.DataObject) -> None:
        spare = [n for n, p in enumerate(self.pending) if p.effect.kind not in ESSENTIAL]
        del self.pending[data.draw(st.sampled_from(spare))]

    @precondition(lambda self: self.results)
    @rule(data=st.data())
    def hear_a_result_again(self, data: st.DataObject) -> None:
        self.tell(data.draw(st.sampled_from(self.results)))

    # --- people and the code host --------------------------------------------------------------------------------

    @rule(really=st.integers(0, 5))
    def stop(self, really: int) -> None:
        if really == 0:
            self.tell(StopRequested(BEN))

    @rule()
    def stop_and_think_better_of_it(self) -> None:
        """An answer to a write of the stopped attempt may come any time later."""
        for pending in self._essential():
            pending.doubtful = True
        self.tell(StopRequested(BEN))
        self.tell(RetryRequested(BEN))

    @rule()
    def retry(self) -> None:
        self.tell(RetryRequested(BEN))

    @rule(steering=st.booleans())
    def reply(self, steering: bool) -> None:
        self.tell(Replied(BEN, "also charges", MessageRef("C1", "9.0"), steering))

    @rule(number=st.integers(1, 3))
    def answer(self, number: int) -> None:
        self.tell(QuestionAnswered(number, "a", BEN))

    @rule(fix=st.booleans())
    def decide(self, fix: bool) -> None:
        verb, words = ("fix it", "") if fix else ("not a problem", "redacted upstream")
        self.tell(PressedInChat(BEN, "ben", verb, words))

    @precondition(lambda self: self.run_now.pushed_oid)
    @rule(conclusion=CONCLUSIONS, old=st.booleans(), some=st.booleans())
    def see_checks(self, conclusion: Conclusion, old: bool, some: bool) -> None:
        head = "f" * 40 if old else self.run_now.pushed_oid
        seen = (CheckState("tests", conclusion),) if some else ()
        self.ci = conclusion
        self.tell(ChecksSeen(head, seen, conclusion is not Conclusion.pending or not some))

    @precondition(lambda self: self.run_now.pushed_oid)
    @rule()
    def news_of_checks(self) -> None:
        self.tell(CiChanged(self.run_now.pushed_oid))

    @precondition(lambda self: self.run_now.pr and len(self.recorded) > 40)
    @rule(merged=st.booleans())
    def close(self, merged: bool) -> None:
        self.tell(PullRequestMoved(812, "closed", merged, self.run_now.pushed_oid, "ada"))

    @precondition(lambda self: self.run_now.pr)
    @rule(verb=st.sampled_from(VERBS), number=st.integers(1, 40))
    def write_on_the_pull_request(self, verb: str, number: int) -> None:
        by = Person("github", "github", "9", "ben")
        remark = Remark(Place.comment, number, by, "Rename it.", verb, "#1 fine")
        self.tell(Remarked(812, remark))

    @precondition(
        lambda self: self.run_now.pr and self.run_now.state not in ENDED and len(self.recorded) > 25
    )
    @rule(told=st.booleans())
    def push_to_our_branch(self, told: bool) -> None:
        self.foreign += 1
        self.branch = f"f{self.foreign:039x}"
        if told:
            self.tell(PullRequestMoved(812, "open", False, self.branch, "ben"))

    # --- what always holds ---------------------------------------------------------------------------------------

    @invariant()
    def somebody_will_wake_it(self) -> None:
        step = next_step(self.run_now, POLICY, self.now)
        state = self.run_now.state
        if not isinstance(step, Wait) or step.until or state in BY_PEOPLE or state is RunState.pr_open:
            return  # an open pull request is watched by the reconciler
        if state is RunState.verifying and self.run_now.held_by:
            return  # a person said hold
        kinds = {p.effect.kind for p in self.pending if wanted(p.effect.kind, p.then, self.run_now)}
        assert kinds & AWAITED.get(state, set()), f"{state} waits for {step.why} and nothing is under way"

    @invariant()
    def the_fold_is_the_run(self) -> None:
        if len(self.recorded) % 10 == 0:
            assert fold("R-1042", tuple(self.recorded)) == self.run_now

    @invariant()
    def what_is_over_has_a_time(self) -> None:
        run = self.run_now
        assert (run.ended_at is not None) == (run.state in ENDED)
        assert not (run.state in ENDED and run.question)


TestRunMachine = RunMachine.TestCase
TestRunMachine.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
