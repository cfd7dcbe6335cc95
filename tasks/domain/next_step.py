"""What happens next in a run: a decision that needs no work, a step to do, a wait, or nothing. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.types.code_host import Conclusion
from tasks.domain.checks import GateOutcome, blocks
from tasks.domain.decisions import CiJudged, Disputed, Failed, Noted, Reopened, ReviewStarted
from tasks.domain.events import Event
from tasks.domain.files import awaited_until
from tasks.domain.folds.born import asked_lenses
from tasks.domain.folds.opened import without_thread
from tasks.domain.folds.theirs import nothing_of_ours
from tasks.domain.policy import Policy, authorise, choose_repo, may_be_guessed
from tasks.domain.request import Deliver
from tasks.domain.rounds import branch_step, next_round, nothing_is_red, round_begins, waits_for_merge
from tasks.domain.run import CANNOT_FIX, ENDED, Run, RunState
from tasks.domain.thread_events import Nudged
from tasks.domain.verdict import Outcome
from tasks.domain.waiting import awaited

NO_TESTS, RED_BASE, CI_APPROVAL = "REPO-005", "REPO-007", "CI-005"


@dataclass(frozen=True, slots=True)
class Decide:
    """Append this and ask again."""

    event: Event


@dataclass(frozen=True, slots=True)
class Do:
    """Run the step of this name; its event is the answer."""

    step: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until a fact arrives, or until `until` at the latest."""

    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """The run has ended or is in people's hands."""


Step = Decide | Do | Wait | Rest


def next_step(run: Run, policy: Policy, now: datetime) -> Step:
    """The one place that says what a run does next. Total: every state has an answer."""
    policy = policy.within(run.rules)
    if on_the_branch := branch_step(run):
        return Decide(on_the_branch)
    if nothing_red := nothing_is_red(run):
        return Decide(nothing_red)
    begins = round_begins(run, policy)
    if begins and now >= begins:
        return Decide(next_round(run))
    step = _next_step(run, policy, now)
    if begins is None or isinstance(step, Decide) or (isinstance(step, Do) and step.step != "review"):
        return step
    until = step.until if isinstance(step, Wait) else None
    return Wait("more comments", min(begins, until) if until else begins)


def _next_step(run: Run, policy: Policy, now: datetime) -> Step:
    if run.state in ENDED:
        return Rest()
    if run.state is RunState.ready:
        return _ready(run, policy)
    if run.effect_failure:
        return Decide(_undelivered(run))
    if waiting := _after_a_broken_step(run, policy, now):
        return waiting
    if note := _to_be_said(run):
        return Decide(note)
    if without_thread(run):
        return Wait("its thread")
    match run.state:
        case RunState.received if may_be_guessed(run, policy):
            return Do("guess")
        case RunState.received:
            return Decide(choose_repo(run, policy))
        case RunState.triaging:
            return _triage(run, policy)
        case RunState.queued if (until := awaited_until(run.thread.files, run.state_since)) and now < until:
            return Wait("its files", until)
        case RunState.queued:
            return Do("provision" if run.titled or not run.changes else "title")
        case RunState.verifying:
            return _verify(run)
        case RunState.pr_open:
            return _wait_for_ci(run, policy, now)
        case RunState.reviewing:
            return _review(run, policy)
        case RunState.needs_input:
            due = awaited(run, policy, now)
            return Decide(due) if isinstance(due, Nudged) else Wait("a person", due)
        case RunState.disputed:
            return Wait("a person")
        case RunState.provisioning:
            return Wait("the code host")
    return _work(run, policy)


def _after_a_broken_step(run: Run, policy: Policy, now: datetime) -> Step | None:
    broken = run.step_failure
    if broken is None:
        return None
    if broken.attempt >= policy.attempts_for(broken.failure):
        tried = f"{broken.step}, {broken.attempt} times"
        return Decide(Failed(broken.code, broken.message, tried, left(run)))
    return Wait("the next try", broken.due_at) if now < broken.due_at else None


def _to_be_said(run: Run) -> Noted | None:
    """What people must know about the repository before they trust the result; each is said once an attempt."""
    said = {note.code for note in run.notes}
    if not run.changes:
        return None
    if run.commands_known and not run.has_tests and NO_TESTS not in said:
        return Noted(NO_TESTS, "This repo has no runnable tests, so I can't prove a fix.")
    red = [g for g in run.gates if g.outcome is GateOutcome.red_before]
    if red and RED_BASE not in said:
        names = ", ".join(g.name for g in red)
        return Noted(RED_BASE, f"{run.base_ref} is already failing ({names}). Only new failures count.")
    return None


def _triage(run: Run, policy: Policy) -> Step:
    if not run.repo or run.repo_answer not in (None, run.repo):
        return Decide(choose_repo(run, policy))
    return Wait("the code host") if run.inspection is None else Decide(authorise(run, policy))


def _work(run: Run, policy: Policy) -> Step:
    if run.deliver is Deliver.answer:
        return Do("explain")
    if run.gate_round > policy.gate_rounds:
        names = ", ".join(g.name for g in blocks(run.gates))
        happened = f"The checks still fail after {_rounds(policy.gate_rounds)}: {names}."
        return Decide(Failed("AGT-007", happened, f"{_rounds(run.gate_round)} of repair", left(run)))
    if run.state is RunState.ci_fixing and not run.at_work_for:
        judged = _judgement(run, policy)
        if judged and judged.result != "red":
            return Decide(judged)
    if run.state is RunState.ci_fixing and run.ci_round > policy.ci_rounds + run.granted_ci:
        return Decide(_ci_beyond_us(run, policy))
    if run.state is RunState.revising and run.review_round >= policy.review_rounds + run.granted_rounds:
        return Decide(Disputed(run.review_head))
    if run.state is RunState.revising and waits_for_merge(run):
        return Wait("the code host")
    return Do("code")


