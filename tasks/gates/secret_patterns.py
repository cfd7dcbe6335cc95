"""What a secret looks like: a curated choice of detect-secrets' detectors, and token shapes of our own. Pure."""

import re

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector

_DETECTORS: tuple[RegexBasedDetector, ...] = (
    AWSKeyDetector(),
    AzureStorageKeyDetector(),
    BasicAuthDetector(),
    DiscordBotTokenDetector(),
    GitLabTokenDetector(),
    JwtTokenDetector(),
    MailchimpDetector(),
    NpmDetector(),
    OpenAIDetector(),
    PrivateKeyDetector(),
    PypiTokenDetector(),
    SendGridDetector(),
    SlackDetector(),
    SquareOAuthDetector(),
    StripeDetector(),
)
"""Those with a shape of their own. Entropy and keyword detectors flag ordinary code, and would teach people to wave it through."""

# No leading \b: a control sequence or an escape glued to the token would hide it.
_SHAPES = {
    "GitHub token": re.compile(r"gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{22,255}"),
    "Anthropic key": re.compile(r"sk-ant-[A-Za-z0-9_-]{16,}"),
    "Slack token": re.compile(r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}"),
    "Slack webhook": re.compile(r"hooks\.slack\.com/services/[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]+"),
    "AWS key": re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{16}"),
    "private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----"),
    "Google key": re.compile(r"AIza[A-Za-z0-9_-]{35}"),
}
_HARMLESS = re.compile(
    r"EXAMPLE|://[^/\s:@]+:[^/\s@]+@(?:localhost|127\.0\.0\.1|\[::1\]|[\w.-]*\bexample\b|[a-z]+[:/])", re.I
)
_USER_PASSWORD = re.compile(r"://[^/\s:@]+:[^/\s@]+@\S*")


_WIDTH, _OVERLAP = 2_000, 600
"""A long line is searched in overlapping pieces: several detectors take the square of what they are given."""


def secret_in(line: str) -> str | None:
    """The kind of the first thing in a line that looks like a secret, None when nothing does. Never its value."""
    pieces = (line[at : at + _WIDTH] for at in range(0, max(1, len(line) - _OVERLAP), _WIDTH - _OVERLAP))
    return next((kind for piece in pieces if (kind := _secret_in(piece))), None)


def _secret_in(line: str) -> str | None:
    for kind, shape in _SHAPES.items():
        for match in shape.finditer(line):
            if "EXAMPLE" not in match[0]:
                return kind
    for detector in _DETECTORS:
        if isinstance(detector, BasicAuthDetector) and _only_harmless(line):
            continue
        if any("EXAMPLE" not in found for found in detector.analyze_string(line)):
            return str(detector.secret_type)
    return None


def _only_harmless(line: str) -> bool:
    """Whether every user:password@ of a line belongs to this machine, to a documentation host or to a bare service name."""
    return all(_HARMLESS.search(url[0]) for url in _USER_PASSWORD.finditer(line))
