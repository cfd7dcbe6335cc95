"""Every fail-point that has a drill of its own, by the story that passes it."""

from dataclasses import replace
from itertools import product

from tests.drills.pull import ADOPTED, CLOSED_IN_CHAT, DISPUTED, HELD, JOINED, RELAYED, REMARKED, REOPENED
from tests.drills.tell import (
    ASKED,
    CLOSED,
    COMMANDED,
    DECLINED,
    READY,
    REFUSED,
    RETRIED,
    STEERED,
    STOPPED,
    Story,
)

MOMENTS = ("before", "after", "recorded")
EDGES = ("inside", "after")

_EFFECTS: tuple[tuple[Story, str, tuple[str, ...]], ...] = (
    (READY, "chat", ("card", "reaction", "session", "post")),
    (READY, "host", ("inspect", "push", "open_pr", "checks", "labels", "progress", "verdicts", "review")),
    (READY, "host", ("describe", "ready", "reviewers")),
    (COMMANDED, "chat", ("root",)),
    (STEERED, "chat", ("ack",)),
    (ASKED, "chat", ("settle",)),
    (STOPPED, "host", ("stopped_comment",)),
    (REFUSED, "chat", ("whisper",)),
    (HELD, "host", ("permission", "react", "sticky", "unlabel")),
    (REMARKED, "host", ("answer",)),
    (CLOSED_IN_CHAT, "host", ("close",)),
    (CLOSED_IN_CHAT, "chat", ("amend",)),
    (RELAYED, "host", ("relay",)),
    (ADOPTED, "host", ("adopt", "approval")),
    (JOINED, "host", ("merge",)),
)
_EVENTS: tuple[tuple[Story, tuple[str, ...]], ...] = (
    (READY, ("RunRequested", "CardPosted", "RepoChosen", "RepoInspected", "Accepted", "Titled")),
    (READY, ("Provisioned", "Noted", "TurnTaken", "Submitted", "Gated", "BranchPushed", "PullRequestOpened")),
    (READY, ("Posted", "CiChanged", "ChecksSeen", "CiJudged", "ReviewStarted", "LensReported")),
    (READY, ("ReviewSettled", "MadeReady")),
    (COMMANDED, ("ThreadOpened",)),
    (STEERED, ("Replied",)),
    (ASKED, ("PlanMade", "QuestionAsked", "QuestionAnswered")),
    (STOPPED, ("StopRequested",)),
    (REFUSED, ("Refused",)),
    (CLOSED, ("PullRequestMoved",)),
    (RETRIED, ("Failed", "RetryRequested")),
    (HELD, ("Remarked", "PermissionSeen")),
    (REMARKED, ("RoundStarted", "RemarksAnswered")),
    (ADOPTED, ("ApprovalsMoved", "HeadMoved", "HeadAdopted")),
    (JOINED, ("MergePrepared",)),
    (DISPUTED, ("Disputed",)),
    (CLOSED_IN_CHAT, ("FeedbackGiven", "PressedInChat")),
    (REOPENED, ("Reopened",)),
)
"""Each dies before its commit and, in the same story, behind it."""

_REFUSED_BY_THE_HOST = ((DECLINED, "append.EffectFailed.inside"), (RETRIED, "append.EffectFailed.after"))
"""Who dies before it is noted that a push was declined pushes again, and then it may be taken."""

_OTHERS = (
    "record",
    "record@3",
    "lease.taken",
    "lease.released",
    "append.RunRequested.after + sweep.marked",
    "effect.chat.post.before@2",
    "effect.chat.post.after@2",
    "effect.chat.card.after@2",
    "append.TurnTaken.inside@2",
    "append.TurnTaken.after@4",
    "append.LensReported.after@2",
    "record@3 + append.StepFailed.inside",
    "record@3 + append.StepFailed.after",
)
"""The numbered ones: the post that says ready, an edit of the card, the second turn, a turn of a lens, a second verdict. The
ones that follow another die of what its death left: a lost ring, a lost worker."""

