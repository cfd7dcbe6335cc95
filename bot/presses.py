"""What a press on one of our buttons means for a run: pure. Who may, only the code host knows; it is asked afterwards."""

from collections.abc import Callable
from dataclasses import dataclass

from bot import replies, thread_replies
from bot.inbound import Press
from bot.replies import Reply
from bot.routed import Known
from tasks.domain import presses, thread_presses
from tasks.domain.events import Event
from tasks.domain.facts import Chip, FeedbackGiven, PressedInChat, RepoChanged
from tasks.domain.folds.moved import may_move
from tasks.domain.policy import named_repo
from tasks.domain.run import Run

BUTTONS = {
    "task_change": presses.CHANGE,
    "task_close": presses.CLOSE,
    "task_keep": presses.KEEP,
    "task_untested": presses.UNTESTED,
    "ds_fix": presses.FIX_IT,
    "ds_waive": presses.NO_PROBLEM,
    "plan_ok": thread_presses.APPROVE,
    "plan_edit": thread_presses.CHANGE_PLAN,
    "task_discard": thread_presses.DISCARD,
}
"""Button → the verb it stands for."""

ASKS: dict[str, Callable[[Run], Reply]] = {
    "task_change": replies.what_to_change,
    "ds_waive": replies.reason_needed,
    "plan_edit": thread_replies.change_plan,
}
"""Buttons that want words first."""


@dataclass(frozen=True, slots=True)
class Meant:
    """An event, or none and why; `reply` is what the person reads."""

    reason: str
    event: Event | None = None
    reply: Reply | None = None


def stale(press: Press, run: Run) -> bool:
    """Whether the run has come to another state since the button was drawn."""
    return press.version is not None and press.version < run.state_seq


def meant(press: Press, run: Run, known: Known) -> Meant:
    """One of BUTTONS, pressed by the person that `known` speaks of."""
    verb = BUTTONS[press.action]
    if not known.linked:
        return Meant("not linked", reply=replies.not_linked(can_link=known.can_link))
    if stale(press, run) or not presses.fits(run, verb):
        return Meant("stale button", reply=replies.over_already(run))
    said = (press.choice or "").strip()
    ask = ASKS.get(press.action)
    if ask and not said:
        return Meant("no words yet", reply=ask(run))
    return Meant("pressed", PressedInChat(press.by, known.login, verb, said if ask else "", known.account_id))


def other_repo(press: Press, run: Run, known: Known) -> Meant:
    """Another repository was meant, and which is chosen in a dialogue. What they may there is asked as for any other."""
    if not may_move(run) or (not press.submitted and stale(press, run)):
        return Meant("too late", reply=replies.too_late_to_move(run))
    chosen = (press.choice or "").strip()
    if not chosen:
        return Meant("no repository yet", reply=replies.which_other_repo(run))
    names = {name.lower(): name for name in known.repos}
    repo = names.get(chosen.lower()) if names else named_repo(f"repo={chosen}")
    if repo is None or repo.lower() == run.repo.lower():
        return Meant("no other repository", reply=replies.no_other_repo(run))
    return Meant("moved", RepoChanged(press.by, repo))


def feedback(press: Press, run: Run) -> Meant:
    """A thumb counts at once; the dialogue behind a thumb down says more of the same."""
    known = {chip.value for chip in Chip}
    chips = tuple(Chip(chip) for chip in dict.fromkeys(press.chips) if chip in known)
    given = FeedbackGiven(press.by, press.good, chips, (press.choice or "").strip())
    if press.good:
        return Meant("feedback", given, replies.noted(run))
    return Meant("feedback", given, None if press.submitted else replies.what_was_bad(run))
