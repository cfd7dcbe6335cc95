"""Ports of the publisher: the only clients with credentials that can write to the world."""

from integrations.github.client import GitHubHost
from integrations.github.connection import AppCredentials
from integrations.redaction import Redactor
from integrations.slack.client import SlackChat
from integrations.slack.rates import RATES
from tasks.effects.ports import OutsidePorts
from tasks.messages.words import Links
from tasks.pace import Pace
from tasks.seals import Seals
from tasks.settings import GitHubSettings, Settings
from tasks.wiring import base, places


def outside_ports(settings: Settings) -> OutsidePorts:
    """The publisher's hands."""
    slack, github = settings.slack, settings.github
    redact = Redactor(base.secrets_of(settings))
    return OutsidePorts(
        chat=SlackChat(
            slack.bot_token.get_secret_value(),
            api_url=slack.api_url,
            profile=slack.card_profile,
            redact=redact,
        ),
        code_host=GitHubHost(
            _credentials(github), api_url=github.api_url, git_url=github.git_url, redact=redact
        ),
        workspaces=places.workspaces(settings, places.sandboxes(settings)),
        links=Links(settings.public_url),
        reviewer_cap=settings.pulls.reviewer_cap,
        seals=Seals(github.connect_secret),
    )


def pace(settings: Settings) -> Pace:
    """How quickly the publisher may write to Slack."""
    slack = settings.slack
    return Pace(RATES, edits_per_minute=slack.edits_per_minute, edit_every_s=slack.edit_every_s)


def _credentials(github: GitHubSettings) -> str | AppCredentials:
    if github.app_id is None:
        return github.token.get_secret_value()
    return AppCredentials(github.app_id, github.private_key.get_secret_value(), github.installation_id)
