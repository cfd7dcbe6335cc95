"""What is written on a pull request because people wrote there, or pushed there. Acks are reactions; words come only with results."""

from tasks.domain import press_effects
from tasks.domain.buttons import offered
from tasks.domain.decisions import RoundStarted
from tasks.domain.effect import Effect, host
from tasks.domain.events import Event
from tasks.domain.facts import ApprovalsMoved, HeadShared, PressedInChat, Remarked
from tasks.domain.remarks import Heard, Outcome, Place, Standing, outcome
from tasks.domain.request import Deliver
from tasks.domain.results import BranchPushed, HeadAdopted, MadeReady, PermissionSeen
from tasks.domain.rounds import MERGING
from tasks.domain.run import ENDED, Run, RunState
from tasks.domain.verdict import Outcome as Reviewed
from tasks.domain.verdict import Status

HOLD, NEEDS_HUMAN = "sortie:hold", "sortie:needs-human"
_REACTABLE = (Place.comment, Place.inline)


def talk_effects(before: Run, event: Event, after: Run) -> tuple[Effect, ...]:
    """The writes that only the conversation on the pull request causes."""
    written = [*_heard(before, event, after), *_answered(before, after), *_branch(before, event, after)]
    written += press_effects.redrawn(before, event, after)
    if after.pr and _moves_approvals(event):
        written.append(host("approval", slot="approval"))
    if after.pr and after.review_head and isinstance(event, HeadShared):
        written.append(host("verdicts", slot="verdicts"))
    if after.pr and _calls_for_people(before) != _calls_for_people(after):
        kind = "labels" if _calls_for_people(after) else "unlabel"
        written += [host(kind, labels=NEEDS_HUMAN), host("progress", slot="progress")]
    if after.pr and offered(before) != offered(after):
        written.append(host("verdicts", slot="verdicts"))
    if after.pr and (gone := _no_more(after) - _no_more(before)):
        written.append(host("resolve", findings=",".join(map(str, sorted(gone)))))
    if after.pr and _told(before) != _told(after):
        written.append(host("sticky", slot="sticky"))
    return tuple(written)


def _heard(before: Run, event: Event, after: Run) -> list[Effect]:
    match event:
        case Remarked(_, remark) if len(after.remarks) > len(before.remarks):
            return [host("permission", priority=1, remark=remark.key)]
        case PressedInChat():
            return press_effects.asked(event, before, after)
        case PermissionSeen(key):
            was, now = before.heard(key), after.heard(key)
            if was and now and was.standing is Standing.asked and now.standing is not Standing.asked:
                return _judged(before, now, after)
    return []


def _judged(before: Run, heard: Heard, after: Run) -> list[Effect]:
    """The ack of one remark, and what its command does on the host at once.

    A button has no reaction: its check run is written again, which also tells the next press from this one.
    """
    remark = heard.remark
    if remark.place is Place.chat:
        return press_effects.judged(before, heard, after)
    pressed = [host("verdicts", slot="verdicts")] if remark.place is Place.button else []
    match heard.standing:
        case Standing.refused:
            return [*pressed, *_react(heard, "-1"), *_said_why(before, heard)] if remark.verb else []
        case Standing.moot:
            return [*pressed, *_react(heard, "confused"), _answer(heard)] if remark.verb else []
    acked = _react(heard, "eyes") if remark.verb or _first_of_its_review(heard, after) else []
    return [*pressed, *acked, *_done_at_once(before, heard, after)]


def _done_at_once(before: Run, heard: Heard, after: Run) -> list[Effect]:
    match heard.remark.verb:
        case "status" | "help":
            return [_answer(heard)]
        case "hold":
            return [host("labels", labels=HOLD)]
        case "unhold":
            return [host("unlabel", labels=HOLD), *_held_back(after)]
        case "waive" if heard.standing is Standing.done:
            told = [host("verdicts", slot="verdicts"), host("describe")]
            return [*told, host("ready")] if before.state is RunState.disputed is not after.state else told
    return []


def _held_back(run: Run) -> list[Effect]:
    """What a hold kept back: the push, or where nothing is pushed, the suggestions."""
    due = run.state is RunState.verifying and run.submission and run.gated_oid == run.submission.oid
    if run.deliver is Deliver.suggestions:
        return [host("suggest", oid=run.gated_oid)] if due else []
    return [push_of(run)] if due else []


