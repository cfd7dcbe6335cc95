"""The front door for Slack: the real simulator signs and delivers, the real application answers on SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import httpx2
from pydantic import SecretStr

from bot.app import create_app
from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running
from tasks.settings import GitHubSettings, LinkSettings, Settings, SlackSettings
from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tasks.store.store import Store
from tests.support.eventually import until
from tests.support.web import NotedBell, serving

SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
GITHUB_SECRET = "It's a Secret to Everybody"
APP_TOKEN = "xapp-1-A0SORTIE01-simulated"
Mode = Literal["http", "socket"]
TEAM, CHANNEL = "T0ACME0001", "C0PAYMENTS"
ADA, BEN, CHEN, GUEST = "U0ADA00001", "U0BEN00001", "U0CHEN0001", "U0DANA0001"
BOT = "<@U0SORTIE01>"


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """The running pieces: the web application's URL, the simulator's, the database, and the bell."""

    url: str
    slack: str
    store: Store
    bell: NotedBell
    http: httpx2.Client

    def says(
        self, text: str, *, user: str = ADA, thread_ts: str | None = None, channel: str = CHANNEL
    ) -> str:
        """A person writes, and Slack has told us of it; returns the message's ts."""
        said = self.sim("messages", user=user, channel=channel, text=text, thread_ts=thread_ts)
        self.settle()
        return str(said["ts"])

    def sim(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"{self.slack}/_sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def api(self, method: str, **arguments: Any) -> dict[str, Any]:
        """A Web API call as our publisher makes it."""
        headers = {"authorization": "Bearer xoxb-simulated-bot"}
        found: dict[str, Any] = self.http.post(
            f"{self.slack}/api/{method}", headers=headers, json=arguments
        ).json()
        assert found["ok"], found
        return found

    def settle(self) -> None:
        """Every delivery so far was answered."""
        assert self.sim("settle", timeout_s=10)["settled"]

    def connected(self, *, after: int = 0) -> int:
        """Waits for Socket Mode's link; how many there have been, more than `after`."""

        def link() -> int | None:
            now = self.seen("socket")
            return int(now["opened"]) if now["links"] and now["opened"] > after else None

        return until(link, within_s=20, what="the connection")

    def seen(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"{self.slack}/_sim/{path}").json()
        return found

    def runs(self) -> tuple[str, ...]:
        with self.store.reading() as tx:
            return tuple(row.id for row in tx.recent(100))

    def facts(self, run_id: str) -> list[str]:
        """The names of the run's events, in order."""
        with self.store.reading() as tx:
            return [type(recorded.event).__name__ for recorded in tx.events(run_id)]


@contextmanager
def front_door(
    tmp_path: Path, *, mode: Mode = "http", database_url: str = "", port: int = 0, **changes: Any
) -> Iterator[FrontDoor]:
    """Everything that hears, running and told of by Slack in this mode; `changes` are further settings.

    The database is SQLite in `tmp_path` where no URL is given.
    """
    engine = open_engine(database_url or f"sqlite:///{tmp_path / 'sql' / 'sortie.db'}")
    upgrade(engine)
    store, bell = Store(engine), NotedBell()
    config = SlackSimConfig(signing_secret=SLACK_SECRET, retry_delays_s=(0.05, 0.1, 0.2))
    if mode == "socket":
        config = replace(config, app_token=APP_TOKEN, retry_delays_s=(0.05, *([0.25] * 60)))
    with running(config) as slack:
        values: dict[str, Any] = {
            "home": tmp_path,
            "slack": SlackSettings(
                api_url=f"{slack}/api/",
                bot_token=SecretStr(config.bot_token),
                signing_secret=SecretStr(SLACK_SECRET if mode == "http" else ""),
                app_token=SecretStr(APP_TOKEN if mode == "socket" else ""),
            ),
            "github": GitHubSettings(webhook_secret=SecretStr(GITHUB_SECRET)),
            "repos": ("acme/api", "acme/web"),
            "links": (
                LinkSettings(team=TEAM, user=ADA, login="ada"),
                LinkSettings(team=TEAM, user=BEN, login="ben"),
            ),
        }
        settings = Settings(_env_file=None, **(values | changes))
        with (
            serving(create_app(settings, store=store, waker=bell), port=port) as url,
            httpx2.Client(timeout=20) as http,
        ):
            door = FrontDoor(url, slack, store, bell, http)
            if mode == "http":
                door.sim("config", events_url=f"{url}/slack/events")
            else:
                door.connected()
            yield door
    engine.dispose()
