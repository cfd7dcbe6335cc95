"""Everything that can be recorded of a run, and an event in its stream. Each is stored with its version (tasks/store/codec.py)."""

from dataclasses import dataclass
from datetime import datetime

from tasks.domain.decisions import (
    Accepted,
    CiJudged,
    Disputed,
    Explained,
    Failed,
    FindingsRebutted,
    Gated,
    LensReported,
    Noted,
    PlanMade,
    Provisioned,
    QuestionAsked,
    Refused,
    RemarksAnswered,
    Reopened,
    RepoChosen,
    RepoGuessed,
    ReviewSettled,
    ReviewStarted,
    RoundStarted,
    StepFailed,
    Submitted,
    Titled,
    TurnTaken,
)
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

Event = (
    RunRequested
    | Replied
    | QuestionAnswered
    | StopRequested
    | RetryRequested
    | RepoChanged
    | DisputeDecided
    | PressedInChat
    | FeedbackGiven
    | CiChanged
    | PullRequestMoved
    | Undone
    | Remarked
    | ApprovalsMoved
    | HeadMoved
    | HeadShared
    | ThreadOpened
    | CardPosted
    | Posted
    | RepoInspected
    | BranchPushed
    | PullRequestOpened
    | ChecksSeen
    | Suggested
    | MadeReady
    | PermissionSeen
    | HeadAdopted
    | MergePrepared
    | EffectFailed
    | RepoChosen
    | RepoGuessed
    | QuestionAsked
    | Refused
    | Accepted
    | Titled
    | Provisioned
    | PlanMade
    | TurnTaken
    | Submitted
    | Gated
    | Reopened
    | CiJudged
    | ReviewStarted
    | LensReported
    | ReviewSettled
    | Disputed
    | Explained
    | Failed
    | StepFailed
    | RoundStarted
    | RemarksAnswered
    | FindingsRebutted
    | Noted
    | PlanProposed
    | Assumed
    | Nudged
    | Muted
    | RequestEdited
    | NewTextTaken
    | ReplyEdited
    | BranchDiscarded
    | FollowsUp
    | FilesGiven
    | FileRead
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in its stream: `seq` starts at 1, `at` is UTC."""

    seq: int
    at: datetime
    event: Event
