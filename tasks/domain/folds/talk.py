"""What people write on the pull request: who may, what a command does at once, and the rounds that answer the rest."""

from dataclasses import replace

from tasks.domain import plan as plans
from tasks.domain import presses
from tasks.domain.decisions import RemarksAnswered, RoundStarted
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import PressedInChat, Remarked, RepoChanged, RetryRequested, StopRequested
from tasks.domain.folds.born import answered_by, standing_there, steered, steers
from tasks.domain.folds.moved import moved
from tasks.domain.folds.people import spoken
from tasks.domain.folds.theirs import nothing_of_ours
from tasks.domain.remarks import Before, Heard, Kind, Place, Remark, Round, Standing, Why, refusal
from tasks.domain.results import MergePrepared, PermissionSeen
from tasks.domain.rounds import MERGING
from tasks.domain.run import ENDED, Run, RunState
from tasks.domain.verdict import Outcome, Settled, Status, with_settled


def talked(run: Run, event: Event, recorded: Recorded) -> Run:
    match event:
        case Remarked(number, remark) if number in run.numbers:
            return _remarked(run, Heard(remark, recorded.at, number=number))
        case PressedInChat():
            pressed = presses.remark_of(run, event, recorded.seq)
            heard = Heard(
                pressed,
                recorded.at,
                number=run.pr.number if run.pr else 0,
                account_id=event.account_id,
                message=event.message,
                question=event.question,
            )
            return _remarked(run, heard)
        case PermissionSeen():
            return _permitted(run, event, recorded)
        case RoundStarted(number, kind, remarks, head_oid):
            return _started(run, Round(number, kind, remarks, head_oid, _standing_of(run)))
        case MergePrepared() if (
            run.round and run.round.number == event.round and run.state is RunState.revising
        ):
            return _merged(run, run.round, event)
        case RemarksAnswered(number, answers, oid, touched) if run.round and run.round.number == number:
            answered = replace(run.round, answers=answers, touched=touched, new_oid=oid)
            return replace(run, round=answered) if oid else _as_before(replace(run, round=answered))
    return run


def round_pushed(run: Run, oid: str) -> Run:
    """The commit of a round stands on the host: its remarks are answered, once."""
    if run.round is None or run.round.over or run.round.new_oid != oid:
        return run
    return _closed(run)


def meaning(run: Run, seen: PermissionSeen) -> Event | None:
    """The event that a permitted command stands for, where people can say the same in the chat."""
    heard = run.heard(seen.remark)
    if heard is None or heard.standing is not Standing.asked or _refused(run, heard, seen):
        return None
    if heard.remark.place is Place.chat:
        return presses.decision(run, heard)
    if answer := answered_by(run, heard.remark):
        return answer
    match heard.remark.verb:
        case "stop" if run.state not in ENDED:
            return StopRequested(heard.remark.by)
        case "retry" if run.state in (RunState.failed, RunState.cancelled) or run.foreign:
            return RetryRequested(heard.remark.by)
        case "fix ci" if run.state is RunState.failed and not run.foreign:
            return RetryRequested(heard.remark.by)
        case "request" | "fix ci" | "fix conflicts" if run.foreign and run.state not in ENDED:
            return RetryRequested(heard.remark.by)
    return None


def _remarked(run: Run, heard: Heard) -> Run:
    return run if run.heard(heard.remark.key) else replace(run, remarks=(*run.remarks, heard))


def _permitted(run: Run, seen: PermissionSeen, recorded: Recorded) -> Run:
    heard = run.heard(seen.remark)
    if heard is None or heard.standing is not Standing.asked:
        return run
    heard = replace(heard, role=seen.role)
    if why := _refused(run, heard, seen):
        return _stand(run, replace(heard, standing=Standing.refused, why=why))
    event = meaning(run, seen)
    after = _meant(run, event, recorded) if event else run
    if steers(run, heard.remark) and not event:
        after = steered(run, heard.remark, recorded.seq)
    standing, why = standing_there(run, heard.remark) or _standing(run, heard)
    return _effect(_stand(after, replace(heard, standing=standing, why=why)), heard.remark, standing)


