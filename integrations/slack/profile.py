"""Which blocks a workspace takes: asked once, by showing Slack a plan (https://docs.slack.dev/reference/methods/blocks.validate)."""

from dataclasses import dataclass

from integrations.errors import IntegrationError, Rejected
from integrations.slack.blocks import Profile, blocks
from integrations.slack.transport import Transport, error_code
from integrations.types.chat import OutgoingMessage, PlanPart, PlanStep

INVALID = "invalid_blocks"
_SAMPLE = OutgoingMessage("Plan", (PlanPart("plan", "Plan", (PlanStep("s1", "Look", "pending", "at it"),)),))


@dataclass(frozen=True, slots=True)
class Workspace:
    """What Slack said of the workspace a token belongs to. `profile` None where it did not say."""

    team: str
    profile: Profile | None


def ask(token: str, *, api_url: str) -> Workspace | None:
    """None where Slack does not answer, or does not know the token."""
    slack = Transport(token, api_url=api_url, timeout_s=5.0)
    try:
        team = str(slack.call("auth.test", {}).get("team_id", ""))
    except IntegrationError:
        return None
    try:
        sample = blocks(_SAMPLE, profile="plan", redact=str)
        slack.call("blocks.validate", {"blocks": sample})
    except Rejected as refused:
        return Workspace(team, "classic" if error_code(refused) == INVALID else None)
    except IntegrationError:
        return Workspace(team, None)
    return Workspace(team, "plan")
