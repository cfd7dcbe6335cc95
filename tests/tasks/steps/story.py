"""The worker's and the reviewers' steps on a real repository: real git, real sandbox, the model simulator, events kept in memory."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from integrations.models.anthropic import AnthropicModel
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.simulators.model.loading import LoadedScript, load_script, parse_script
from integrations.types.chat import MessageRef
from integrations.types.code_host import Role
from integrations.types.model import Message
from tasks.domain.decisions import Accepted, Provisioned, RepoChosen
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import RunRequested
from tasks.domain.fold import apply, begin
from tasks.domain.results import CardPosted, RepoInspected
from tasks.domain.run import Run
from tasks.settings import ModelSettings, SandboxSettings, Settings
from tasks.steps.ports import Recorder, StepPorts
from tasks.store.trajectories import StoredTurn
from tasks.workspace.workspaces import Workspaces
from tests.integrations.simulators.model.serving import API_KEY, Served, serve
from tests.support.requests import a_request

REPO = "acme/api"
SCRIPTS = Path("bot/cli/demo/scripts")
TARGET = Path("bot/cli/demo/target")
TESTS = (("test", "python3 -m pytest -q"),)


class MemoryLog(Recorder):
    """Folds events like the store does. `facts` are appended with the record after which they come."""

    def __init__(self, run: Run, first: Recorded) -> None:
        self.run, self.recorded = run, [first]
        self.turns: list[StoredTurn] = []
        self.facts: dict[int, Event] = {}
        self.stopped = False
        self.stop_at_turn: int | None = None
        self.offset = timedelta()
        self.step = timedelta()
        self.lease_epoch = 1

    @property
    def epoch(self) -> int:
        return self.lease_epoch

    def tell(self, *events: Event) -> Run:
        for event in events:
            self.recorded.append(Recorded(self.run.seq + 1, self.now(), event))
            self.run = apply(self.run, self.recorded[-1])
        return self.run

    def record(self, event: Event, *, turn: StoredTurn | None = None) -> Run:
        self.tell(event)
        if turn:
            self.turns.append(turn)
            self.offset += self.step
            self.stopped = self.stopped or len(self.turns) == self.stop_at_turn
        if fact := self.facts.pop(len(self.turns), None):
            self.tell(fact)
        return self.run

    def conversation(self, key: str) -> tuple[Message, ...]:
        return tuple(m for t in self.turns if t.key == key for m in t.messages)

    def cancelled(self) -> bool:
        return self.stopped

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def of(self, kind: type[Event]) -> list[Any]:
        return [r.event for r in self.recorded if isinstance(r.event, kind)]


@dataclass
class Story:
    """One run up to the point where the worker begins, and everything its steps are handed."""

    home: Path
    origin: Path
    base: str
    workspaces: Workspaces
    sandboxes: BubblewrapProvider
    toolchain: Path
    log: MemoryLog = field(init=False)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log = begin_run(self.base)

    @property
    def run(self) -> Run:
        return self.log.run

    def request(self, text: str) -> None:
        """The same run for another request."""
        self.log = begin_run(self.base, text)

    @contextmanager
    def playing(self, script: LoadedScript) -> Iterator[tuple[Served, StepPorts]]:
        """The ports of a step against a model that plays `script`."""
        with serve(script) as served:
            model = AnthropicModel(API_KEY, base_url=served.url, idle_s=10)
            try:
                yield served, self.ports(model)
            finally:
                model.close()

    def ports(self, model: AnthropicModel) -> StepPorts:
        values = {
            "model": ModelSettings(),
            "sandbox": SandboxSettings(toolchain_dir=self.toolchain, memory_mb=512),
            **self.settings,
        }
        settings = Settings(_env_file=None, home=self.home, **values)
        return StepPorts(settings, self.workspaces, self.sandboxes, model, lambda: 0.0)

    def play(self, step: Callable[..., Event], script: LoadedScript) -> Event:
        """Runs one step to its event and records that, as drive does. The requests the model got are in `sent`."""
        with self.playing(script) as (served, ports):
            try:
                event = step(self.run, ports=ports, log=self.log)
            finally:
                self.sent = [entry["body"] for entry in served.requests()]
        self.log.tell(event)
        return event

    def prompts(self, role: str) -> str:
        """Every byte a role was sent, as one text."""
        return "\n".join(str(b) for b in self.sent if f"Sortie-Role: {role}" in str(b["system"]))


def begin_run(base: str, text: str = "/v1/refunds 500s when currency is null, should be a 422") -> MemoryLog:
    now = datetime.now(UTC)
    request = a_request(text)
    fields = {name: getattr(request, name) for name in request.__slots__}
    first = Recorded(1, now, RunRequested(type(request)(**{**fields, "received_at": now}), "Return 422"))
    log = MemoryLog(begin("R-1042", first), first)
    log.tell(
        CardPosted(MessageRef("C1", "2.0")),
        RepoChosen(REPO, "channel default", None, "ada"),
        RepoInspected(REPO, True, "ada", 7, Role.write, "main", "main", base),
        Accepted(),
        Provisioned(base, TESTS, True, "full"),
    )
    return log


def demo(name: str) -> LoadedScript:
    """A script of the demo."""
    return load_script(SCRIPTS / f"{name}.json")


def script(**roles: list[dict[str, Any]]) -> LoadedScript:
    """A script with the given steps per role; `_` in a name is `:`."""
    wanted = {
        name.replace("_", ":"): {
            "match": {"system": f"Sortie-Role: {name.replace('_', ':')}"},
            "steps": steps,
        }
        for name, steps in roles.items()
    }
    return parse_script(json.dumps({"roles": wanted}), name="test", base=Path())


def call(tool: str, **given: Any) -> dict[str, Any]:
    return {"tool": tool, "input": given}


def target_files() -> dict[str, bytes]:
    """The demo's target as path → content."""
    return {
        str(path.relative_to(TARGET)): path.read_bytes()
        for path in sorted(TARGET.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
