"""What a channel that wants every phase is told as a run goes on (verbosity `verbose`), and what a quiet one is spared."""

from datetime import datetime

from integrations.types.chat import OutgoingMessage, Plain, Section, Text
from tasks.domain.channel import Verbosity
from tasks.domain.run import Run, RunState
from tasks.messages import words
from tasks.messages.card import pull_link
from tasks.messages.words import Links

PHASE = "PH"
SPARED = frozenset({"M5", "M13"})
"""Posts that nobody has to act on."""


def wanted(name: str, verbosity: Verbosity) -> bool:
    """Whether a channel wants this post: questions, refusals, ends and what is ready are told everywhere."""
    if name == PHASE:
        return verbosity is Verbosity.verbose
    return not (name in SPARED and verbosity is Verbosity.quiet)


def phase(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """One line about the state that just began; it mentions nobody."""
    said = _said(run)
    told: Text = (Plain(f"{run.id}: {said}"),)
    if run.pr and run.state is not RunState.coding:
        told = (*told, Plain(" "), pull_link(run))
    return OutgoingMessage(f"{run.id}: {said}", (Section("ph", told),))


def _said(run: Run) -> str:
    match run.state:
        case RunState.coding:
            return f"the plan has {words.count(len(run.plan), 'step')}; the work begins."
        case RunState.ci_fixing:
            return f"{words.ci_words(run)}."
        case RunState.reviewing:
            return f"{words.ci_words(run)}. {words.count(len(run.lenses), 'reviewer')} at work."
        case RunState.revising:
            return f"revising (round {max(1, run.review_round)})."
        case RunState.merged:
            return "merged."
    return f"{words.STATE_WORDS[run.state].lower()}."
