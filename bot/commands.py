"""What people may type to us: one table, and a pure parser. All help is made from the table."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One verb: how it is written, what it does, who may use it."""

    verb: str
    usage: str
    does: str
    who: str
    examples: tuple[str, ...]


COMMANDS = (
    CommandSpec("stop", "stop [R-1042]", "Stop at once; what is left behind is listed.", "anyone", ("stop",)),
    CommandSpec(
        "retry",
        "retry [R-1042]",
        "Start another attempt after a failure or a stop.",
        "the requester, or anyone with a linked GitHub account",
        ("retry", "retry R-1042"),
    ),
    CommandSpec("status", "status [R-1042]", "Show the card to you alone.", "anyone", ("status",)),
    CommandSpec("help", "help", "Show this help.", "anyone", ("help",)),
)

_VERBS = {spec.verb for spec in COMMANDS}
_RUN_ID = re.compile(r"(?:R-)?(\d{1,12})", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*(R-\d{1,12})\b[\s:,]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Command:
    """A verb and, where one was written, the run it is about ("R-1042")."""

    verb: str
    run_id: str | None = None


def parse(text: str) -> Command | None:
    """The command a text is, or None where it is a request or steering.

    A verb counts only when it stands alone or before a run id, so that "stop using moment.js" is steering (UX 5.6).
    """
    words = text.split()
    if not 1 <= len(words) <= 2:
        return None
    verb = words[0].rstrip(".!").lower()
    if verb not in _VERBS:
        return None
    if len(words) == 1:
        return Command(verb)
    run_id = _RUN_ID.fullmatch(words[1].rstrip(".!"))
    return Command(verb, f"R-{run_id.group(1)}") if run_id else None


def addressed_run(text: str) -> tuple[str | None, str]:
    """A run id written in front of steering ("R-1042 also cover …"), and the words that follow it."""
    found = _ADDRESS.match(text)
    if found is None or not text[found.end() :].strip():
        return None, text
    return found.group(1).upper(), text[found.end() :].strip()


def help_text(mention: str) -> str:
    """At most eight lines: the four things people do. `mention` is how we are called, for example "@sortie"."""
    lines = [
        f"{mention} <what should change> — starts a run in this thread.",
        f"{mention} <more words> — while a run is working here: a change of course for the agent.",
    ]
    lines += [f"{mention} {spec.usage} — {spec.does} ({spec.who})" for spec in COMMANDS]
    return "\n".join([*lines, "Start a reply with // to talk past me."])
