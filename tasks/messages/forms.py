"""The form in which a run is asked for."""

import json

from integrations.types.chat import Button, Buttons, OutgoingMessage, Plain, Section, StartForm
from tasks.domain.drafts import Draft

ABOUT_IT = "Fix what this message is about."
"""The request of somebody who points to a message and says nothing."""

NOT_IN_CHANNEL = "I am not in this channel. Add me with /invite @sortie first, or start it anyway: I then answer in a direct message."
_HOURS = (
    ("15m", "15 minutes"),
    ("30m", "30 minutes"),
    ("60m", "1 hour"),
    ("2h", "2 hours"),
    ("4h", "4 hours"),
)


def grace(draft: Draft) -> OutgoingMessage:
    """Seen by whoever reacted, while it can still be called off."""
    said = "Starting on this message in a few seconds."
    cancel = Button("draft_cancel", "Cancel", value=about(draft))
    return OutgoingMessage(said, (Section("grace", (Plain(said),)), Buttons("gracea", (cancel,))))


def unreadable() -> OutgoingMessage:
    said = "I could not read that message, so nothing was started. Mention me below it instead."
    return OutgoingMessage(said, (Section("read", (Plain(said),)),))


def about(draft: Draft) -> str:
    """What a button under a draft carries back."""
    return json.dumps({"d": draft.id}, separators=(",", ":"))


def start(draft: Draft, guess: tuple[str, str] | None, *, member: bool) -> StartForm:
    """`guess` is the repository that would be chosen, and why."""
    repo, reason = guess or ("", "")
    request = draft.request
    quoted = request.quoted
    return StartForm(
        draft.id,
        promises=(("", _usual(request.sla_s)), *_HOURS),
        about=quoted.text if quoted else "",
        author=quoted.author if quoted else "",
        repo=repo,
        reason=reason,
        asks_where=quoted is None,
        warning="" if member else NOT_IN_CHANNEL,
    )


def _usual(sla_s: int) -> str:
    return f"{round(sla_s / 60)} minutes (the usual)"
