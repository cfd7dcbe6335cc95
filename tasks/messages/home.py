"""A person's home tab: what needs them, what is under way, what is ready, and the last seven days."""

from datetime import datetime

from integrations.types.chat import (
    Button,
    Buttons,
    Code,
    Context,
    OutgoingMessage,
    Part,
    Plain,
    Quoted,
    Section,
)
from tasks.domain.next_action import next_action
from tasks.domain.run import ENDED, Run, RunState
from tasks.messages import words
from tasks.messages.mine import line
from tasks.messages.words import Links

MOST = 6
TOO_FEW = 5
"""Below this a figure says nothing of how it usually goes."""
_NEEDED = (RunState.needs_input, RunState.disputed, RunState.failed)


def home(runs: tuple[Run, ...], *, since: datetime, links: Links, repo: str = "") -> OutgoingMessage:
    """`runs` are this person's newest, what is not over first; `since` is when the last seven days began."""
    needed = [run for run in runs if run.state in _NEEDED]
    ready = [run for run in runs if run.state is RunState.ready]
    running = [run for run in runs if run.state not in ENDED and run not in needed and run not in ready]
    parts: list[Part] = []
    if not runs:
        parts.append(
            Section(
                "empty",
                (
                    Plain(
                        "No runs yet. Mention @sortie in a channel, or type /sortie and what should change."
                    ),
                ),
            )
        )
    else:
        parts += _group("needs", "Needs you", needed, links, empty=_nothing(running))
        parts += _group("running", "Running", running, links)
        parts += _group("ready", "Ready", ready, links)
        parts.append(Context("week", (Plain(_week(runs, since)),)))
    if repo:
        parts.append(Context("defaults", (Plain("Your default repository: "), Code(repo))))
    return OutgoingMessage("Your runs", tuple(parts))


def _group(key: str, name: str, runs: list[Run], links: Links, *, empty: str = "") -> list[Part]:
    if not runs:
        return [Section(key, (Plain(empty),))] if empty else []
    parts: list[Part] = [Section(key, (Plain(f"{name} ({len(runs)})", bold=True),))]
    for run in runs[:MOST]:
        asked = (Plain(" · "), Quoted(next_action(run).label, limit=120)) if key == "needs" else ()
        parts.append(
            Section(f"{key}-{run.id}", (*line(run), *asked) if run.state is RunState.failed else line(run))
        )
        parts.append(Buttons(f"{key}-{run.id}-go", _buttons(run, links)))
    if len(runs) > MOST:
        parts.append(Context(f"{key}-more", (Plain(f"And {len(runs) - MOST} more: /sortie mine."),)))
    return parts


def _buttons(run: Run, links: Links) -> tuple[Button, ...]:
    opened = Button(
        f"home_open_{run.id}", "Open", url=links.run(run.id), hint=f"Open run {run.id} in the dashboard"
    )
    return (opened, Button(f"home_pr_{run.id}", "Open PR", url=run.pr.url)) if run.pr else (opened,)


def _nothing(running: list[Run]) -> str:
    if not running:
        return "Nothing needs you."
    return f"Nothing needs you. {words.count(len(running), 'run')} under way."


def _week(runs: tuple[Run, ...], since: datetime) -> str:
    """Only what can be counted from the runs themselves."""
    lately = [run for run in runs if run.request.received_at >= since]
    if len(lately) < TOO_FEW:
        return f"Last 7 days: too few runs for figures ({len(lately)}). They appear at {TOO_FEW}."
    pulls = sum(run.pr is not None for run in lately)
    merged = sum(run.state is RunState.merged for run in lately)
    return f"Last 7 days: {words.count(len(lately), 'run')}, {words.count(pulls, 'pull request')}, {merged} merged."
