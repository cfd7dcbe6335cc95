"""What is said of the kill switch: in the thread where it was turned, privately, and on the command line."""

from datetime import datetime

from integrations.types.chat import Break, Code, Mention, OutgoingMessage, Plain, Quoted, Section, Span, When
from tasks.domain.commands import NAME, SWITCH
from tasks.domain.grants import Switch


def turned(*, on: bool, user: str, reason: str, at: datetime) -> OutgoingMessage:
    """Said in the thread: who turned it, when and why, and what that means. `user` is a chat user id."""
    state = "on" if on else "off"
    spans: list[Span] = [Plain(f"Kill switch {state}", bold=True), Plain(", turned by "), Mention(user)]
    spans += [Plain(" at "), When(at)]
    spans += [Plain(": "), Quoted(reason, limit=300)] if reason else [Plain(".")]
    spans += [Break(), *_meaning(on)]
    meaning = "Nothing lands." if on else "Landings go on."
    return OutgoingMessage(f"Kill switch {state}. {meaning}", (Section("switch", tuple(spans)),))


def _meaning(on: bool) -> list[Span]:
    if not on:
        return [Plain("Landings go on by the rules of each repository.")]
    return [
        Plain("Nothing lands until it is turned off with "),
        Code(f"{NAME} {SWITCH} off"),
        Plain(". Runs go on up to that point."),
    ]


def standing(state: Switch, *, on: bool | None, by: str, reason: str, at: datetime | None) -> str:
    """ "on: turned on by Slack: ada (U1) at 2026-11-20 12:00 UTC, main is broken". `on` None where nobody ever turned it."""
    if on is None or at is None:
        return f"{state.value}: never turned"
    why = f", {reason}" if reason else ""
    return f"{state.value}: turned {'on' if on else 'off'} by {by} at {at:%Y-%m-%d %H:%M} UTC{why}"
