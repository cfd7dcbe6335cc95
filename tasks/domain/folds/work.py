"""The decisions and the work of a run, up to its gates."""

from dataclasses import replace

from tasks.domain import plan as plans
from tasks.domain.checks import GateOutcome, blocks
from tasks.domain.decisions import (
    Accepted,
    Explained,
    Failed,
    Gated,
    Noted,
    PlanMade,
    Provisioned,
    QuestionAsked,
    Refused,
    RepoChosen,
    RepoGuessed,
    StepFailed,
    Submitted,
    Titled,
    TurnTaken,
)
from tasks.domain.events import Event
from tasks.domain.folds import born, theirs
from tasks.domain.folds.judgement import judged
from tasks.domain.remarks import Standing
from tasks.domain.request import Deliver
from tasks.domain.run import ENDED, Question, Run, RunState


def decided(run: Run, event: Event) -> Run:
    if run.state in ENDED:
        return _after_the_end(run, event)
    match event:
        case RepoChosen(repo, reason, base, login):
            chosen = replace(run, repo=repo, repo_reason=reason, asked_base=base, login=login)
            return replace(chosen, state=RunState.triaging, inspection=None)
        case RepoGuessed():
            return replace(run, repo_guess=event)
        case QuestionAsked(number, kind, text, options, why):
            question = Question(number, kind, text, options, why)
            return replace(run, state=RunState.needs_input, question=question, questions_asked=number)
        case Refused():
            return born.judged(replace(run, state=RunState.declined, refusal=event), Standing.refused)
        case Accepted():
            seen = run.inspection
            assert seen is not None
            return born.judged(theirs.accepted(run, event, seen), Standing.done)
        case Titled(title, question):
            titled = replace(run, title=title, titled=True)
            return replace(titled, deliver=Deliver.answer) if question and _may_be_a_question(run) else titled
        case StepFailed():
            return replace(run, step_failure=event)
        case Failed():
            return replace(run, state=RunState.failed, failure=event)
        case Explained(_, text):
            return replace(run, state=RunState.answered, explanation=text)
        case Noted():
            return replace(run, notes=(*run.notes, event))
        case Provisioned() | PlanMade() | TurnTaken() | Submitted() | Gated():
            return _worked(run, event)
    return judged(run, event)


def _may_be_a_question(run: Run) -> bool:
    """Only what was asked in the chat without options, and not what a person made a run of after an answer."""
    asked = run.request.options
    plain = not (asked.plan or asked.base) and not run.thread.follows
    return run.request.chat is not None and run.deliver is Deliver.new_pr and plain


def _after_the_end(run: Run, event: Event) -> Run:
    """A turn that was in flight when the run ended still cost money; nothing else counts any more."""
    return _spent(run, event) if isinstance(event, TurnTaken) else run


def _spent(run: Run, event: TurnTaken) -> Run:
    return replace(
        run,
        turns=run.turns + 1,
        cost_usd=run.cost_usd + (event.cost_usd or 0.0),
        cost_known=run.cost_known and event.cost_usd is not None,
        wip_oid=event.wip_oid or run.wip_oid,
        steering_seen=max(run.steering_seen, event.steering_seen),
    )


def _worked(run: Run, event: Event) -> Run:
    match event:
        case Provisioned():
            begun = replace(
                run,
                state=RunState.planning,
                commands=event.commands,
                commands_known=True,
                has_tests=event.has_tests,
                isolation=event.isolation,
                rules=event.rules,
                workspace=event.workspace,
                plan=plans.start_work(plans.with_work(()), 0),
            )
            begun = theirs.taken_up(theirs.narrowed(begun))
            return begun if run.changes else _looks_only(begun)
        case PlanMade(titles):
            state = RunState.coding if run.state is RunState.planning else run.state
            return replace(run, state=state, plan=plans.start_work(plans.with_work(titles), 0))
        case TurnTaken(role):
            after = replace(_spent(run, event), answer=None) if role == "worker" else _spent(run, event)
            return replace(after, state=RunState.coding) if after.state is RunState.planning else after
        case Submitted():
            items = plans.mark(plans.work_done(run.plan), plans.CHECKS, plans.ItemStatus.in_progress)
            return replace(
                run,
                state=RunState.verifying,
                submission=event,
                gates=(),
                gated_oid="",
                plan=items,
                known_heads=(*run.known_heads, event.oid),
            )
        case Gated(oid, results) if run.submission and run.submission.oid == oid:
            return _gated(replace(run, gates=results, gated_oid=oid, risk=event.risk))
    return run


def _looks_only(run: Run) -> Run:
    """A review begins with a head that somebody else pushed; an answer with nothing at all."""
    if run.deliver is Deliver.findings:
        return replace(run, state=RunState.reviewing, plan=(), pushed_oid=run.asked_head)
    return replace(run, plan=())


def _gated(run: Run) -> Run:
    if not blocks(run.gates):
        return run
    items = plans.mark(run.plan, plans.CHECKS, plans.ItemStatus.error)
    if any(g.outcome is GateOutcome.broken for g in run.gates):
        return replace(run, plan=items)
    return replace(run, state=RunState.coding, gate_round=run.gate_round + 1, plan=items)
