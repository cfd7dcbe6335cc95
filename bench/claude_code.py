"""Claude Code as a baseline: its command line sent on the errand, a process for each agent. `.ci/claude-code` fetches it."""

import json
import os
import platform
import resource
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from bench import errand
from bench.crowd import Crowd, watched
from bench.places import in_memory
from bench.processes import serving
from bench.stack import MODEL_KEY

MODULES = Path(__file__).parent / "npm/node_modules/@anthropic-ai"
AT_ONCE = 10
WITHIN_S = 300.0
_MACHINES = {"x86_64": "x64", "aarch64": "arm64"}
_SILENCED = (
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "DISABLE_AUTOUPDATER",
    "DISABLE_ERROR_REPORTING",
    "DISABLE_TELEMETRY",
)


@dataclass(frozen=True, slots=True)
class Baseline:
    """`program` takes Claude Code's options; `version` is told in the report. One round of `count` counts, `warm_up` before it do not."""

    program: tuple[str, ...]
    version: str
    count: int = AT_ONCE
    warm_up: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """A round's folder, the agents' homes (kept from round to round), and the model they ask."""

    round: Path
    homes: Path
    url: str


def installed() -> Baseline | None:
    """The version that bench/npm/package-lock.json names, where it was fetched."""
    program = MODULES / f"claude-code-linux-{_MACHINES.get(platform.machine(), '')}" / "claude"
    if not program.exists():
        return None
    described = json.loads((program.parent / "package.json").read_text())
    return Baseline((str(program),), described["version"])


def taken(baseline: Baseline, *, latency_s: float) -> Crowd:
    """What a round took after the warm-up, at this latency of the model. Raises RuntimeError when an errand was not done."""
    with ExitStack() as held:
        home = held.enter_context(in_memory("claude-code"))
        (home / "script.json").write_text(json.dumps(errand.claude_code_script()))
        options = ("--script", str(home / "script.json"), "--api-key", MODEL_KEY, "--latency", str(latency_s))
        model = held.enter_context(serving("integrations.simulators.model", *options))
        rounds = [
            _round(baseline, Place(home / f"round-{n}", home / "homes", model.url))
            for n in range(baseline.warm_up + 1)
        ]
    return rounds[-1]


def _round(baseline: Baseline, place: Place) -> Crowd:
    folders = [_folder(place, n) for n in range(baseline.count)]
    used, began_s = _children_cpu_s(), time.perf_counter()
    children = [_begun(baseline.program, place, folder) for folder in folders]
    try:
        with watched(lambda: [child.pid for child in children]) as peak:
            said = [_heard(child) for child in children]
            wall_s = time.perf_counter() - began_s
    finally:
        for child in children:
            _end(child)
    cpu_s = _children_cpu_s() - used
    for folder, words in zip(folders, said, strict=True):
        _check(folder, words)
    return Crowd(baseline.count, wall_s, cpu_s, peak.bytes / 2**20)


def _folder(place: Place, number: int) -> Path:
    folder = place.round / str(number)
    folder.mkdir(parents=True)
    (place.homes / str(number)).mkdir(parents=True, exist_ok=True)
    for name, text in errand.FILES.items():
        (folder / name).write_text(text)
    return folder


def _begun(program: Sequence[str], place: Place, folder: Path) -> subprocess.Popen[bytes]:
    argv = (
        *program,
        *("--print", errand.WANTED, "--output-format", "json", "--model", "claude-opus-5-5"),
        *("--allowedTools", "Bash", "--append-system-prompt", errand.CLAUDE_CODE_ROLE),
    )
    home = str(place.homes / folder.name)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "TMPDIR": home,
        "ANTHROPIC_BASE_URL": place.url,
        "ANTHROPIC_API_KEY": MODEL_KEY,
        **dict.fromkeys(_SILENCED, "1"),
    }
    with (place.round / f"{folder.name}.log").open("wb") as log:
        return subprocess.Popen(
            argv,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )


def _heard(child: subprocess.Popen[bytes]) -> bytes:
    """What it printed until it ended; it counts for our CPU only once it is waited for."""
    said, _ = child.communicate(timeout=WITHIN_S)
    return said


def _end(child: subprocess.Popen[bytes]) -> None:
    """Nothing that it started may outlive it."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _check(folder: Path, said: bytes) -> None:
    """A quick agent that did nothing is no baseline."""
    try:
        told = json.loads(said)
    except ValueError:
        told = {}
    turns = told.get("num_turns")
    if told.get("is_error") is not False or turns != errand.TURNS or not errand.done(folder):
        errors = folder.with_suffix(".log").read_text(errors="replace")
        raise RuntimeError(
            f"the errand in {folder} was not done in {errand.TURNS} turns: {said[-2000:]!r} {errors[-2000:]}"
        )


def _children_cpu_s() -> float:
    """Of all children that have ended and been waited for, with theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
