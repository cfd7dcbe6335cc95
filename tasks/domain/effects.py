"""Which writes to the outside world follow from an event: pure, stored in the same transaction as the event itself.

An effect says what and for which moment; the words are made when it is carried out, from the run as it stood then
(posts) or as it stands (cards and reactions, which coalesce by slot).
"""

from tasks.domain.checks import blocks
from tasks.domain.decisions import (
    CiJudged,
    Disputed,
    Failed,
    Gated,
    LensReported,
    Noted,
    QuestionAsked,
    Refused,
    RepoChosen,
    ReviewSettled,
    ReviewStarted,
)
from tasks.domain.effect import Effect, chat, host
from tasks.domain.events import Event
from tasks.domain.facts import (
    CiChanged,
    DisputeDecided,
    PullRequestMoved,
    QuestionAnswered,
    Replied,
    RepoChanged,
    RetryRequested,
    StopRequested,
)
from tasks.domain.folds.talk import meaning
from tasks.domain.opening_effects import opening_effects
from tasks.domain.place_effects import place_effects
from tasks.domain.remarks import Place
from tasks.domain.request import Deliver
from tasks.domain.results import (
    BranchPushed,
    ChecksSeen,
    MadeReady,
    PermissionSeen,
    Posted,
    PullRequestOpened,
    RepoInspected,
)
from tasks.domain.risk_effects import opening_labels, risk_effects
from tasks.domain.risk_of_late import AT_RISK
from tasks.domain.run import CANNOT_FIX, ENDED, Run, RunState
from tasks.domain.talk_effects import push_of, talk_effects
from tasks.domain.thread_effects import QUEUED, STOP, audible, shown, thread_effects
from tasks.domain.verdict import Outcome

REACTIONS = {
    RunState.needs_input: "raising_hand",
    RunState.disputed: "raising_hand",
    RunState.ready: "twisted_rightwards_arrows",
    RunState.merged: "large_purple_circle",
    RunState.cancelled: "octagonal_sign",
    RunState.failed: "warning",
    RunState.declined: "lock",
    RunState.answered: "speech_balloon",
}
"""The one reaction per state (UX §5.1); every other state shows eyes."""

SESSIONS = {
    RunState.needs_input: "suspended",
    RunState.disputed: "suspended",
    RunState.ready: "active",
    RunState.failed: "active",
    RunState.cancelled: "active",
    RunState.merged: "closed",
    RunState.closed: "closed",
    RunState.declined: "closed",
    RunState.answered: "closed",
}


PHASES = frozenset({RunState.ci_fixing, RunState.reviewing, RunState.revising, RunState.merged})
"""States of which there is otherwise no post."""

OURS_ALONE = frozenset(
    {"host.open_pr", "host.describe", "host.labels", "host.unlabel", "host.reviewers", "host.approval"}
)
"""What is never written on a person's pull request: its description, labels and reviewers are theirs."""


ALONE = frozenset({"chat.reaction", "chat.session"})
"""What says how one run stands on a message that stands for several: their list says it instead."""


def reaction_of(run: Run) -> str:
    return REACTIONS.get(run.state, "eyes")


def session_of(run: Run) -> str:
    return SESSIONS.get(run.state, "processing")


def effects_of(before: Run | None, event: Event, after: Run) -> tuple[Effect, ...]:
    """Every write that follows from this event, in the order they should be tried. The chat hears of its own runs alone."""
    if (opening := opening_effects(before, event, after)) is not None:
        return opening
    written = tuple(e for e in _effects_of(before, event, after) if audible(e, after))
    if after.is_theirs:
        written = tuple(e for e in written if e.kind not in OURS_ALONE)
    if after.request.board:
        written = tuple(e for e in written if e.kind not in ALONE)
    return written if after.request.chat else tuple(e for e in written if not e.kind.startswith("chat."))