def _meant(run: Run, event: Event, recorded: Recorded) -> Run:
    return moved(run, event) if isinstance(event, RepoChanged) else spoken(run, event, recorded)


def _refused(run: Run, heard: Heard, seen: PermissionSeen) -> str:
    if heard.remark.place is Place.chat:
        return presses.refusal(run, heard, seen)
    return refusal(heard.remark, role=seen.role, user_id=seen.user_id, owner=seen.owner)


def _standing(run: Run, heard: Heard) -> tuple[Standing, str]:
    """What an allowed remark comes to in a run that stands like this."""
    remark = heard.remark
    if remark.place is Place.chat:
        return presses.standing(run, heard)
    over = run.state in ENDED
    if remark.place is Place.button and not over and remark.head != run.head_oid:
        return Standing.moot, Why.outdated
    match remark.verb:
        case "status" | "help":
            return Standing.done, ""
        case "stop":
            return (Standing.moot, Why.over) if over else (Standing.done, "")
        case "retry":
            again = run.state in (RunState.failed, RunState.cancelled) or run.foreign is not None
            return (Standing.done, "") if again else (Standing.moot, Why.not_over)
        case "hold" | "unhold":
            changes = (run.held_by is None) == (remark.verb == "hold")
            return (Standing.done, "") if changes else (Standing.moot, Why.already)
        case "waive":
            return _waivable(run, remark)
        case "review":
            fits = run.state in (RunState.ready, RunState.disputed) and not run.foreign
            return (Standing.done, "") if fits else (Standing.moot, Why.not_now)
        case "rebase" if not over and (run.foreign or run.adopted or run.is_theirs):
            return Standing.moot, Why.not_ours
        case "fix findings" if not over:
            return _fixable(run)
        case "fix ci" if run.state is RunState.failed:
            return Standing.done, ""
        case "fix ci" if not over and not run.ci_is_red:
            return Standing.moot, Why.not_red
    if over:
        return Standing.moot, Why.over
    if not run.changes:
        return Standing.moot, Why.not_now
    return (Standing.waiting, "") if run.hears(remark) else (Standing.moot, Why.not_ours)


def _fixable(run: Run) -> tuple[Standing, str]:
    """Findings are worked on while people have the head, never while the author or the lenses are at it anyway."""
    if run.foreign:
        return Standing.moot, Why.human_commits
    if run.state not in (RunState.ready, RunState.disputed):
        return Standing.moot, Why.not_now
    return (Standing.waiting, "") if run.unsettled_findings() else (Standing.moot, Why.no_findings)


def _waivable(run: Run, remark: Remark) -> tuple[Standing, str]:
    number, _, reason = remark.words.partition(" ")
    if not reason.strip():
        return Standing.moot, Why.no_reason
    there = any(str(f.number) == number.lstrip("#") for f in run.open_findings())
    return (Standing.done, "") if there else (Standing.moot, Why.no_finding)


def _effect(run: Run, remark: Remark, standing: Standing) -> Run:
    """What a command does to the run itself."""
    if standing is not Standing.done:
        return run
    if remark.place is Place.chat:
        return presses.carried_out(run, remark)
    match remark.verb:
        case "hold":
            return replace(run, held_by=remark.by)
        case "unhold":
            return replace(run, held_by=None)
        case "waive":
            return _waived(run, remark)
        case "review":
            return _reviewed_again(run, remark.words.strip().lower())
    return run


def _waived(run: Run, remark: Remark) -> Run:
    """One finding is closed by name; when it was the last, the dispute is settled."""
    number, _, reason = remark.words.partition(" ")
    closed = Settled(int(number.lstrip("#")), Status.waived, f"{remark.by.name}: {reason.strip()}")
    verdicts = with_settled(run.verdicts, (closed,))
    after = replace(run, verdicts=verdicts)
    if after.open_findings():
        return after
    after = replace(after, waived=f"{reason.strip()} ({remark.by.name})")
    if run.state is RunState.disputed:
        return replace(after, state=RunState.reviewing, review_outcome=Outcome.passed)
    return after


