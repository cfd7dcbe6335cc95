"""Many agents at once at 1 s of model latency: Sortie from the mention to the submission, against bare SDK threads."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import errand, machine, measure
from bench.mentions import burst, seeded
from bench.places import in_memory, on_fresh_ext4
from bench.processes import plain_environment, serving
from bench.report import Report, Table, Target
from bench.stack import CHANNEL, GITHUB_TOKEN, LOGIN, MODEL_KEY, REPO, TEAM, Stack, stack, wait
from tasks.domain.run import ENDED, RunState
from tasks.queue import AGENT, CONTROL

LATENCY_S = 1.0
CLAUDE_CODE_CPU_S = 2.0
"""CPU seconds of Claude Code for such a task; measured once, it is not installed here."""
LOOK_EVERY_S = 0.5
TARGETS = {
    "throughput_vs_bare_100": Target("≥", 0.7),
    "mb_per_agent_100": Target("≤", 5.0),
    "cpu_vs_claude_code": Target("≤", 0.15),
}


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many agents at once: seconds until the last was done, CPU seconds of all, MB at most above idle."""

    count: int
    wall_s: float
    cpu_s: float
    mb: float = 0.0

    @property
    def per_minute(self) -> float:
        return 60 * self.count / self.wall_s


def run() -> Report:
    """The whole measurement."""
    return measured(sizes=(10, 50, 200, 100), rounds=5, latency_s=LATENCY_S)


def measured(*, sizes: tuple[int, ...], rounds: int, latency_s: float, warm_up: int = 1) -> Report:
    """The last size in `rounds` rounds a side, the others once each for how it grows."""
    with _both(max(sizes), latency_s) as sides:
        once = [(name, side(size)) for size in sizes[:-1] for name, side in sides.items()]
        largest = {name: _bound(side, sizes[-1]) for name, side in sides.items()}
        found = measure.take_turns(largest, rounds=rounds, warm_up=warm_up)
    bare, ours = found["bare"], found["ours"]
    cpu_s = median(c.cpu_s for c in ours) / sizes[-1]
    rows = [*once, *((name, _middle(crowds)) for name, crowds in found.items())]
    return Report(
        "agents_per_box",
        {
            "throughput_vs_bare_100": measure.ratio(
                [c.per_minute for c in ours], [c.per_minute for c in bare]
            ),
            "mb_per_agent_100": median(c.mb for c in ours) / sizes[-1],
            "cpu_vs_claude_code": cpu_s / CLAUDE_CODE_CPU_S,
        },
        {
            "per_minute": median(c.per_minute for c in bare),
            "cpu_s": median(c.cpu_s for c in bare) / sizes[-1],
        },
        {"per_minute": median(c.per_minute for c in ours), "cpu_s": cpu_s},
        n=sizes[-1],
        targets=TARGETS,
        tables=(_table(rows, latency_s),),
        notes=(
            f"One errand is {errand.TURNS} turns and {len(errand.COMMANDS)} commands. Ours runs from the mention at the front door "
            "to the submission: web, publisher and worker, SQL, broker, leases; the title, asked of the model too; the "
            "repository looked up and mirrored; card, reaction and session in the thread; workspace, sandboxes, stored turns, "
            "saved work. CPU and memory are those of all three processes and their children. Gates and lenses are not in it.",
            f"`cpu_vs_claude_code` divides by {CLAUDE_CODE_CPU_S:g} s, what Claude Code took where it was installed.",
        ),
    )


def _table(rows: list[tuple[str, Crowd]], latency_s: float) -> Table:
    names = {"bare": "bare SDK, threads, no sandbox", "ours": "Sortie, from the mention"}
    ideal_s = errand.TURNS * latency_s
    return Table(
        f"{errand.TURNS} turns of {latency_s:g} s (ideal {ideal_s:g} s)",
        ("side", "agents", "wall s", "tasks/min", "CPU s/task", "MB/agent"),
        [
            (names[n], c.count, c.wall_s, c.per_minute, c.cpu_s / c.count, c.mb / c.count if c.mb else None)
            for n, c in rows
        ],
    )


