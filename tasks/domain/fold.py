"""A run as the fold of its events: apply(run, recorded) → run. Facts about an old head are ignored in the folds, and only there."""

from dataclasses import replace

from tasks.domain.decisions import Noted, RemarksAnswered, RoundStarted
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import (
    ApprovalsMoved,
    CiChanged,
    DisputeDecided,
    FeedbackGiven,
    HeadMoved,
    HeadShared,
    PressedInChat,
    PullRequestMoved,
    QuestionAnswered,
    Remarked,
    Replied,
    RepoChanged,
    RetryRequested,
    RunRequested,
    StopRequested,
    Undone,
)
from tasks.domain.folds.born import born_there
from tasks.domain.folds.moved import moved
from tasks.domain.folds.opened import opened
from tasks.domain.folds.outside import heard, result
from tasks.domain.folds.people import spoken
from tasks.domain.folds.talk import talked
from tasks.domain.folds.thread import threaded
from tasks.domain.folds.work import decided
from tasks.domain.presses import with_feedback
from tasks.domain.results import (
    BranchPushed,
    CardPosted,
    ChecksSeen,
    EffectFailed,
    HeadAdopted,
    MadeReady,
    MergePrepared,
    PermissionSeen,
    Posted,
    PullRequestOpened,
    RepoInspected,
    Suggested,
    ThreadOpened,
)
from tasks.domain.run import ENDED, Run, RunState
from tasks.domain.sla import Clock
from tasks.domain.thread_events import (
    Assumed,
    BranchDiscarded,
    FileRead,
    FilesGiven,
    FollowsUp,
    Muted,
    NewTextTaken,
    Nudged,
    PlanProposed,
    ReplyEdited,
    RequestEdited,
)


def fold(run_id: str, events: tuple[Recorded, ...]) -> Run:
    """The run after all its events; raises ValueError where the first is not RunRequested."""
    if not events or not isinstance(events[0].event, RunRequested):
        raise ValueError(f"{run_id} does not begin with RunRequested")
    run = begin(run_id, events[0])
    for recorded in events[1:]:
        run = apply(run, recorded)
    return run


def begin(run_id: str, first: Recorded) -> Run:
    """The run right after its first event."""
    event = first.event
    assert isinstance(event, RunRequested)
    request = event.request
    clock = Clock(request.received_at, request.sla_s)
    run = Run(run_id, first.seq, request, event.title, clock, state_since=first.at, state_seq=first.seq)
    return born_there(run, event.remark)


def apply(run: Run, recorded: Recorded) -> Run:
    """The run after one more event. Pure; never raises on an event that came late or twice."""
    after = _apply(replace(run, seq=recorded.seq), recorded.event, recorded)
    if after.state is not run.state:
        paused = after.state in (RunState.needs_input, RunState.disputed)
        clock = after.clock.pause(recorded.at) if paused else after.clock.resume(recorded.at)
        ended = recorded.at if after.state in ENDED else None
        moved = replace(after, state_since=recorded.at, state_seq=recorded.seq)
        after = replace(moved, clock=clock, ended_at=ended)
    return after


def _apply(run: Run, event: Event, recorded: Recorded) -> Run:
    match event:
        case CardPosted() | Posted() | RepoInspected() | BranchPushed() | PullRequestOpened() | ChecksSeen():
            return result(run, event, recorded)
        case RepoChanged():
            return moved(run, event)
        case ThreadOpened():
            return opened(run, event)
        case Suggested() | MadeReady() | EffectFailed() | HeadAdopted():
            return result(run, event, recorded)
        case Replied() | QuestionAnswered() | StopRequested() | RetryRequested() | DisputeDecided():
            return spoken(run, event, recorded)
        case Remarked() | PressedInChat() | PermissionSeen() | MergePrepared():
            return talked(run, event, recorded)
        case RoundStarted() | RemarksAnswered() if run.state not in ENDED:
            return talked(replace(run, step_failure=None), event, recorded)
        case FeedbackGiven():
            return with_feedback(run, event)
        case PlanProposed() | Assumed() | Nudged() | BranchDiscarded():
            return threaded(run, event, recorded)
        case FilesGiven() | FileRead():
            return threaded(run, event, recorded)
        case Muted() | RequestEdited() | NewTextTaken() | ReplyEdited() | FollowsUp():
            return threaded(run, event, recorded)
        case CiChanged() | PullRequestMoved() | HeadMoved() | Undone():
            return heard(run, event)
        case RunRequested() | ApprovalsMoved() | HeadShared():
            return run
        case Noted():
            return decided(run, event)
        case _:
            return decided(replace(run, step_failure=None), event)
