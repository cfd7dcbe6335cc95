"""A run that waits for an answer: whom that is said to, and when it is given up (UX §5.5). Pure."""

from datetime import datetime, timedelta

from tasks.domain.in_thread import Nudge
from tasks.domain.policy import Policy
from tasks.domain.run import BRANCH, Run
from tasks.domain.thread_events import Nudged

LOOK_AGAIN = timedelta(minutes=20)
"""No run is put off for much longer (tasks/store/streams.py); one that waits for days is looked at in between."""


def awaited(run: Run, policy: Policy, now: datetime) -> Nudged | datetime | None:
    """What is done about the open question now, else when to look again; None where people have all the time they want.

    Somebody else's push is no question that anybody has to answer, and on the code host nobody is chased.
    """
    question, since, chat = run.question, run.state_since, run.request.chat
    if question is None or since is None or chat is None or question.kind == BRANCH:
        return None
    done = {what for number, what in run.thread.nudges if number == question.number}
    steps = [(Nudge.reminded, policy.remind_s, ""), (Nudge.given_up, policy.give_up_s, "")]
    if policy.owner and policy.owner != run.request.requester.id:
        steps.insert(1, (Nudge.handed_over, policy.hand_over_s, policy.owner))
    ahead = [(since + timedelta(seconds=after), what, to) for what, after, to in steps if what not in done]
    due = [step for step in ahead if step[0] <= now]
    if due:
        _, what, to = due[-1] if due[-1][1] is Nudge.given_up else due[0]
        return Nudged(question.number, what, to)
    return min(min(at for at, _, _ in ahead), now + LOOK_AGAIN) if ahead else None
