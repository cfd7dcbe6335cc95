"""What a workspace costs in seconds and disk, alone and eight at once, for small and large repositories: against git's own ways."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

from bench import measure
from bench.measure import timed
from bench.places import in_memory
from bench.report import Report, Table, Target
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.types.sandbox import Command
from tasks.workspace.storage import ensure_repositories, locked
from tasks.workspace.workspace import Kind, Tenure, Workspace
from tasks.workspace.workspaces import Workspaces

REPO = "bench/repo"
SIZES = (1_000, 10_000, 50_000)
AT_ONCE = 8
OURS, WORKTREE = "overlay (ours)", "git worktree add"
TARGETS = {"vs_worktree_50k": Target("≤", 0.05), "growth_50k_vs_1k": Target("≤", 5.0)}
_CHECK = "ls >/dev/null && cat d0/f0.py >/dev/null && echo edited >>d0/f1.py && git status --porcelain"
_ENV = {
    "PATH": "/usr/bin:/bin",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "HOME": "/nonexistent",
}


def run() -> Report:
    """The whole measurement."""
    return measured(sizes=SIZES, rounds=5)


def measured(*, sizes: Sequence[int], rounds: int) -> Report:
    """The smallest and the largest of `sizes` stand in the ratios."""
    provider = BubblewrapProvider()
    provider.probe()
    found: dict[int, dict[str, Measured]] = {}
    first_s: dict[int, float] = {}
    for size in sizes:
        with in_memory("workspace") as place:
            bench = Bench(place, provider, size)
            first_s[size] = bench.first_s
            found[size] = _sides(bench, rounds)
    small, large = found[min(sizes)], found[max(sizes)]
    ours, worktree = large[OURS], large[WORKTREE]
    return Report(
        "workspace",
        {
            "vs_worktree_50k": measure.ratio(ours.alone_s, worktree.alone_s),
            "vs_worktree_50k_at_once": measure.ratio(ours.at_once_s, worktree.at_once_s),
            "growth_50k_vs_1k": measure.ratio(ours.alone_s, small[OURS].alone_s, steady=3.0),
        },
        {
            "alone_s": median(worktree.alone_s),
            "at_once_s": median(worktree.at_once_s),
            "disk_kb": worktree.disk_kb,
        },
        {"alone_s": median(ours.alone_s), "at_once_s": median(ours.at_once_s), "disk_kb": ours.disk_kb},
        n=rounds,
        targets=TARGETS,
        tables=[_table(size, sides) for size, sides in found.items()],
        notes=[
            "Usable: it can be listed, read, edited, and git status says what was edited; checked after every measurement. "
            "Ours includes mounting it in an open sandbox.",
            "The shared checkout that all overlays on a base commit lie on is made once: "
            + ", ".join(f"{size} files {seconds:.2f} s" for size, seconds in first_s.items())
            + ".",
        ],
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds per workspace of each round, and what one takes on disk."""

    alone_s: list[float]
    at_once_s: list[float]
    disk_kb: int


@dataclass(slots=True)
class Bench:
    """One repository of so many files, as a mirror of ours and for git itself; `first_s` made its shared checkout."""

    place: Path
    provider: BubblewrapProvider
    files: int
    workspaces: Workspaces = field(init=False)
    mirror: Path = field(init=False)
    base: str = field(init=False)
    first_s: float = field(init=False)
    numbers: Iterator[int] = field(default_factory=lambda: count(1), init=False)

    def __post_init__(self) -> None:
        self.workspaces = Workspaces(self.place / "home", self.provider, kind=Kind.overlay)
        with locked(self.workspaces.layout, REPO):
            self.mirror, _ = ensure_repositories(self.workspaces.layout, REPO)
        _git(self.mirror, "fast-import", "--quiet", stdin=_stream(self.files))
        self.base = _git(self.mirror, "rev-parse", "refs/heads/main").strip()
        with timed() as watch:
            workspace = self.workspaces.provision(Tenure("R-1", 1, next(self.numbers)), REPO, self.base)
        self.first_s = watch.wall_s
        self.workspaces.discard(workspace)

    def new(self) -> Path:
        return self.place / f"w{next(self.numbers)}"


