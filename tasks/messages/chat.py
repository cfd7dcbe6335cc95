"""What a run says in chat: its card, its posts, the edit of an answered question, a private refusal."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from integrations.types.chat import (
    Break,
    Code,
    Context,
    Mention,
    OutgoingMessage,
    Part,
    Plain,
    Quoted,
    Section,
    Text,
)
from tasks.domain.run import Run
from tasks.messages import answered, cannot_fix, late, phases, posts, questions, ready, refusals, thread
from tasks.messages import card as live_card
from tasks.messages.errors import explain, label
from tasks.messages.words import Links


class _Post(Protocol):
    def __call__(self, run: Run, *, now: datetime, links: Links) -> OutgoingMessage: ...


POSTS: dict[str, _Post] = {
    "M2": questions.which_repo,
    "M3": questions.agent_question,
    "M4": thread.plan_to_approve,
    "M5": posts.pull_request_open,
    "M6": ready.ready,
    "M7": questions.dispute,
    "M8": posts.failed,
    "M13": late.at_risk,
    "M14": posts.stopped,
    "M18": answered.answered,
    "M19": cannot_fix.cannot_fix,
    phases.PHASE: phases.phase,
    "owner": thread.asked_too,
    "handed": thread.handed,
}
"""Posts by their number in the catalogue (UX §6), and two that it does not number; "M3.2" is the question 2 with a default, "M4.2"
the plan that is question 2."""

_HELPERS: dict[str, Callable[[Run], Text]] = {
    "AUTH-001": lambda run: (Plain("Ask an operator to link your Slack and GitHub accounts."),),
    "AUTH-003": lambda run: (Plain("Anyone with write on it can start it by mentioning me here."),),
    "REPO-001": lambda run: (Plain("Name it as "), Code("repo=owner/name"), Plain(", or ask an operator.")),
    "REPO-002": lambda run: (Plain("Somebody who administers it can give the app access."),),
}


def card(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """The live card (M1; the classic profile renders the same as M12)."""
    return live_card.build(run, now=now, links=links)


def post(name: str, run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """A post by its catalogue number; KeyError for one that does not exist."""
    if asked := next((a for a in run.thread.assumptions if a.post == name), None):
        return thread.assumption(run, asked)
    return POSTS[name.partition(".")[0]](run, now=now, links=links)


def settled(*, answer: str, by: str) -> OutgoingMessage:
    """What an answered question or a decided dispute becomes: no buttons any more. `by` is a chat user id, "" for nobody."""
    if not by:
        return thread.by_default(answer=answer)
    told: Text = (Plain("Answered by "), Mention(by), Plain(": "), Quoted(answer, bold=True, limit=400))
    return OutgoingMessage(f"Answered: {answer}", (Section("q", told),), version=2)


def refusal(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """M11, seen by one person: which rule, what they have, what is needed, who can help."""
    refused = run.refusal
    code = refused.code if refused else "SYS-002"
    said = refused.sentence if refused else explain(code).sentence
    helper = _HELPERS.get(code)
    who = helper(run) if helper else (Plain(f"Who can act: {explain(code).who}."),)
    told: Text = (
        Plain("I can't start this for you: "),
        *_rule(run, code, said),
        Break(),
        Plain("Your message is kept as context. "),
        *who,
    )
    code_line = Context("dnc", (Code(label(code)), Plain(f" · {run.id}")))
    parts: tuple[Part, ...] = (Section("dn", told), *refusals.buttons(run), code_line)
    return OutgoingMessage(f"I can't start this for you: {said}", parts, version=run.seq)


def _rule(run: Run, code: str, said: str) -> Text:
    seen = run.inspection
    if code != "AUTH-003" or seen is None:
        return (Quoted(said),)
    return (
        Plain("GitHub says "),
        Code(seen.login or run.login),
        Plain(" has "),
        Plain(seen.role.value, bold=True),
        Plain(" on "),
        Code(seen.repo),
        Plain(", and starting work needs "),
        Plain("write", bold=True),
        Plain("."),
    )
