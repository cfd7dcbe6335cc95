"""Every change through all gates, in a few processes, each with a home of its own; what is known already is not done again."""

import hashlib
import json
import multiprocessing
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from bench.changes.commits import laid
from bench.changes.packages import PACKAGES, Tree
from bench.changes.recipes import Recipe
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.types.sandbox import Limits
from tasks.domain.checks import GateOutcome
from tasks.gates.change import Checks, check_change
from tasks.gates.config import RepoConfig
from tasks.gates.run import Conditions, GateRoom, Subject
from tasks.workspace.git import git
from tasks.workspace.storage import ensure_repositories
from tasks.workspace.workspaces import Workspaces

_TREE = Path(__file__).parent.parent.parent
_DECIDES = ("tasks/gates", "tasks/workspace", "tasks/domain/checks.py", "integrations/sandboxes")
_STOPS = (GateOutcome.failed, GateOutcome.broken, GateOutcome.needs_human)
_ALL = "+refs/heads/*:refs/heads/*"
_LIMITS = Limits(wall_s=60.0)


@dataclass(frozen=True, slots=True)
class Passage:
    """What the gates said of one change: outcome by gate, what stopped it and why, and whether a test proves it."""

    id: str
    outcomes: dict[str, str]
    details: dict[str, str]
    proven: bool
    wall_s: float

    @property
    def sent_back(self) -> bool:
        return bool({GateOutcome.failed.value, GateOutcome.broken.value} & set(self.outcomes.values()))

    @property
    def held(self) -> bool:
        """Not sent back, but a person must approve."""
        return not self.sent_back and GateOutcome.needs_human.value in self.outcomes.values()

    @property
    def stopped(self) -> bool:
        return self.sent_back or self.held

    @property
    def stoppers(self) -> tuple[str, ...]:
        """The gates that keep it from landing by itself."""
        return tuple(name for name, outcome in self.outcomes.items() if outcome in {s.value for s in _STOPS})


def gates_hash() -> str:
    """Of everything of ours that decides how a gate ends, and of the test runner it runs."""
    found = hashlib.sha256(version("pytest").encode())
    for place in _DECIDES:
        path = _TREE / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            found.update(f"{file.relative_to(_TREE)}\0".encode() + file.read_bytes())
    return found.hexdigest()


def known(results: Path) -> dict[str, Passage]:
    """What an earlier run, or one that was interrupted, found."""
    if not results.exists():
        return {}
    whole = results.read_text().rpartition("\n")[0]
    return {p.id: p for p in (Passage(**json.loads(line)) for line in whole.splitlines())}


def gated(
    recipes: Iterable[Recipe], trees: Mapping[str, Tree], room: Path, *, results: Path, processes: int
) -> dict[str, Passage]:
    """All of them; what is not in `results` is run in `room` (in memory, with a toolchain in it) and added there."""
    wanted = tuple(recipes)
    found = known(results)
    todo = [r for r in wanted if r.id not in found]
    if todo:
        results.parent.mkdir(parents=True, exist_ok=True)
        results.write_text("".join(f"{json.dumps(asdict(passage))}\n" for passage in found.values()))
        context = multiprocessing.get_context("spawn")
        start = (room, _laid(room, trees, todo))
        with (
            results.open("a") as file,
            ProcessPoolExecutor(processes, context, initializer=_begin, initargs=start) as pool,
        ):
            for done in as_completed([pool.submit(_gate, recipe) for recipe in todo]):
                passage = done.result()
                file.write(json.dumps(asdict(passage)) + "\n")
                file.flush()
                found[passage.id] = passage
    return {r.id: found[r.id] for r in wanted}


class _Here:
    """What one process keeps between changes."""

    room: GateRoom
    commits: dict[str, tuple[str, str]]
    conditions: Conditions


def _laid(room: Path, trees: Mapping[str, Tree], recipes: list[Recipe]) -> dict[str, tuple[str, str]]:
    """All commits, one bare repository a package, for every process to fetch."""
    commits: dict[str, tuple[str, str]] = {}
    for package, tree in trees.items():
        repository = room / f"{package}.git"
        git(None, "init", "--quiet", "--bare", str(repository))
        commits |= laid(repository, tree, (r for r in recipes if r.package == package))
    return commits


def _begin(room: Path, commits: dict[str, tuple[str, str]]) -> None:
    home = room / f"home-{multiprocessing.current_process().pid}"
    provider = BubblewrapProvider()
    workspaces = Workspaces(home, provider)
    _Here.room = GateRoom(workspaces, provider, lambda: False)
    _Here.conditions = Conditions(_LIMITS, toolchain=((room / "toolchain").resolve(),))
    _Here.commits = commits
    for repository in sorted(room.glob("*.git")):
        mirror, _ = ensure_repositories(workspaces.layout, _name(repository.stem))
        git(mirror, "fetch", "--quiet", str(repository), _ALL, env={"GIT_ALLOW_PROTOCOL": "file"})


def _gate(recipe: Recipe) -> Passage:
    began_s = time.perf_counter()
    base, head = _Here.commits[recipe.id]
    subject = Subject(f"R-{recipe.id}", _name(recipe.package), base, head)
    command = recipe.command or PACKAGES[recipe.package].command
    checks = Checks(RepoConfig(), (("test", command),), _Here.conditions)
    results = check_change(_Here.room, subject, checks)
    return Passage(
        recipe.id,
        {r.name: r.outcome.value for r in results},
        {r.name: r.detail for r in results if r.outcome in _STOPS or r.name == "test"},
        any(r.proven for r in results),
        round(time.perf_counter() - began_s, 2),
    )


def _name(package: str) -> str:
    return f"bench/{package}"


def in_turns(recipes: Iterable[Recipe], most: int) -> Iterator[Recipe]:
    """At most `most`, as evenly from all kinds as can be: a quick look."""
    rows: dict[tuple[str, str], list[Recipe]] = {}
    for recipe in recipes:
        rows.setdefault((recipe.label, recipe.family), []).append(recipe)
    left = most
    while left and any(rows.values()):
        for row in rows.values():
            if row and left:
                left -= 1
                yield row.pop(len(row) // 2)
