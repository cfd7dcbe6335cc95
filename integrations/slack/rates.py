"""Slack's rate limits by method: https://docs.slack.dev/apis/web-api/rate-limits. They hold for one app in one workspace."""

from integrations.types.chat import Rate

POST = Rate("chat.postMessage", 60, by_channel=True)
UPDATE = Rate("chat.update", 50)
RATES: dict[str, tuple[Rate, ...]] = {
    "post": (POST,),
    "update": (UPDATE,),
    "whisper": (Rate("chat.postEphemeral", 100),),
    "react": (Rate("reactions.add", 50),),
    "swap": (Rate("reactions.add", 50), Rate("reactions.remove", 20)),
    "session": (Rate("agents.sessions.setStatus", 50),),
    "look": (Rate("conversations.replies", 50),),
}
"""What each kind of write counts against. `swap` takes one reaction away before it adds another; `look` finds an earlier post."""


def limit_met(method: str, arguments: dict[str, object]) -> str:
    """The limit that a refused call met, as `Rate.key` names it."""
    return POST.key(str(arguments.get("channel", ""))) if method == POST.what else method