def _effects_of(before: Run | None, event: Event, after: Run) -> tuple[Effect, ...]:
    talk = talk_effects(before, event, after) if before else ()
    event = (meaning(before, event) or event) if before and isinstance(event, PermissionSeen) else event
    talk = (*talk, *thread_effects(before, event, after)) if before else ()
    if before is not None and before.state in ENDED and after.state is before.state:
        return (*_after_the_end(event, after), *talk)
    effects: list[Effect] = []
    if before is None or reaction_of(before) != reaction_of(after):
        effects.append(chat("reaction", slot="reaction", priority=3))
    if before is None or session_of(before) != session_of(after):
        effects.append(chat("session", slot="session", priority=3))
    if not _said_before(before, event):
        effects.extend(_posts(event, after))
        effects.extend(_host(event, after))
        effects.extend(place_effects(before, event, after) if before else ())
    effects += (*risk_effects(before, event, after), *talk) if before else talk
    if before and before.question and after.question is None and isinstance(event, RetryRequested):
        effects.append(chat("settle", question=str(before.question.number), answer="go on", by=event.by.id))
    if before and before.question and after.question is None and isinstance(event, RepoChanged):
        number = str(before.question.number)
        effects.append(chat("settle", question=number, answer=event.repo, by=event.by.id))
    if before and _phase_began(before, after):
        effects.append(chat("phase", priority=4, name="PH"))
    if before is None or _card_moved(before, after):
        effects.append(chat("card", slot="card", priority=_urgency(before, after)))
    return tuple(effects)


def _phase_began(before: Run, after: Run) -> bool:
    """Whether a channel that wants every phase is told of it; the others are spared it when it would be written."""
    begun = before.state is RunState.planning if after.state is RunState.coding else after.state in PHASES
    return begun and before.state is not after.state


def _urgency(before: Run | None, after: Run) -> int:
    """Of an edit of the card: its last state before any other, and a next step after all."""
    if before is not None and before.state is after.state:
        return 4
    return 2 if after.state in ENDED or after.state is RunState.ready else 3


def _said_before(before: Run | None, event: Event) -> bool:
    """A fact that told us nothing new, because it came twice or too late, is written nowhere again."""
    if before is None:
        return False
    match event:
        case MadeReady():
            return before.state is RunState.ready
        case QuestionAnswered(number):
            return (
                before.question is None or before.question.number != number
            )  # one with a default is of thread_effects.py
        case DisputeDecided():
            return before.state is not RunState.disputed
    return False


def _card_moved(before: Run, after: Run) -> bool:
    """Whether anything the card shows is different."""
    return _shown(before) != _shown(after)


def _shown(run: Run) -> tuple[object, ...]:
    return (
        run.state,
        run.title,
        run.repo,
        run.attempt,
        run.plan,
        run.checks,
        run.ci_result,
        run.base_red,
        run.verdicts,
        run.step_failure,
        run.pr,
        len(run.steering),
        run.steering_seen,
        run.isolation,
        run.notes,
        run.held_by,
        run.foreign,
        run.closing,
        *shown(run),
    )


def _after_the_end(event: Event, run: Run) -> tuple[Effect, ...]:
    """Late results of a stopped run: what was left behind is told again; nothing else is done."""
    if not isinstance(event, PullRequestOpened | BranchPushed):
        return ()
    told = [chat("card", slot="card")]
    if run.state is RunState.cancelled:
        told.append(chat("amend", priority=2, lane=STOP, name="M14"))
    if run.state is RunState.failed:
        told.append(chat("amend", priority=2, lane="post", name=failure_post(run)))
    if isinstance(event, PullRequestOpened):
        told.append(host("stopped_comment"))
    return tuple(told)


def failure_post(run: Run) -> str:
    """M19 where CI is what cannot be mended, else M8."""
    mends = run.failure is not None and run.failure.code == CANNOT_FIX and run.pr is not None
    return "M19" if mends else "M8"


def _posts(event: Event, run: Run) -> tuple[Effect, ...]:
    match event:
        case QuestionAsked(number, kind):
            return (chat("post", priority=1, name="M2" if kind == "repo" else "M3", question=str(number)),)
        case QuestionAnswered(number, answer, by):
            return (chat("settle", question=str(number), answer=answer, by=by.id),)
        case PullRequestOpened() if run.untested:
            return (chat("amend", priority=2, lane="post", name="M8"),)
        case PullRequestOpened() if sum(name == "M5" for name, _ in run.posts) == 0:
            return (chat("post", name="M5"),)
        case MadeReady() if run.state is RunState.ready:
            again = (run.rounds or run.ci_round) and any(name == "M6" for name, _ in run.posts)
            return (chat("amend" if again else "post", priority=2, name="M6"),)
        case Disputed():
            return (chat("post", priority=1, name="M7"),)
        case DisputeDecided(by, fix, reason):
            return (
                chat("settle", name="M7", answer="fix it" if fix else f"not a problem: {reason}", by=by.id),
            )
        case Failed():
            return (chat("post", priority=2, name=failure_post(run)),)
        case Noted(code) if code == AT_RISK and run.pr is None:
            return (chat("post", priority=2, name="M13"),)
        case StopRequested() if run.state is RunState.cancelled:
            return (chat("post", priority=1, lane=STOP, name="M14"),)
        case Refused():
            return (chat("whisper", priority=1, name="M11"),)
        case Replied(_, _, message, True):
            return (chat("ack", channel=message.channel, ts=message.ts, name=QUEUED),)
        case Posted():
            return ()
    return ()


