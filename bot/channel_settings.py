"""Setting a channel: operators alone, each change kept with who made it. Pure."""

import re

from bot import replies
from bot.inbound import ChannelSet, Typed
from bot.routed import ChannelChanged, Ignored, Known, Routed
from tasks.domain.channel import ChannelSettings, SteerMode, Verbosity
from tasks.messages import channel_form

_CHANNEL, _USER = re.compile(r"[CG][A-Z0-9]{2,30}"), re.compile(r"[UW][A-Z0-9]{2,30}")


def asked_to_set(typed: Typed, known: Known) -> Routed:
    """Opens the form with how the channel stands."""
    if not known.operator:
        return Ignored("no operator", replies.settings_for_operators())
    if not _CHANNEL.fullmatch(typed.channel):
        return Ignored("no channel", replies.no_channel_here())
    return Ignored("settings", replies.settings(channel_form.channel_form(typed.channel, known.channel)))


def route_channel_set(sent: ChannelSet, known: Known) -> Routed:
    """Who may is asked again: the form may have been open for long."""
    if sent.restricted or not known.operator:
        return Ignored("no operator", replies.settings_for_operators())
    names = {name.lower(): name for name in known.repos}
    repo = names.get(sent.repo.lower(), "" if names else sent.repo)
    if sent.repo and not repo:
        return Ignored(
            "unknown repository", replies.field(channel_form.REPO, "I do not work on that repository.")
        )
    if not _CHANNEL.fullmatch(sent.channel) or sent.steer not in _values(SteerMode):
        return Ignored("no such form", replies.field(channel_form.STEER, "Open the form again."))
    if sent.verbosity not in _values(Verbosity) or (sent.owner and not _USER.fullmatch(sent.owner)):
        return Ignored("no such form", replies.field(channel_form.VERBOSITY, "Open the form again."))
    settings = ChannelSettings(
        repo,
        SteerMode(sent.steer),
        Verbosity(sent.verbosity),
        channel_form.EMOJI in sent.switches,
        channel_form.DIGEST in sent.switches,
        sent.owner,
    )
    return ChannelChanged(sent.by, known.login, sent.channel, settings)


def _values(kind: type[SteerMode] | type[Verbosity]) -> frozenset[str]:
    return frozenset(str(member) for member in kind)
