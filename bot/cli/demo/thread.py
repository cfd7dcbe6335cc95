"""The thread as a person sees it, read from the Slack simulator; nothing of it comes from our own database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

from bot.cli.demo.world import ADA, BOT, CHANNEL


@dataclass(slots=True)
class SlackThread:
    """One thread in the simulator at `url`. `news` yields what changed since it was last asked."""

    url: str
    http: httpx2.Client
    ts: str = ""
    _shown: dict[str, str] = field(default_factory=dict)
    _reactions: tuple[str, ...] = ()

    def ask(self, text: str) -> None:
        """The demo's user mentions the bot in #payments."""
        body = {"user": ADA, "channel": CHANNEL, "text": f"<@{BOT}> {text}"}
        answer = self.http.post(f"{self.url}/_sim/messages", json=body).raise_for_status()
        self.ts = str(answer.json()["ts"])

    @property
    def page(self) -> str:
        """Where a browser shows it."""
        return f"{self.url}/c/{CHANNEL}/{self.ts}"

    def messages(self) -> list[dict[str, Any]]:
        found = self.http.get(f"{self.url}/_sim/threads/{CHANNEL}/{self.ts}").raise_for_status()
        messages: list[dict[str, Any]] = found.json()["messages"]
        return messages

    def news(self) -> Iterator[str]:
        """One line per new message, changed message or changed reaction."""
        for message in self.messages():
            ts, text, ours = message["ts"], str(message.get("text", "")), bool(message.get("bot_id"))
            if ts == self.ts and (now := reactions_of(message)) != self._reactions:
                self._reactions = now
                yield f"reaction  {' '.join(f':{name}:' for name in now) or 'none'}"
            if self._shown.get(ts) == text:
                continue
            kind = "edited" if ts in self._shown else "sortie" if ours else "ada"
            self._shown[ts] = text
            yield f"{kind:<9} {text.replace(f'<@{BOT}>', '@sortie').replace(f'<@{ADA}>', '@ada')}"

    def calls(self, method: str) -> list[dict[str, Any]]:
        """Our successful calls of one Web API method, in order."""
        found = self.http.get(f"{self.url}/_sim/requests", params={"method": method}).raise_for_status()
        return [row for row in found.json()["requests"] if row["ok"]]


def reactions_of(message: dict[str, Any]) -> tuple[str, ...]:
    """The bot's own reactions on a message."""
    return tuple(r["name"] for r in message.get("reactions", ()) if BOT in r["users"])
