"""Many agents at once at 1 s of model latency: Sortie from the mention to the submission, against bare SDK threads and Claude Code."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import claude_code, errand, machine, measure
from bench.crowd import Crowd, watched
from bench.mentions import burst, seeded
from bench.places import in_memory, on_fresh_ext4
from bench.processes import plain_environment, serving
from bench.report import Report, Table, Target
from bench.stack import (
    CHANNEL,
    GITHUB_TOKEN,
    LOGIN,
    LOOK_AT_SQL_S,
    MODEL_KEY,
    REPO,
    TEAM,
    Stack,
    rest,
    stack,
    wait,
)
from tasks.domain.run import ENDED, RunState
from tasks.queue import AGENT, CONTROL

LATENCY_S = 1.0
CLAUDE_CODE_CPU_S = 2.0
"""CPU seconds of Claude Code for such a task on another machine; divided by only where it is not installed."""
TARGETS = {
    "throughput_vs_bare_100": Target("≥", 0.7),
    "mb_per_agent_100": Target("≤", 5.0),
    "cpu_vs_claude_code": Target("≤", 0.15),
}
WHAT = (
    f"One errand is {errand.TURNS} turns and {len(errand.COMMANDS)} commands. Ours runs from the mention at the front door "
    "to the submission: web, publisher and worker, SQL, broker, leases; the title, asked of the model too; the "
    "repository looked up and mirrored; card, reaction and session in the thread; workspace, sandboxes, stored turns, "
    "saved work. CPU and memory are those of all three processes and their children. Gates and lenses are not in it."
)


def run() -> Report:
    """The whole measurement."""
    return measured(sizes=(10, 50, 200, 100), rounds=5, latency_s=LATENCY_S, theirs=claude_code.installed())


def measured(
    *,
    sizes: tuple[int, ...],
    rounds: int,
    latency_s: float,
    warm_up: int = 1,
    theirs: claude_code.Baseline | None = None,
) -> Report:
    """The last size in `rounds` rounds a side, the others once each for how it grows; then Claude Code, with ours ended."""
    with _both(max(sizes), latency_s) as sides:
        once = [(name, side(size)) for size in sizes[:-1] for name, side in sides.items()]
        largest = {name: _bound(side, sizes[-1]) for name, side in sides.items()}
        found = measure.take_turns(largest, rounds=rounds, warm_up=warm_up)
    crowd = claude_code.taken(theirs, latency_s=latency_s) if theirs else None
    rows = [*once, *((name, _middle(crowds)) for name, crowds in found.items())]
    rows += [("claude", crowd)] if crowd else []
    return reported(found, crowd, table=_table(rows, latency_s), notes=(WHAT, divisor(theirs)))


def reported(
    found: Mapping[str, Sequence[Crowd]], claude: Crowd | None, *, table: Table, notes: tuple[str, ...]
) -> Report:
    """The figures; `claude` is None where it is not installed."""
    bare, ours = found["bare"], found["ours"]
    size = ours[0].count
    cpu_s = median(c.cpu_s for c in ours) / size
    claude_cpu_s = claude.cpu_s / claude.count if claude else CLAUDE_CODE_CPU_S
    return Report(
        "agents_per_box",
        {
            "throughput_vs_bare_100": measure.ratio(
                [c.per_minute for c in ours], [c.per_minute for c in bare]
            ),
            "mb_per_agent_100": median(c.mb for c in ours) / size,
            "cpu_vs_claude_code": cpu_s / claude_cpu_s,
        },
        {
            "per_minute": median(c.per_minute for c in bare),
            "cpu_s": median(c.cpu_s for c in bare) / size,
            "claude_code_cpu_s": claude_cpu_s,
        },
        {"per_minute": median(c.per_minute for c in ours), "cpu_s": cpu_s},
        n=size,
        targets=TARGETS,
        tables=(table,),
        notes=notes,
    )


def divisor(theirs: claude_code.Baseline | None) -> str:
    """What a reader of the ratio must know of what it was divided by."""
    if theirs is None:
        return f"`cpu_vs_claude_code`: Claude Code is not installed; divided by {CLAUDE_CODE_CPU_S:g} s, what it took on another machine."
    return (
        f"`cpu_vs_claude_code` divides by what Claude Code {theirs.version} took for the same errand in this run, {theirs.count} at "
        f"once after {theirs.warm_up} such round: CPU of the processes and all they started, the model's simulator not."
    )


def _table(rows: list[tuple[str, Crowd]], latency_s: float) -> Table:
    names = {
        "bare": "bare SDK, threads, no sandbox",
        "ours": "Sortie, from the mention",
        "claude": "Claude Code, a process each",
    }
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
    pids = tuple(box.running.pids.values())
    used = machine.cpu_s(pids)
    with watched(lambda: pids) as peak:
        answers = burst(f"{box.running.web}/slack/events", bodies, box.home)
        runs = _asked_for(box.running, bodies)
        _await_submissions(box.running, runs)
        wall_s = time.time() - min(one["at"] for one in answers)
    cpu_s = machine.cpu_s(pids) - used
    rest(box.running)
    return Crowd(count, wall_s, cpu_s, max(0, peak.bytes - box.idle) / 2**20)


def _asked_for(running: Stack, bodies: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    with running.store.reading() as tx:
        found = [tx.runs_in_thread(TEAM, CHANNEL, body["event"]["ts"]) for body in bodies]
    return tuple(run.id for runs in found for run in runs)


def _await_submissions(running: Stack, runs: tuple[str, ...]) -> None:
    wait(lambda: _submitted(running, runs), what="the submissions", within_s=600, every_s=LOOK_AT_SQL_S)


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
