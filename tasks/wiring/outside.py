"""Ports of the publisher: the only clients with credentials that can write to the world."""

from integrations.github.client import GitHubHost

from integrations.redaction import Redactor
from integrations.slack.client import SlackChat
from tasks.effects.ports import OutsidePorts
from tasks.messages.words import Links
from tasks.settings import Settings
from tasks.wiring import base, work


def outside_ports(settings: Settings) -> OutsidePorts:
    """The publisher's hands."""
    slack = settings.slack
    redact = Redactor(base.secrets_of(settings))
    return OutsidePorts(
        chat=SlackChat(
            slack.bot_token.get_secret_value(),
            api_url=slack.api_url,
            profile=slack.card_profile,
            redact=redact,
        ),
        code_host=GitHubHost(settings),
        workspaces=work.workspaces(settings, work.sandboxes(settings)),
        links=Links(settings.public_url),
    )
