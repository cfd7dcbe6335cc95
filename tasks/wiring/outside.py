"""Ports of the publisher: the only clients with credentials that can write to the world."""

from integrations.github.client import GitHubHost
from integrations.github.connection import AppCredentials
from integrations.redaction import Redactor
from integrations.slack.blocks import Profile
from integrations.slack.client import SlackChat
from integrations.slack.profile import ask
from integrations.slack.rates import RATES
from tasks.effects.ports import OutsidePorts
from tasks.messages.words import Links
from tasks.pace import Pace
from tasks.seals import Seals
from tasks.settings import GitHubSettings, Settings
from tasks.store.errors import StoreDown
from tasks.store.store import Store
from tasks.store.workspaces import keep_profile, profile_of
from tasks.wiring import base, places


def outside_ports(settings: Settings, profile: Profile = "plan") -> OutsidePorts:
    """The publisher's hands; `profile` is how messages are drawn in its workspace."""
    slack, github = settings.slack, settings.github
    redact = Redactor(base.secrets_of(settings))
    return OutsidePorts(
        chat=SlackChat(
            slack.bot_token.get_secret_value(),
            api_url=slack.api_url,
            profile=profile,
            redact=redact,
        ),
        code_host=GitHubHost(
            _credentials(github), api_url=github.api_url, git_url=github.git_url, redact=redact
        ),
        workspaces=places.workspaces(settings, places.sandboxes(settings)),
        links=Links(settings.public_url, github.git_url),
        reviewer_cap=settings.pulls.reviewer_cap,
        seals=Seals(github.connect_secret),
        user_repo=settings.user_repo,
    )


def card_profile(settings: Settings, store: Store) -> Profile:
    """As set; else as Slack says now, or as it said the last time it was asked."""
    slack = settings.slack
    if slack.card_profile != "auto":
        return slack.card_profile
    asked = ask(slack.bot_token.get_secret_value(), api_url=slack.api_url)
    try:
        with store.writing() as tx:
            if asked and asked.profile:
                keep_profile(tx.conn, tx.now, asked.team, asked.profile)
            known = profile_of(tx.conn, asked.team if asked else "")
    except StoreDown:
        known = (asked and asked.profile) or ""
    return "classic" if known == "classic" else "plan"


def pace(settings: Settings) -> Pace:
    """How quickly the publisher may write to Slack."""
    slack = settings.slack
    return Pace(RATES, edits_per_minute=slack.edits_per_minute, edit_every_s=slack.edit_every_s)


def _credentials(github: GitHubSettings) -> str | AppCredentials:
    if github.app_id is None:
        return github.token.get_secret_value()
    return AppCredentials(github.app_id, github.private_key.get_secret_value(), github.installation_id)
