"""What holds in one channel of the chat, as its people set it. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class SteerMode(StrEnum):
    """Whose replies change the course of a run in its thread: those that mention us, or all of them."""

    mention = "mention"
    any = "any"


class Verbosity(StrEnum):
    """How much is posted: the card and what is ready, the usual, or every phase."""

    quiet = "quiet"
    normal = "normal"
    verbose = "verbose"


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """`repo` is the channel's default ("" for none), `owner` the chat user who is asked where nobody answers ("" for none).

    `emoji_start` lets a reaction on a message begin a run; `digest` is the weekly summary. Both are off until somebody wants them.
    """

    repo: str = ""
    steer: SteerMode = SteerMode.mention
    verbosity: Verbosity = Verbosity.normal
    emoji_start: bool = False
    digest: bool = False
    owner: str = ""


USUAL = ChannelSettings()
"""How a channel stands that nobody has set."""