UNDRILLED: dict[str, str] = {
    "append.RepoGuessed": "appended like Titled by a step of the worker that keeps nothing else",
    "effect.chat.home": "published as everything stands now, and harmless twice; nothing waits for it",
    "effect.chat.offer": "a private question that may be asked twice; nothing begins by it. Told in tests/tasks/test_boards.py",
    "effect.chat.board": "found again by our id like chat.root, and the runs begin with its end: tests/tasks/test_boards.py",
    "effect.chat.read": "only reads; what it read is stored with its end. Killed and told twice: tests/tasks/test_begin.py",
    "append.RepoChanged": "a fact from outside, appended like RetryRequested by the arrival of the press",
    "effect.chat.notice": "a post found again by our id, like chat.post; no run hangs on it. In the scenarios: the kill switch",
    "effect.chat.locked": "a reaction, harmless twice; no run hangs on it. In the scenarios: a request of somebody without an account",
    "effect.chat.handover": "a post found again by our id, like chat.notice; no run hangs on it. In the scenarios: asking the team",
    "effect.chat.connect": "a whisper like chat.whisper, and no run hangs on it; whoever misses it asks again with `link`",
    "effect.chat.digest": "a post found again by our id, like chat.post; no run hangs on it, and its week is counted once",
    "effect.chat.direct": "a post found again by our id, like chat.post; wanted only when the outbox gave that up",
    "effect.chat.phase": "carried out by the same function as chat.post, where a channel wants it; no run waits for it",
    "append.FindingsRebutted": "appended like RemarksAnswered by the same step of the worker",
    "append.DisputeDecided": "appended by older versions alone; now a press is, and what the host says of who pressed",
    "append.HeadShared": "appended like HeadMoved by whoever looks at the pull request",
    "append.Undone": "a fact from outside after the end, appended like PullRequestMoved; nothing follows from it",
    "append.PlanProposed": "appended like QuestionAsked by the same step of the worker",
    "append.Assumed": "appended in the middle of the worker's step like PlanMade, and nothing waits for it",
    "append.Nudged": "a decision without work: whoever drives next makes it again, or finds it made",
    "append.Muted": "a fact of a person, appended like Replied; nothing but fewer posts follows from it",
    "append.RequestEdited": "a fact of a person, appended like Replied; nothing but the card follows from it",
    "append.NewTextTaken": "a fact of a person, appended like Replied, and it steers as that does",
    "append.ReplyEdited": "a fact of a person, appended like Replied, and it steers as that does",
    "append.BranchDiscarded": "after the end, appended like PullRequestMoved; a branch that is gone is found gone",
    "append.FollowsUp": "in the transaction of RunRequested",
    "append.FilesGiven": "in the transaction of RunRequested or Replied",
    "append.FileRead": "appended like RepoInspected; a file that was read twice counts once, and work waits a minute at most",
    "effect.chat.file": "reads and changes nothing; what it read is recorded once",
    "effect.chat.tell": "a post found again by our id, like chat.post; no run hangs on it",
    "effect.host.discard": "looked up before it is done, and only at the head that is expected; no run hangs on it",
    "effect.host.resolve": "looked up before it is written, and harmless twice; nothing waits for it",
}
"""Appends and effects without a drill, here or in there.py, and why."""


def names(point: str) -> tuple[str, ...]:
    """The fail-points that a drill passes, without their numbers."""
    return tuple(name.partition("@")[0] for name in point.split(" + "))


def drills() -> tuple[tuple[str, Story], ...]:
    """(fail-point or several joined by " + ", the story told while they are armed)."""
    effects = (
        (f"effect.{desk}.{kind}.{moment}", story)
        for story, desk, kinds in _EFFECTS
        for kind, moment in product(kinds, MOMENTS)
    )
    events = (
        (" + ".join(f"append.{event}.{edge}" for edge in EDGES), story)
        for story, names in _EVENTS
        for event in names
    )
    refused = ((point, story) for story, point in _REFUSED_BY_THE_HOST)
    others = ((point, READY) for point in _OTHERS)
    return tuple((point, _forgiving(point, story)) for point, story in (*effects, *events, *refused, *others))


def _forgiving(point: str, story: Story) -> Story:
    """A worker may be among the dead: then the turn in flight is paid for again."""
    deaths = len(names(point))
    return replace(story, ends=replace(story.ends, repeats=3 * deaths, deaths=deaths))
