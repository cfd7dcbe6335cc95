"""A workspace of plain files with a real sandbox around it, and a journal kept in memory."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.types.model import Message
from integrations.types.sandbox import Limits, SandboxSpec
from tasks.agent.journal import Said, Turn
from tasks.agent.tools import Toolbox
from tasks.roles import cost_usd

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LIMITS = Limits(memory_mb=512, disk_mb=64)


@contextmanager
def workspace(provider: BubblewrapProvider, files: dict[str, str | bytes]) -> Iterator[Path]:
    """A directory that the sandbox's user owns."""
    home = Path(tempfile.mkdtemp(prefix="sortie-agent-"))
    home.chmod(0o755)
    tree = home / "tree"
    tree.mkdir()
    for name, content in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    provider.adopt(tree)
    try:
        yield tree
    finally:
        shutil.rmtree(home)


@contextmanager
def toolbox_on(
    provider: BubblewrapProvider, tree: Path, journal: "MemoryJournal", *, time_left_s: float = 600.0
) -> Iterator[Toolbox]:
    """Tools that run in a real sandbox around `tree`."""
    with provider.open(SandboxSpec(tree, limits=LIMITS)) as sandbox:
        yield Toolbox(sandbox, LIMITS, lambda: time_left_s, journal.cancelled)


@dataclass
class MemoryJournal:
    """Keeps turns in a list; `tick` passes with each turn; `said_after` is what people say after that many turns."""

    kept: list[Turn] = field(default_factory=list)
    plans: list[tuple[str, ...]] = field(default_factory=list)
    assumptions: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)
    said_after: dict[int, Said] = field(default_factory=dict)
    tick: timedelta = timedelta(seconds=1)
    clock: datetime = NOON
    stopped: bool = False
    stop_after: int | None = None
    price: str | None = None

    def conversation(self) -> tuple[Message, ...]:
        return tuple(message for turn in self.kept for message in turn.messages)

    def keep(self, turn: Turn) -> None:
        self.kept.append(turn)
        self.clock += self.tick
        if self.stop_after == len(self.kept):
            self.stopped = True

    def planned(self, items: tuple[str, ...]) -> None:
        self.plans.append(items)

    def assumed(self, question: str, options: tuple[str, ...], default: str) -> None:
        self.assumptions.append((question, options, default))

    def words(self) -> tuple[Said, ...]:
        return tuple(said for after, said in sorted(self.said_after.items()) if after <= len(self.kept))

    def spent_usd(self) -> float:
        return sum(cost_usd(self.price or turn.model, turn.usage) or 0.0 for turn in self.kept)

    def stop(self) -> bool:
        self.stopped = True
        return True

    def cancelled(self) -> bool:
        return self.stopped

    def now(self) -> datetime:
        return self.clock
