"""The form with what holds in a channel (`/sortie settings`)."""

from integrations.types.chat import Choice, Form, PersonField, RepoField, Ticks
from tasks.domain.channel import ChannelSettings, SteerMode, Verbosity

CALLBACK = "channel_settings"
REPO, STEER, VERBOSITY, SWITCHES, OWNER = (
    "set_repo",
    "set_steer",
    "set_verbosity",
    "set_switches",
    "set_owner",
)
EMOJI, DIGEST = "emoji", "digest"

_STEER = (
    (SteerMode.mention, "Replies that mention me"),
    (SteerMode.any, "Every reply in a run's thread"),
)
_VERBOSITY = (
    (Verbosity.quiet, "Quiet: the card, and what is ready"),
    (Verbosity.normal, "Normal: the draft too"),
    (Verbosity.verbose, "Verbose: every phase"),
)
_SWITCHES = (
    (EMOJI, "The reaction :sortie: on a message starts a run"),
    (DIGEST, "A summary of the week"),
)
NOTE = "For everybody in this channel. Every change is kept with your name."


def channel_form(channel: str, settings: ChannelSettings) -> Form:
    on = {EMOJI: settings.emoji_start, DIGEST: settings.digest}
    return Form(
        CALLBACK,
        "Sortie in this channel",
        "Save",
        channel,
        (
            RepoField(REPO, "Repository, where nothing else decides", settings.repo),
            Choice(STEER, "What changes the course of a run", _words(_STEER), settings.steer),
            Choice(VERBOSITY, "Posts", _words(_VERBOSITY), settings.verbosity),
            Ticks(SWITCHES, "Also", _SWITCHES, tuple(name for name, ticked in on.items() if ticked)),
            PersonField(OWNER, "Who is asked where nobody answers for an hour", settings.owner),
        ),
        NOTE,
    )


def _words(rows: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((str(value), label) for value, label in rows)