@contextmanager
def _overlay(bench: Bench) -> Iterator[Path]:
    tenure = Tenure("R-1", 1, next(bench.numbers))
    workspace: Workspace = bench.workspaces.provision(tenure, REPO, bench.base)
    with bench.provider.open(workspace.spec()) as sandbox:
        yield workspace.place.root
        said = sandbox.run(Command(("/bin/sh", "-c", _CHECK))).output
        assert said == b" M d0/f1.py\n", said
    bench.workspaces.discard(workspace)


@contextmanager
def _made_by_git(bench: Bench, words: tuple[str, ...]) -> Iterator[Path]:
    path = bench.new()
    known = {"MIRROR": str(bench.mirror), "PATH": str(path), "BASE": bench.base}
    argv = [known.get(word, word) for word in words]
    for attempt in range(5):
        try:
            _git(bench.mirror, *argv)
            break
        except subprocess.CalledProcessError:  # git's own: worktrees added at once trip over each other.
            shutil.rmtree(path, ignore_errors=True)
            if attempt == 4:
                raise
    yield path
    done = subprocess.run(["/bin/sh", "-c", _CHECK], cwd=path, env=_ENV, capture_output=True, check=True)
    assert done.stdout == b" M d0/f1.py\n", done
    shutil.rmtree(path)
    _git(bench.mirror, "worktree", "prune")


def _by_git(*words: str) -> "Way":
    return lambda bench: _made_by_git(bench, words)


Way = Callable[[Bench], AbstractContextManager[Path]]
"""Makes a workspace, gives the directory whose size is its own, checks afterwards that it was usable, and removes it."""

WAYS: Mapping[str, Way] = {
    WORKTREE: _by_git("worktree", "add", "-q", "--detach", "PATH", "BASE"),
    OURS: _overlay,
    "git clone --shared": _by_git("clone", "-q", "--shared", "MIRROR", "PATH"),
    "git clone": _by_git("clone", "-q", "--no-hardlinks", "MIRROR", "PATH"),
}


def _sides(bench: Bench, rounds: int) -> dict[str, Measured]:
    disk_kb = {name: _disk_kb(bench, way) for name, way in WAYS.items()}
    alone = {name: partial(_alone, bench, way) for name, way in WAYS.items()}
    at_once = {name: partial(_at_once, bench, way) for name, way in WAYS.items()}
    alone_s = measure.take_turns(alone, rounds=rounds)
    at_once_s = measure.take_turns(at_once, rounds=rounds, warm_up=0)
    return {name: Measured(alone_s[name], at_once_s[name], disk_kb[name]) for name in WAYS}


def _alone(bench: Bench, way: Way) -> float:
    with ExitStack() as stack, timed() as watch:
        stack.enter_context(way(bench))
    return watch.wall_s


def _at_once(bench: Bench, way: Way) -> float:
    """Seconds for each of eight."""
    made = [way(bench) for _ in range(AT_ONCE)]
    with ExitStack() as stack, ThreadPoolExecutor(AT_ONCE) as pool:
        with timed() as watch:
            list(pool.map(lambda one: one.__enter__(), made))
        for one in made:
            stack.push(one.__exit__)
    return watch.wall_s / AT_ONCE


def _disk_kb(bench: Bench, way: Way) -> int:
    with way(bench) as path:
        said = subprocess.run(["du", "-sk", str(path)], capture_output=True, check=True, text=True).stdout
    return int(said.split()[0])


def _table(size: int, sides: Mapping[str, Measured]) -> Table:
    rows = [
        (name, median(m.alone_s), max(m.alone_s), median(m.at_once_s), m.disk_kb) for name, m in sides.items()
    ]
    heads = ("way", "s alone", "slowest", f"s each, {AT_ONCE} at once", "kB on disk")
    return Table(f"{size} files", heads, rows)


def _stream(files: int) -> bytes:
    """One commit of so many small files, a hundred to a directory."""
    parts = [b"commit refs/heads/main\ncommitter b <b@bench.invalid> 0 +0000\ndata 4\nbase\n"]
    for number in range(files):
        content = f"def f{number}():\n    return {number}\n".encode() * 20
        path = f"d{number // 100}/f{number % 100}.py"
        parts.append(f"M 644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
    return b"".join(parts)


def _git(git_dir: Path, *args: str, stdin: bytes = b"") -> str:
    argv = ["git", "-c", "safe.directory=*", f"--git-dir={git_dir}", *args]
    return subprocess.run(argv, input=stdin, env=_ENV, capture_output=True, check=True).stdout.decode()