def _reviewed_again(run: Run, lens: str) -> Run:
    """The head is judged anew, by one lens or all of them; what was said of it before by these no longer counts."""
    kept = tuple(v for v in run.verdicts if v.head_oid != run.head_oid or (lens and v.lens != lens))
    items = plans.mark(run.plan, plans.REVIEW, plans.ItemStatus.in_progress)
    numbers = {f.number for v in kept for f in v.findings}
    rebuttals = tuple(r for r in run.rebuttals if r.finding in numbers)
    after = replace(run, state=RunState.reviewing, verdicts=kept, rebuttals=rebuttals, hearing=())
    return replace(after, review_head="", review_outcome="", waived="", plan=items)


def _stand(run: Run, heard: Heard) -> Run:
    remarks = tuple(heard if h.remark.key == heard.remark.key else h for h in run.remarks)
    return replace(run, remarks=remarks)


# --- rounds -----------------------------------------------------------------------------------------------------------


def _standing_of(run: Run) -> Before:
    said = (run.ci_result, run.ci_excerpt, run.review_outcome)
    return Before(str(run.state), run.gates, run.gated_oid, *said, run.risk)


def _started(run: Run, begun: Round) -> Run:
    """The counters of repair begin anew: a person asked for this work."""
    remarks = tuple(
        replace(h, standing=Standing.working) if h.remark.key in begun.remarks else h for h in run.remarks
    )
    items = plans.mark(run.plan, plans.REVIEW, plans.ItemStatus.pending)
    alone = _programs_alone(run, begun)
    after = replace(
        run,
        state=RunState.revising,
        round=begun,
        rounds=begun.number,
        rounds_alone=run.rounds_alone + 1 if alone else 0,
        cost_before=run.cost_before if alone else run.cost_usd,
        remarks=remarks,
        gates=(),
        gated_oid="",
        gate_round=0,
        ci_round=0,
        ci_result="",
        ci_excerpt="",
        review_round=0,
        review_outcome="",
        granted_rounds=0,
        granted_by=None,
        plan=items,
    )
    if begun.kind is Kind.ci:
        logs = "\n\n".join(f"{name}:\n{text}" for name, text in run.checks_logs if text)
        excerpt = logs or ", ".join(c.name for c in run.red_checks)
        return replace(after, state=RunState.ci_fixing, ci_round=1, ci_result="red", ci_excerpt=excerpt)
    return after


def _programs_alone(run: Run, begun: Round) -> bool:
    return all(h.remark.by_program for h in run.remarks if h.remark.key in begun.remarks)


def _merged(run: Run, begun: Round, event: MergePrepared) -> Run:
    """The change is measured against the new base from here on; nothing happens where there is nothing to merge."""
    if begun.over or begun.kind not in MERGING or begun.merged_oid:
        return run
    if not event.start_oid:
        return _as_before(run)
    merging = replace(begun, merged_oid=event.base_oid, conflicts=event.conflicts)
    return replace(run, round=merging, base_oid=event.base_oid, wip_oid=event.start_oid)


def _as_before(run: Run) -> Run:
    """A round that changed nothing: the head is the same, and so is what was said of it."""
    assert run.round is not None
    was = run.round.before
    return _closed(
        replace(
            run,
            state=RunState.answered if nothing_of_ours(run) else RunState(was.state),
            gates=was.gates,
            gated_oid=was.gated_oid,
            risk=was.risk,
            ci_result=was.ci_result,
            ci_excerpt=was.ci_excerpt,
            review_outcome=was.review_outcome,
        )
    )


def _closed(run: Run) -> Run:
    assert run.round is not None
    keys = run.round.remarks
    remarks = tuple(replace(h, standing=Standing.done) if h.remark.key in keys else h for h in run.remarks)
    return replace(run, round=replace(run.round, over=True), remarks=remarks)
