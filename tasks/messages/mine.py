"""A person's own runs, as a list for them alone."""

from integrations.types.chat import Code, Context, Link, OutgoingMessage, Part, Plain, Quoted, Section, Text
from tasks.domain.next_action import next_action
from tasks.domain.run import ENDED, Run, RunState
from tasks.messages import words

MOST = 10
_WAITING = (RunState.needs_input, RunState.disputed)


def text(runs: tuple[Run, ...]) -> str:
    """One sentence for a place that shows nothing else."""
    if not runs:
        return "You have no runs yet. Type /sortie and what should change, or mention me in a channel."
    active = sum(run.state not in ENDED for run in runs)
    return f"Your runs: {words.count(active, 'run')} under way."


def listed(runs: tuple[Run, ...]) -> OutgoingMessage | None:
    """None where there is nothing to list."""
    if not runs:
        return None
    parts: list[Part] = [Section("head", (Plain(text(runs), bold=True),))]
    parts += [Section(run.id, line(run)) for run in runs[:MOST]]
    if len(runs) > MOST:
        parts.append(Context("more", (Plain("Older ones are on the dashboard."),)))
    return OutgoingMessage(text(runs), tuple(parts))


def line(run: Run) -> Text:
    """ "R-1042 · Working · Return 422 when currency is null · acme/api"."""
    state = Plain(words.STATE_WORDS[run.state])
    said: Text = (
        Plain(run.id, bold=True),
        Plain(" · "),
        state,
        Plain(" · "),
        Quoted(run.title, limit=80),
    )
    if run.state in _WAITING:
        said = (*said, Plain(" · next: "), Quoted(next_action(run).label, limit=100))
    if run.pr:
        return (*said, Plain(" · "), Link(run.pr.url, f"{run.repo}#{run.pr.number}"))
    shown = run.repo and not run.refusal
    return (*said, Plain(" · "), Code(run.repo)) if shown else said
