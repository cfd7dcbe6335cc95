"""Every fail-point that has a drill of its own, by the story that passes it."""

from dataclasses import replace
from itertools import product

from tests.drills.tell import ASKED, CLOSED, DECLINED, READY, REFUSED, RETRIED, STEERED, STOPPED, Story

MOMENTS = ("before", "after", "recorded")
EDGES = ("inside", "after")

_EFFECTS: tuple[tuple[Story, str, tuple[str, ...]], ...] = (
    (READY, "chat", ("card", "reaction", "session", "post")),
    (READY, "host", ("inspect", "push", "open_pr", "checks", "labels", "progress", "verdicts", "review")),
    (READY, "host", ("describe", "ready", "reviewers")),
    (STEERED, "chat", ("ack",)),
    (ASKED, "chat", ("settle",)),
    (STOPPED, "host", ("stopped_comment",)),
    (REFUSED, "chat", ("whisper",)),
)
_EVENTS: tuple[tuple[Story, tuple[str, ...]], ...] = (
    (READY, ("RunRequested", "CardPosted", "RepoChosen", "RepoInspected", "Accepted", "Titled")),
    (READY, ("Provisioned", "Noted", "TurnTaken", "Submitted", "Gated", "BranchPushed", "PullRequestOpened")),
    (READY, ("Posted", "CiChanged", "ChecksSeen", "CiJudged", "ReviewStarted", "LensReported")),
    (READY, ("ReviewSettled", "MadeReady")),
    (STEERED, ("Replied",)),
    (ASKED, ("PlanMade", "QuestionAsked", "QuestionAnswered")),
    (STOPPED, ("StopRequested",)),
    (REFUSED, ("Refused",)),
    (CLOSED, ("PullRequestMoved",)),
    (RETRIED, ("Failed", "RetryRequested")),
)
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

NO_STORY = "no story of the drills has people who write on the pull request or push to its branch"
_ON_GITHUB = (
    *(
        f"append.{event}"
        for event in (
            "ApprovalsMoved",
            "HeadAdopted",
            "HeadMoved",
            "HeadShared",
            "PermissionSeen",
            "MergePrepared",
        )
    ),
    *(f"append.{event}" for event in ("Remarked", "RemarksAnswered", "RoundStarted")),
    *(
        f"effect.host.{kind}"
        for kind in ("adopt", "answer", "approval", "permission", "react", "sticky", "merge")
    ),
    "effect.host.unlabel",
)
UNDRILLED = {
    "append.Disputed": "three rounds of lenses; the same append as ReviewSettled's. In the scenarios: a dispute is decided",
    "append.DisputeDecided": "a person's press, appended like QuestionAnswered",
    "append.PressedInChat": "a person's press, appended like QuestionAnswered",
    "append.FeedbackGiven": "a person's press, appended like QuestionAnswered; nothing follows from it",
    "effect.host.relay": "a review with a marker of its own, like host.review. In the scenarios: words from the chat",
    "effect.chat.notice": "a post found again by our id, like chat.post; no run hangs on it. In the scenarios: the kill switch",
    "effect.host.close": "looked up before it is written, and harmless twice. In the scenarios: a close from the chat",
    "append.FindingsRebutted": "appended like RemarksAnswered by the same step of the worker",
    "append.Reopened": "appended like CiJudged by the same driver",
    "effect.host.ask": "a comment found by its marker, like host.answer. In the scenarios: a question on an issue",
    "effect.host.told": "a comment found by its marker, like host.stopped_comment. In the scenarios: a run of an issue",
    "effect.chat.amend": "an edit of one of our posts, like chat.settle",
    **dict.fromkeys(_ON_GITHUB, NO_STORY),
}
"""Appends and effects without a drill, and why."""


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
        (f"append.{event}.{edge}", story) for story, names in _EVENTS for event, edge in product(names, EDGES)
    )
    refused = ((point, story) for story, point in _REFUSED_BY_THE_HOST)
    others = ((point, READY) for point in _OTHERS)
    return tuple((point, _forgiving(story)) for point, story in (*effects, *events, *refused, *others))


def _forgiving(story: Story) -> Story:
    """A worker may be among the dead: then the turn in flight is paid for twice."""
    return replace(story, ends=replace(story.ends, repeats=3))
