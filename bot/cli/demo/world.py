"""The demo's processes: three simulators, and Sortie itself exactly as `sortie up` runs it."""

import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.cli.config import load_settings
from bot.cli.credentials import secret_names
from bot.cli.demo.home import Home
from bot.cli.demo.target import APP_ID, INSTALLATION, clean_copy, repo_name, seed
from bot.cli.demo.toolchain import copy_toolchain
from bot.cli.supervise import ChildSpec, Supervisor
from bot.cli.up import StartFailed, Tree
from tasks.settings import Settings

START_S = 40.0
TEAM, CHANNEL, ADA, BEN, BOT = "T0ACME0001", "C0PAYMENTS", "U0ADA00001", "U0BEN00001", "U0SORTIE01"
CLIENT = "Iv1.5f0c7d0e5a1e9b21"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the demo is asked to show. `live` takes the real model; `toolchain` replaces our copy of pytest."""

    target: Path
    script: Path
    live: bool = False
    port: int | None = None
    toolchain: Path | None = None


@dataclass(frozen=True, slots=True)
class Urls:
    """Where things are, without a slash at the end."""

    web: str
    slack: str
    github: str
    model: str


@dataclass(slots=True)
class World:
    """Starts everything in `home`. After `start`, `settings` and `urls` are set."""

    plan: Plan
    home: Home
    write: Callable[[str, str], None]
    supervisor: Supervisor = field(init=False)
    settings: Settings = field(init=False)
    urls: Urls = field(init=False)
    _told: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self._heard)

    @property
    def repo(self) -> str:
        return repo_name(self.plan.target)

    def start(self) -> None:
        """Simulators first, then Sortie. Raises StartFailed with one sentence."""
        ports = free_ports(4, first=self.plan.port)
        self.urls = Urls(*(f"http://127.0.0.1:{port}" for port in ports))
        keys = {name: secrets.token_hex(20) for name in ("signing", "hook", "bot", "model", "client")}
        toolchain = self.plan.toolchain or copy_toolchain(self.home.toolchain)
        self._start_simulators(keys, toolchain)
        settings = self._environment(keys, toolchain)
        self.home.make_commands({k: v for k, v in settings.items() if k not in secret_names()})
        env = outer_environment(live=self.plan.live) | settings
        os.chdir(self.home.root)  # no .env and no sortie.toml of the person's own folder
        os.environ.clear()
        os.environ.update(env)
        self.settings = load_settings()
        tree = Tree(self.settings, env, self.supervisor, self.home.root)
        tree.start()
        tree.wait_for_web()

    def check(self) -> None:
        """Restarts what fell over. Raises StartFailed when a simulator is gone: its world is gone with it."""
        if gone := self.supervisor.tend():
            raise StartFailed(f"The simulator {gone} ended; see {self.home.log}.")

    def _start_simulators(self, keys: Mapping[str, str], toolchain: Path) -> None:
        home, urls = self.home, self.urls
        source = clean_copy(self.plan.target, home.root / "target")
        (home.private / "seed.json").write_text(json.dumps(seed(source, repo=self.repo, toolchain=toolchain)))
        self._simulator(
            "slack",
            urls.slack,
            ("--events-url", f"{urls.web}/slack/events"),
            ("--signing-secret", keys["signing"]),
            ("--bot-token", f"xoxb-{keys['bot']}"),
        )
        self._simulator(
            "github",
            urls.github,
            ("--root", str(home.root / "github")),
            ("--webhook-url", f"{urls.web}/hooks/github"),
            ("--webhook-secret", keys["hook"]),
            ("--app-id", str(APP_ID)),
            ("--app-key", str(home.private / "app.pem")),
            ("--seed", str(home.private / "seed.json")),
            ("--client-id", CLIENT),
            ("--client-secret", keys["client"]),
            ("--callback-url", f"{urls.web}/link/callback"),
        )
        if not self.plan.live:
            self._simulator(
                "model",
                urls.model,
                ("--script", str(self.plan.script)),
                ("--api-key", f"sk-ant-{keys['model']}"),
            )
        wanted = {"slack", "github"} | (set() if self.plan.live else {"model"})
        self._wait(lambda: wanted <= self._told.keys())

    def _simulator(self, name: str, url: str, *options: tuple[str, str]) -> None:
        argv = [sys.executable, "-m", f"integrations.simulators.{name}", "--port", url.rpartition(":")[2]]
        argv += [part for option in options for part in option]
        env = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH")}
        env["PYTHONUNBUFFERED"] = "1"
        self.supervisor.start(ChildSpec(name, tuple(argv), env, self.home.root, restart=False))

    def _heard(self, name: str, line: str) -> None:
        if line.startswith("{") and name not in self._told:
            with suppress(ValueError):
                self._told[name] = str(json.loads(line).get("url", ""))
        self.write(name, line)

    def _wait(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_S
        while not ready():
            if gone := self.supervisor.tend():
                raise StartFailed(f"The {gone} simulator did not start.")
            if time.monotonic() > deadline:
                raise StartFailed(f"The simulators did not start within {START_S:g} s.")
            time.sleep(0.02)

    def _environment(self, keys: Mapping[str, str], toolchain: Path) -> dict[str, str]:
        urls, home = self.urls, self.home
        links = [{"team": TEAM, "user": ADA, "login": "ada"}, {"team": TEAM, "user": BEN, "login": "ben"}]
        env = {
            "SORTIE_HOME": str(home.sortie),
            "SORTIE_DATABASE_URL": f"sqlite:///{home.private / 'sortie.db'}",
            "SORTIE_PUBLIC_URL": urls.web,
            "SORTIE_GITHUB__CLIENT_ID": CLIENT,
            "SORTIE_GITHUB__CLIENT_SECRET": keys["client"],
            "SORTIE_PORT": urls.web.rpartition(":")[2],
            "SORTIE_SLACK__API_URL": f"{urls.slack}/api/",
            "SORTIE_SLACK__BOT_TOKEN": f"xoxb-{keys['bot']}",
            "SORTIE_SLACK__SIGNING_SECRET": keys["signing"],
            "SORTIE_SLACK__BOT_USER_ID": BOT,
            "SORTIE_GITHUB__API_URL": urls.github,
            "SORTIE_GITHUB__GIT_URL": urls.github,
            "SORTIE_GITHUB__APP_ID": str(APP_ID),
            "SORTIE_GITHUB__INSTALLATION_ID": str(INSTALLATION),
            "SORTIE_GITHUB__PRIVATE_KEY": (home.private / "app.pem").read_text(),
            "SORTIE_GITHUB__WEBHOOK_SECRET": keys["hook"],
            "SORTIE_SANDBOX__TOOLCHAIN_DIR": str(toolchain),
            "SORTIE_LIMITS__CI_POLL_S": "3",
            "SORTIE_LIMITS__CI_GRACE_S": "6",
            "SORTIE_LIMITS__RETRY_BASE_S": "0.5",
            "SORTIE_REPOS": json.dumps([self.repo]),
            "SORTIE_LINKS": json.dumps(links),
            "SORTIE_CHANNEL_REPO": json.dumps({CHANNEL: self.repo}),
        }
        if not self.plan.live:
            env |= {"SORTIE_MODEL__API_KEY": f"sk-ant-{keys['model']}", "SORTIE_MODEL__BASE_URL": urls.model}
        return env


def outer_environment(*, live: bool) -> dict[str, str]:
    """What Sortie's processes keep of the person's environment: no settings of another Sortie, and proxies only when live."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SORTIE_", "ANTHROPIC_"))}
    if not live:
        return {k: v for k, v in kept.items() if k.lower() not in PROXIES}
    kept["SORTIE_MODEL__API_KEY"] = os.environ.get("ANTHROPIC_API_KEY", "")
    if base_url := os.environ.get("ANTHROPIC_BASE_URL"):
        kept["SORTIE_MODEL__BASE_URL"] = base_url
    return kept | {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


def free_ports(count: int, *, first: int | None) -> list[int]:
    """Ports nobody listens on: from `first` upwards where that is free, else of the system's choice."""
    found: list[int] = []
    held: list[socket.socket] = []
    for n in range(count):
        wanted = [] if first is None else [first + n]
        for port in (*wanted, 0):
            probe = socket.socket()
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                probe.close()
                continue
            held.append(probe)
            found.append(int(probe.getsockname()[1]))
            break
    for probe in held:
        probe.close()
    return found
