"""The message that opens a run's thread: who asked for what, where nobody had written anything."""

from integrations.types.chat import (
    Break,
    ChannelMention,
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
from tasks.domain.request import Channel
from tasks.domain.run import Run

LONGEST = 600
_BY = {
    Channel.slack_command: " asked with /sortie:",
    Channel.slack_shortcut: " asked with a shortcut:",
    Channel.slack_reaction: " asked with a reaction:",
}


def root(run: Run, *, away_from: str = "") -> OutgoingMessage:
    """`away_from` is the channel where we may not write, so that this is a direct message instead."""
    request = run.request
    asked: Text = (
        Mention(request.requester.id),
        Plain(_BY.get(request.channel, " asked:")),
        Break(),
        Quoted(request.text, limit=LONGEST),
    )
    parts: list[Part] = [Section("root", asked)]
    if request.quoted:
        about: Text = (Plain("About this message: "), Quoted(request.quoted.text, limit=LONGEST))
        parts.append(Section("about", about))
    if away_from:
        told: Text = (
            Plain("I cannot write in "),
            ChannelMention(away_from),
            Plain(", so I answer here. To have it there next time: "),
            Code("/invite @sortie"),
        )
        parts.append(Context("away", told))
    return OutgoingMessage(f"{run.id} was asked for: {run.title}.", tuple(parts))