def push_of(run: Run) -> Effect:
    """The push of the gated commit: forward from the last one, or in a rebase in its place."""
    onto = run.round.onto if run.round else ""
    if onto:
        return host("push", oid=run.gated_oid, expected=run.pushed_oid, onto=onto)
    return host("push", oid=run.gated_oid, expected=run.pushed_oid)


def _said_why(before: Run, heard: Heard) -> list[Effect]:
    """A refusal is explained once to a person; after that the reaction says it."""
    told = any(
        h.remark.by.id == heard.remark.by.id and h.standing is Standing.refused for h in before.remarks
    )
    return [] if told else [_answer(heard)]


def _answered(before: Run, after: Run) -> list[Effect]:
    """Every remark of a round that has just ended is answered where it stands, once."""
    done = after.round
    if done is None or not done.over or before.round is None or before.round.over:
        return []
    written: list[Effect] = []
    for heard in (h for h in after.remarks if h.remark.key in done.remarks):
        written.append(_answer(heard))
        if done.new_oid and heard.remark.verb:
            written += _react(heard, "rocket")
        elif outcome(done, heard.remark) is Outcome.question:
            written += _react(heard, "confused")
    passed = after.state is RunState.reviewing and after.review_outcome == Reviewed.passed
    return [*written, host("ready")] if passed and not done.new_oid else written


def _branch(before: Run, event: Event, after: Run) -> list[Effect]:
    if after.state is RunState.provisioning and before.state is not RunState.provisioning:
        return [host("adopt")]
    if isinstance(event, RoundStarted) and event.kind in MERGING:
        return [host("merge", round=str(event.number))]
    if isinstance(event, HeadAdopted) and before.state is RunState.provisioning and after.pr:
        return [host("checks", slot="checks"), host("describe"), host("progress", slot="progress")]
    return []


def _moves_approvals(event: Event) -> bool:
    """An approval counts for one head and one base: a new head, a new review, a withdrawn one and a sibling change it."""
    match event:
        case Remarked(_, remark):
            return remark.place is Place.review
        case ApprovalsMoved() | HeadShared() | BranchPushed() | HeadAdopted() | MadeReady():
            return True
    return False


def _calls_for_people(run: Run) -> bool:
    untested = run.untested is not None and run.pr is not None
    return untested or bool(run.foreign) or run.state in (RunState.needs_input, RunState.disputed)


def _told(run: Run) -> tuple[object, ...]:
    """What the one comment of a run says."""
    rounds = (run.rounds, run.round.over) if run.round else ()
    disputed = run.state is RunState.disputed and [f.number for f in run.open_findings()]
    ours = (run.edited_by_people, run.reviewer_left_out)
    return (run.held_by, run.foreign, rounds, ours, disputed, _commented(run) and _rest(run))


def _commented(run: Run) -> bool:
    """Whether that comment stands already: then it is written again where the run comes to rest, or leaves its rest."""
    held = any(h.remark.verb == "hold" and h.standing is Standing.done for h in run.remarks)
    disputed = any(name == "M7" for name, _ in run.posts)
    told = run.edited_by_people or run.reviewer_left_out
    return bool(held or disputed or run.held_by or run.foreign or run.rounds or told)


def _rest(run: Run) -> str:
    return run.state if run.state in (RunState.ready, RunState.needs_input, *ENDED) else ""


def _no_more(run: Run) -> frozenset[int]:
    """The findings that a newer head does not show."""
    gone = (Status.fixed, Status.stale)
    return frozenset(f.number for v in run.verdicts for f in v.findings if f.status in gone)


def _first_of_its_review(heard: Heard, run: Run) -> bool:
    same = [h for h in run.remarks if heard.remark.review and h.remark.review == heard.remark.review]
    return not same or same[0].remark.key == heard.remark.key


def _react(heard: Heard, content: str) -> list[Effect]:
    remark = heard.remark
    return [host("react", remark=remark.key, content=content)] if remark.place in _REACTABLE else []


def _answer(heard: Heard) -> Effect:
    return host("answer", remark=heard.remark.key)
