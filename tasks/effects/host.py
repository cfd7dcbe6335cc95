"""The table of writes to the code host: which function carries each out, and which of them a run still wants."""

from tasks.domain.rounds import waits_for_merge
from tasks.domain.run import ENDED, Run, RunState
from tasks.effects.branches import inspect, push, pushed_after_all
from tasks.effects.checks import checks, progress, resolve, review, verdicts
from tasks.effects.ports import EffectFunction
from tasks.effects.presses import PRESS_EFFECTS
from tasks.effects.pulls import describe, labels, open_pr, opened_after_all, ready, reviewers
from tasks.effects.root import opened_after_all as root_after_all
from tasks.effects.talk import TALK_EFFECTS, sticky
from tasks.effects.thread import DISCARDING

HOST_EFFECTS: dict[str, EffectFunction] = {
    "host.inspect": inspect,
    "host.push": push,
    "host.open_pr": open_pr,
    "host.describe": describe,
    "host.checks": checks,
    "host.ready": ready,
    "host.reviewers": reviewers,
    "host.labels": labels,
    "host.progress": progress,
    "host.verdicts": verdicts,
    "host.review": review,
    "host.resolve": resolve,
    "host.stopped_comment": sticky,
    **TALK_EFFECTS,
    **PRESS_EFFECTS,
    **DISCARDING,
}
OVER = (RunState.cancelled, RunState.merged, RunState.closed)

WHILE_ALIVE = frozenset(
    {
        "host.inspect",
        "host.push",
        "host.open_pr",
        "host.describe",
        "host.ready",
        "host.reviewers",
        "host.review",
        "host.adopt",
        "host.merge",
        "host.suggest",
    }
)
"""Effects that a stopped, merged or closed run no longer wants."""

ESSENTIAL = frozenset(
    {
        "chat.root",
        "host.inspect",
        "host.push",
        "host.open_pr",
        "host.ready",
        "host.adopt",
        "host.merge",
        "host.suggest",
    }
)
"""Effects without which a run cannot go on: their refusal is a fact about the run."""


WITHHELD = frozenset({"host.push", "host.suggest"})
"""What a hold, or somebody else's commits, keep back."""


def wanted(kind: str, then: Run, run: Run) -> bool:
    """Whether the run as it stands still wants an effect that followed from it as it stood `then`."""
    if kind in WITHHELD and (run.held_by or run.foreign):
        return False
    if kind == "host.adopt" and run.state is not RunState.provisioning:
        return False
    if kind == "host.merge" and not (run.state is RunState.revising and waits_for_merge(run)):
        return False
    if kind == "host.discard" and run.thread.discarding is None:
        return False
    if kind == "host.close" and run.state in (RunState.merged, RunState.closed):
        return False
    if kind in WHILE_ALIVE and (run.state in OVER or then.attempt != run.attempt):
        return False
    return not (kind in ESSENTIAL and run.state in ENDED)


AFTER_ALL: dict[str, EffectFunction] = {
    "chat.root": root_after_all,
    "host.push": pushed_after_all,
    "host.open_pr": opened_after_all,
}
"""What is unwanted now but may have happened: how to find out, so that what is left behind is told truly."""

CODES = {
    "chat.root": "OUT-004",
    "host.inspect": "REPO-002",
    "host.push": "GIT-003",
    "host.open_pr": "GIT-005",
    "host.ready": "GIT-006",
    "host.adopt": "GIT-014",
    "host.merge": "GIT-002",
    "host.suggest": "GIT-015",
}
