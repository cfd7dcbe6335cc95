"""When a round of work on people's remarks begins, and what is asked when somebody else pushed to our branch. Pure."""

from datetime import datetime, timedelta

from tasks.domain.decisions import QuestionAsked, Refused, RoundStarted
from tasks.domain.policy import Policy
from tasks.domain.remarks import Heard, Kind
from tasks.domain.run import BRANCH, RESUME, WORKING, Run, RunState

BETWEEN = frozenset({RunState.pr_open, RunState.reviewing, RunState.disputed, RunState.ready})
"""A round may begin in these: the head is pushed, and no agent is changing it."""

MERGING = (Kind.conflicts, Kind.rebase)
"""Rounds that take the newest base branch in."""

ALONE = 3
"""So many rounds in a row may programs ask for: then a person must say something first, or two programs would never end."""

_OURS = WORKING | {RunState.verifying, RunState.pr_open, RunState.reviewing, RunState.disputed}


def round_begins(run: Run, policy: Policy) -> datetime | None:
    """When the next round begins: so long after the first remark that those written with it come along; None for never."""
    waiting = run.waiting_remarks()
    if not waiting or run.state not in BETWEEN or run.foreign or not run.changes:
        return None
    if run.is_theirs and run.rounds == 0:
        return None if _waits_for_checks(run) else min(h.at for h in waiting)
    if run.rounds_alone >= ALONE and all(h.remark.by_program for h in waiting):
        return None
    return min(h.at for h in waiting) + timedelta(seconds=policy.remarks_wait_s)


def _waits_for_checks(run: Run) -> bool:
    """Whether what is red on a person's pull request has yet to be seen before anybody can mend it."""
    return run.asked_verb == "fix ci" and (run.checks_stale or not run.checks_settled)


def nothing_is_red(run: Run) -> Refused | None:
    """Red checks that are not there cannot be mended."""
    asked = run.is_theirs and run.rounds == 0 and run.asked_verb == "fix ci" and run.state is RunState.pr_open
    if not asked or _waits_for_checks(run) or run.ci_is_red:
        return None
    return Refused("CI-008", "No check of this head is red.")


def next_round(run: Run) -> RoundStarted:
    """A rebase or merge of the base comes before a repair of CI, and that before other wishes: each is a round of its own."""
    waiting = run.waiting_remarks()
    verbs = (("rebase", Kind.rebase), ("fix conflicts", Kind.conflicts), ("fix ci", Kind.ci))
    for verb, kind in verbs:
        if meant := _with_verb(waiting, verb):
            return RoundStarted(run.rounds + 1, kind, meant, run.head_oid)
    return RoundStarted(run.rounds + 1, Kind.comments, _keys(waiting), run.head_oid)


def waits_for_merge(run: Run) -> bool:
    """Whether the base branch has yet to be fetched and merged before anybody can resolve what conflicts."""
    now = run.round
    return now is not None and not now.over and now.kind in MERGING and not now.merged_oid


def branch_step(run: Run) -> QuestionAsked | None:
    """Somebody else pushed while we were at work: nothing more is pushed until a person says so."""
    if run.foreign is None or run.state not in _OURS or run.pr is None:
        return None
    who = run.foreign.by or "Somebody else"
    text = (
        f"{who} pushed {run.foreign.oid[:7]} to the branch, so I stopped pushing. Shall I go on from there?"
    )
    return QuestionAsked(
        run.questions_asked + 1, BRANCH, text, (RESUME,), "The branch is not where I left it."
    )


def _with_verb(waiting: tuple[Heard, ...], verb: str) -> tuple[str, ...]:
    return _keys(tuple(h for h in waiting if h.remark.verb == verb))


def _keys(heard: tuple[Heard, ...]) -> tuple[str, ...]:
    return tuple(h.remark.key for h in heard)
