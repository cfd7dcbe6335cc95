"""What a person sees of the demo on the terminal, and how it ends."""

import json
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TextIO

from bot.cli.config import complain
from bot.cli.demo.journey import NeverStarted, travel
from bot.cli.demo.world import CHANNEL, START_S, World
from bot.cli.lines import Lines
from bot.cli.up import Proof, StartFailed, stop_on_signals

TAIL = 40
GRACE_S = 0.5
"""Nothing of a demo is kept, so nothing needs to be finished."""
READY, FAILED_TO_START = 0, 1


@dataclass(slots=True)
class Log:
    """Every line of every process, in the demo's folder; on `shown` too when that is given."""

    file: TextIO
    shown: Lines | None = None
    last: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, name: str, line: str) -> None:
        whole = f"{name:<9} {line}"
        with self._lock:
            self.last.append(whole)
            self.file.write(whole + "\n")
            self.file.flush()
        if self.shown:
            self.shown.say(name, line)


@dataclass(frozen=True, slots=True)
class Once:
    """One request: its words, whether the document is wanted, and how long to wait in seconds."""

    request: str
    as_json: bool
    timeout_s: float


def show(world: World, log: Log, *, out: TextIO, once: Once | None) -> int:
    """Brings the world up, shows it, ends it; returns the exit code."""
    asked = stop_on_signals()
    try:
        _tell(out, "starting  simulators, broker, database, web, worker, publisher, beat …")
        world.start()
        _introduce(world, out)
        return _once(world, once, out=out, asked=asked) if once else _stay(world, out=out, asked=asked)
    except (StartFailed, NeverStarted) as failed:
        complain("CFG-006", str(failed))
        for line in log.last:
            sys.stderr.write(f"  {line}\n")
        return FAILED_TO_START
    finally:
        world.supervisor.stop(grace_s=GRACE_S)


def _introduce(world: World, out: TextIO) -> None:
    urls = world.urls
    _tell(out, f"chat      {urls.slack}/c/{CHANNEL}")
    _tell(out, f"code      {urls.github}/{world.repo}")
    _tell(out, f"runs      {urls.web}/")
    _tell(out, f"commands  {world.home.commands} verify R-1001, lenses, kill-switch status, …")


def _once(world: World, once: Once, *, out: TextIO, asked: threading.Event) -> int:
    _tell(out, f"ready     {wait_for_worker(world)}")
    journey = travel(
        world,
        once.request,
        say=lambda line: _tell(out, line),
        timeout_s=once.timeout_s,
        stopped=asked.is_set,
    )
    found = journey.document
    _tell(out, f"end       {found['run']} is {found['state']}; exit {journey.code}")
    if once.as_json:
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
    return journey.code


def wait_for_worker(world: World) -> str:
    """Until a worker has proven its sandbox; its sentence. Raises StartFailed where it cannot, or is not there in time."""
    proven = Proof(world.settings)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        world.check()
        for line in proven.news():
            if line.startswith("SBX-"):
                raise StartFailed(line)
            return line
        time.sleep(0.1)
    raise StartFailed(f"No worker was ready within {START_S:g} s.")


def _stay(world: World, *, out: TextIO, asked: threading.Event) -> int:
    """Until the person has seen enough."""
    _tell(out, "Open the chat and write: @sortie /v1/refunds 500s when currency is null, should be a 422")
    _tell(out, "Ctrl-C ends the demo; nothing is kept.")
    proven = Proof(world.settings)
    while not asked.wait(0.2):
        world.check()
        for line in proven.news():
            _tell(out, f"ready     {line}")
    return READY


def _tell(out: TextIO, line: str) -> None:
    out.write(f"{time.strftime('%H:%M:%S')}  {line}\n")
    out.flush()