def _middle(crowds: list[Crowd]) -> Crowd:
    return sorted(crowds, key=lambda crowd: crowd.wall_s)[len(crowds) // 2]


def _bound(side: Callable[[int], Crowd], size: int) -> Callable[[], Crowd]:
    return lambda: side(size)


@contextmanager
def _both(most: int, latency_s: float) -> Iterator[Mapping[str, Callable[[int], Crowd]]]:
    with ExitStack() as held:
        home = held.enter_context(in_memory("agents"))
        place = held.enter_context(on_fresh_ext4("agents", size_mb=1024))
        (home / "script.json").write_text(json.dumps(errand.script()))
        options = ("--script", str(home / "script.json"), "--api-key", MODEL_KEY, "--latency", str(latency_s))
        model = held.enter_context(serving("integrations.simulators.model", *options))
        github = held.enter_context(_code_host(home))
        extra = {
            "SORTIE_GITHUB__API_URL": github,
            "SORTIE_GITHUB__GIT_URL": github,
            "SORTIE_MODEL__API_KEY": MODEL_KEY,
            "SORTIE_MODEL__BASE_URL": model.url,
            "SORTIE_LIMITS__AGENTS": str(most),
        }
        kinds = {"web": (), "publisher": (), "worker": ("--queues", f"{CONTROL},{AGENT}")}
        running = held.enter_context(stack(home, place / "sortie.db", kinds=kinds, extra=extra))
        wait(lambda: _ready(running), what="the worker")
        ask = held.enter_context(_bare_agents(model.url, home))
        box = Box(running, home, machine.memory_bytes(machine.tree(*running.pids.values())))
        yield {"bare": ask, "ours": lambda count: _sorties(box, count)}


def _ready(running: Stack) -> bool:
    with running.store.reading() as tx:
        return any(worker.ready for worker in tx.workers())


@contextmanager
def _code_host(home: Path) -> Iterator[str]:
    """The URL of a code host that holds the errand's repository."""
    source = home / "source"
    source.mkdir()
    for name, text in errand.FILES.items():
        (source / name).write_text(text)
    writers = {LOGIN: "write"}
    repository = {
        "full_name": REPO,
        "from_path": str(source),
        "ci": {"runner": "none"},
        "collaborators": writers,
    }
    seed = {"users": [{"login": LOGIN}], "orgs": [{"login": "acme"}], "repos": [repository]}
    (home / "seed.json").write_text(json.dumps(seed))
    options = ("--root", str(home / "github"), "--seed", str(home / "seed.json"))
    token = ("--token", GITHUB_TOKEN, "--login", LOGIN)
    with serving("integrations.simulators.github", *options, *token) as github:
        yield github.url


@dataclass(frozen=True, slots=True)
class Box:
    """Our side: its processes used `idle` bytes before they had done anything."""

    running: Stack
    home: Path
    idle: int


def _sorties(box: Box, count: int) -> Crowd:
    """So many people ask at once, until what each asked for is submitted."""
    bodies = seeded(box.running, [f"greet people more dearly ({n})" for n in range(count)])
    pids, peak, over = tuple(box.running.pids.values()), [0], threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_EVERY_S):
            peak[0] = max(peak[0], machine.memory_bytes(machine.tree(*pids)))

    watching = threading.Thread(target=watch)
    used = machine.cpu_s(pids)
    watching.start()
    try:
        answers = burst(f"{box.running.web}/slack/events", bodies, box.home)
        runs = _asked_for(box.running, bodies)
        wait(lambda: _submitted(box.running, runs), what="the submissions", within_s=600)
        wall_s = time.time() - min(one["at"] for one in answers)
    finally:
        over.set()
        watching.join()
    return Crowd(count, wall_s, machine.cpu_s(pids) - used, max(0, peak[0] - box.idle) / 2**20)


def _asked_for(running: Stack, bodies: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    with running.store.reading() as tx:
        found = [tx.runs_in_thread(TEAM, CHANNEL, body["event"]["ts"]) for body in bodies]
    return tuple(run.id for runs in found for run in runs)


def _submitted(running: Stack, runs: tuple[str, ...]) -> bool:
    with running.store.reading() as tx:
        states = tx.states_of(runs)
    lost = [run_id for run_id, state in states.items() if state in ENDED]
    if lost:
        raise RuntimeError(f"{len(lost)} runs ended without a submission, e.g. {lost[0]}: {states[lost[0]]}")
    return all(state == RunState.verifying for state in states.values())


@contextmanager
def _bare_agents(url: str, home: Path) -> Iterator[Callable[[int], Crowd]]:
    (home / "bare").mkdir()
    argv = (sys.executable, "-m", "bench.bare_agents", url, MODEL_KEY, str(home / "bare"))
    child = subprocess.Popen(
        argv, env=plain_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None and child.stdout is not None
    sent, said = child.stdin, child.stdout

    def ask(count: int) -> Crowd:
        sent.write(f"{count}\n")
        sent.flush()
        found = json.loads(said.readline())
        return Crowd(count, found["wall_s"], found["cpu_s"])

    try:
        said.readline()
        yield ask
    finally:
        sent.close()
        child.wait(10)
        said.close()