def _host(event: Event, run: Run) -> tuple[Effect, ...]:
    match event:
        case RepoChosen(repo):
            return (host("inspect", repo=repo),)
        case Gated(oid) if _may_be_pushed(run, oid) and run.deliver is Deliver.suggestions:
            return (host("suggest", oid=oid),)
        case Gated(oid) if _may_be_pushed(run, oid):
            return (push_of(run),)
        case BranchPushed(_, oid):
            return _after_push(run, oid)
        case PullRequestOpened() if run.untested:
            return (host("labels", labels=opening_labels(run)), host("progress", slot="progress"))
        case PullRequestOpened():
            return (_checks(), host("labels", labels=opening_labels(run)), host("progress", slot="progress"))
        case CiChanged() if run.checks_stale and run.pr:
            return (_checks(),)
        case ReviewStarted():
            return (host("verdicts", slot="verdicts"),)
        case LensReported():
            return (host("verdicts", slot="verdicts"),)
        case ReviewSettled(_, outcome):
            if run.deliver is Deliver.findings:
                return (host("verdicts", slot="verdicts"), host("review", head=run.review_head))
            written = (
                host("verdicts", slot="verdicts"),
                host("review", head=run.review_head),
                host("describe"),
            )
            return (*written, host("ready")) if outcome == Outcome.passed else written
        case DisputeDecided(_, False):
            return (host("verdicts", slot="verdicts"), host("describe"), host("ready"))
        case MadeReady():
            return (
                host("reviewers", logins=",".join(_asked_for_changes(run))),
                host("labels", labels=_labels(run)),
                host("progress", slot="progress"),
            )
        case RetryRequested() if run.state is RunState.verifying:
            return (host("open_pr", head=run.pushed_oid),)
        case RetryRequested() if run.state is RunState.pr_open:
            return (_checks(), host("progress", slot="progress"))
        case StopRequested() | Failed() if run.pr:
            return (host("stopped_comment"), host("progress", slot="progress"))
        case RepoInspected() | ChecksSeen() | PullRequestMoved() | CiJudged():
            return _after_ci(run) if isinstance(event, CiJudged) else ()
    return ()


def _after_ci(run: Run) -> tuple[Effect, ...]:
    """Where CI is green again on a head that the lenses had passed, nothing else is waited for."""
    told = host("progress", slot="progress")
    passed = run.review_head == run.head_oid and run.review_outcome == Outcome.passed
    return (told, host("ready")) if run.state is RunState.reviewing and passed else (told,)


def _asked_for_changes(run: Run) -> tuple[str, ...]:
    """Whose review the last round answered: they are asked again, once CI and review are through. Empty for a first review."""
    if run.round is None:
        return ()
    reviewed = (Place.review, Place.inline, Place.chat)
    authors = (
        h.remark.by.name
        for h in run.remarks
        if h.remark.key in run.round.remarks and h.remark.place in reviewed
    )
    return tuple(dict.fromkeys(authors))


def _labels(run: Run) -> str:
    return "sortie,sortie:ready" + (",sortie:needs-human" if run.awaited_approvals else "")


def _checks() -> Effect:
    return host("checks", slot="checks")


def _may_be_pushed(run: Run, oid: str) -> bool:
    """Only what was submitted last, gated, and held back by no gate, one that could not run included."""
    made = run.submission is not None and run.submission.oid == oid == run.gated_oid
    if run.held_by or run.foreign:
        return False
    return made and run.state is RunState.verifying and not blocks(run.gates)


def _after_push(run: Run, oid: str) -> tuple[Effect, ...]:
    if run.pr is None:
        awaited = run.state is RunState.verifying and run.gated_oid == oid
        return (host("open_pr", head=oid),) if awaited else ()
    return (_checks(), host("describe"), host("progress", slot="progress"))
