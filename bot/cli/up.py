"""`sortie up`: broker, migrations, web, worker, publisher and beat as one supervised tree."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.cli import broker
from bot.cli.config import USAGE, complain, load_settings
from bot.cli.credentials import environment_for
from bot.cli.lines import Lines
from bot.cli.start import MODULES
from bot.cli.supervise import ChildSpec, Supervisor
from tasks.settings import Settings
from tasks.store.engine import open_engine
from tasks.store.errors import StoreDown
from tasks.store.store import Store, WorkerRow

START_S = 30.0


class StartFailed(Exception):
    """The tree could not be brought up; the message is one sentence."""


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Holds this home for one tree. Raises StartFailed when another tree has it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartFailed(f"Sortie already runs in {home.absolute()}.") from None
        yield


@dataclass(frozen=True, slots=True)
class Tree:
    """Sortie's own processes in one supervisor. `env` is everything they may choose from; `cwd` where they run."""

    settings: Settings
    env: Mapping[str, str]
    supervisor: Supervisor
    cwd: Path | None = None

    def start(self) -> None:
        """Broker first, then the schema, then everything else. Raises StartFailed."""
        env = dict(self.env)
        if not self.settings.broker_url:
            self._start_broker()
            env["SORTIE_BROKER_URL"] = broker.url_of(self.settings.home)
        self._migrate(env)
        for kind, module in MODULES.items():
            argv = (sys.executable, "-m", module)
            self.supervisor.start(ChildSpec(kind, argv, environment_for(kind, env), self.cwd))

    def wait_for_web(self) -> None:
        """Until the web process answers. Raises StartFailed."""
        url = f"http://{self.settings.bind}:{self.settings.port}/readyz"
        self._wait(lambda: _answers(url), f"The web process did not answer on port {self.settings.port}.")

    def _start_broker(self) -> None:
        home = self.settings.home
        if not broker.alive(home):
            env = {"PATH": self.env.get("PATH", ""), "LC_ALL": "C"}
            self.supervisor.start(ChildSpec("valkey", broker.command(home), env))
        self._wait(lambda: broker.alive(home), "The embedded broker did not start.")

    def _migrate(self, env: Mapping[str, str]) -> None:
        command = (sys.executable, "-m", "bot.migrate")
        done = subprocess.run(
            command, env=environment_for("beat", env), cwd=self.cwd, capture_output=True, timeout=120
        )
        for line in done.stderr.decode("utf-8", "replace").splitlines():
            self.supervisor.say("database", line)
        if done.returncode:
            raise StartFailed("The database could not be upgraded.")

    def _wait(self, ready: Callable[[], bool], sentence: str) -> None:
        deadline = time.monotonic() + START_S
        while not ready():
            if time.monotonic() > deadline or self.supervisor.stopping.is_set():
                raise StartFailed(sentence)
            self.supervisor.tend()
            time.sleep(0.05)


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def stop_on_signals() -> threading.Event:
    """Set by SIGINT, SIGTERM or SIGHUP."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked.set())
    return asked


def main() -> None:
    settings = load_settings()
    lines = Lines(sys.stderr)
    supervisor = Supervisor(lines.say)
    asked = stop_on_signals()
    try:
        with locked(settings.home):
            tree = Tree(settings, os.environ, supervisor)
            try:
                tree.start()
                tree.wait_for_web()
                announce(settings, lines)
                proven = Proof(settings)
                while not asked.wait(0.2):
                    supervisor.tend()
                    for line in proven.news():
                        lines.say("sortie", line)
            finally:
                supervisor.stop()
    except StartFailed as failed:
        complain("CFG-006", str(failed))
        raise SystemExit(USAGE) from None


@dataclass(slots=True)
class Proof:
    """Tells once what each worker proved of its sandbox: the workers write it down, this only reads it."""

    settings: Settings
    told: dict[str, bool] = field(default_factory=dict)
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(open_engine(self.settings.database, pool_size=1))

    def news(self) -> list[str]:
        """Sentences about workers that are new, or that changed their mind."""
        try:
            with self.store.reading() as tx:
                rows = tx.workers()
        except StoreDown:
            return []
        fresh = [row for row in rows if self.told.get(row.name) is not row.ready]
        self.told |= {row.name: row.ready for row in fresh}
        since = self.store.clock() - timedelta(seconds=60)
        return [_proven(row) for row in fresh if row.seen_at > since]


def _proven(row: WorkerRow) -> str:
    if row.ready and row.isolation == "full":
        return f"sandbox: bubblewrap, every probe passed, isolation full; {row.detail}; the worker takes work"
    if row.ready:
        return f"sandbox: REDUCED ISOLATION ({row.isolation}); {row.detail}; the worker takes work"
    return f"SBX-003 the sandbox does not hold, so the worker takes no work: {row.detail}"


def announce(settings: Settings, lines: Lines) -> None:
    """What runs, in which mode, and where to look."""
    where = "PostgreSQL" if settings.database.startswith("postgresql") else f"SQLite in {settings.home}"
    broker_mode = "given by URL" if settings.broker_url else "embedded Valkey"
    lines.say("sortie", f"database: {where}; broker: {broker_mode}; sandbox: {settings.sandbox.backend}")
    lines.say("sortie", f"pages: {settings.public_url}")
    if settings.slack.socket_mode:
        lines.say("sortie", "Slack: Socket Mode, the web process connects; no public address is needed")
    else:
        lines.say("sortie", f"Slack: HTTP events at {settings.public_url}/slack/events")
    lines.say("sortie", f"GitHub calls {settings.public_url}/hooks/github")


if __name__ == "__main__":
    main()