def _verify(run: Run) -> Step:
    if run.submission is None:
        return Do("code")
    if run.gated_oid != run.submission.oid:
        return Do("gate")
    broken = [g for g in run.gates if g.outcome is GateOutcome.broken]
    if broken and not run.untested:
        return Decide(
            Failed("SBX-010", broken[0].detail or "The checks could not be run.", "the gates", left(run))
        )
    return Wait("the push")


def _wait_for_ci(run: Run, policy: Policy, now: datetime) -> Step:
    if run.unheard:
        return Decide(Reopened(run.head_oid))
    if nothing_of_ours(run):
        return Wait("CI", now + timedelta(seconds=policy.ci_grace_s))
    if judged := _judgement(run, policy):
        return Decide(judged)
    if run.ci_wants_approval:
        return _wait_for_approval(run)
    since = run.state_since or now
    grace_ends = since + timedelta(seconds=policy.ci_grace_s)
    if now < grace_ends:
        return Wait("CI", grace_ends)
    if run.checks_settled and not run.checks_stale:
        return Decide(_ci_called_off(run) if run.checks else CiJudged(run.head_oid, "none"))
    given_up = since + timedelta(seconds=policy.ci_wait_s)
    return Wait("CI", given_up) if now < given_up else Decide(_ci_without_end(run, policy))


def _wait_for_approval(run: Run) -> Step:
    """No change to the code helps here, so the agent is not sent back to it."""
    if any(note.code == CI_APPROVAL for note in run.notes):
        return Wait("a maintainer's approval of the CI run")
    return Decide(Noted(CI_APPROVAL, "GitHub wants a maintainer to approve the CI run."))


def _judgement(run: Run, policy: Policy) -> CiJudged | None:
    """What the checks say of the head, once all of them have spoken and nothing newer is known to be out.

    What is red on the base commit as well is not ours to repair: only new failures count, as with the gates.
    """
    if not run.checks or not run.checks_settled or run.checks_stale:
        return None
    red = [c.name for c in run.new_red_checks]
    if not red:
        undecided = run.ci_wants_approval or run.checks_called_off
        return None if undecided else CiJudged(run.head_oid, "red_before" if run.red_checks else "green")
    excerpt = "\n\n".join(f"{name}:\n{text}" for name, text in run.checks_logs if text and name in red)
    return CiJudged(run.head_oid, "red", excerpt or ", ".join(red), policy.ci_rounds + run.granted_ci)


def _review(run: Run, policy: Policy) -> Step:
    if run.unheard:
        return Decide(Reopened(run.head_oid))
    judged = _judgement(run, policy)
    if judged and judged.result != run.ci_result:
        return Decide(judged)
    if run.review_head != run.head_oid:
        return Decide(ReviewStarted(run.head_oid, run.review_round + 1, asked_lenses(run) or policy.lenses))
    if not run.review_outcome:
        return Do("review")
    if run.review_outcome == Outcome.passed:
        return Wait("leaving draft")
    down = [v for v in run.current_verdicts() if v.reason]
    what = "; ".join(f"{v.lens}: {v.reason}" for v in down) or "a lens gave no verdict"
    happened = f"A review could not run, and that is not counted as a pass ({what})."
    return Decide(Failed("REV-002", happened, "each lens twice", left(run)))


def _ready(run: Run, policy: Policy) -> Step:
    """In people's hands, as long as its checks are green: what turns red after all is repaired, in the rounds that are left."""
    judged = _judgement(run, policy)
    red = judged is not None and judged.result == "red" and not run.foreign
    return Decide(judged) if judged and red else Rest()


def _ci_called_off(run: Run) -> Failed:
    names = ", ".join(c.name for c in run.checks_called_off)
    happened = f"CI was called off before it came to a result ({names}), so nothing is proved either way."
    return Failed("CI-006", happened, "waiting for another run of it", left(run))


def _ci_without_end(run: Run, policy: Policy) -> Failed:
    still = ", ".join(c.name for c in run.checks if c.conclusion is Conclusion.pending) or "no check"
    minutes = round(policy.ci_wait_s / 60)
    happened = f"CI has not finished within {minutes} min (still running: {still})."
    return Failed("CI-007", happened, "waiting for it", left(run))


def _ci_beyond_us(run: Run, policy: Policy) -> Failed:
    red = ", ".join(c.name for c in run.new_red_checks) or "CI"
    rounds = policy.ci_rounds + run.granted_ci
    happened = f"{red} still fails after {_rounds(rounds)}."
    return Failed(CANNOT_FIX, happened, f"{_rounds(rounds)} of repair on the failing log", left(run))


def _rounds(number: int) -> str:
    return "1 round" if number == 1 else f"{number} rounds"


def _undelivered(run: Run) -> Failed:
    failed = run.effect_failure
    assert failed is not None
    return Failed(failed.code, failed.message, failed.kind.replace("host.", "GitHub: "), left(run))


def left(run: Run) -> str:
    """What stays behind when a run ends here, as one sentence."""
    if not run.changes:
        return "Nothing was pushed."
    if run.pr and run.is_theirs:
        return f"Pull request #{run.pr.number} with what was pushed to {run.branch}; nothing was merged."
    if run.pr:
        untested = ", untested," if run.untested else ""
        kind = "PR" if run.ready_at else "Draft PR"
        return f"{kind} #{run.pr.number}{untested} on branch {run.branch}; nothing was merged."
    if run.pushed_oid:
        return f"Branch {run.branch}, no PR."
    if run.wip_oid or run.submission:
        return "The work so far is kept and a retry starts from it. Nothing was pushed."
    return "Nothing was pushed."
