"""Helper servers in processes of their own, so that what they use is nobody's cost."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running process that told its address on its first line."""

    pid: int
    url: str


def plain_environment() -> dict[str, str]:
    """Ours without settings of another Sortie, keys of another model, or proxies; `bench` is found from anywhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SORTIE_", "ANTHROPIC_")) and not name.lower().endswith("_proxy")
    }
    return kept | {"PYTHONPATH": str(Path(__file__).parents[1])}


@contextmanager
def serving(
    module: str, *options: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """`python -m module options…`, once it has printed `{"url": …}`; ended with its block. Raises RuntimeError."""
    with process((sys.executable, "-m", module, *options), cwd=cwd, env=env) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        if not line.startswith(b"{"):
            raise RuntimeError(f"{module} did not start: {line!r}")
        drain = threading.Thread(target=child.stdout.read, daemon=True)
        drain.start()
        yield Server(child.pid, json.loads(line)["url"])


@contextmanager
def process(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A child in a session of its own, asked to end with its block and killed with all of its session after a grace.

    `log` takes what it says, its errors too; without one its stdout is a pipe.
    """
    with log.open("wb") if log else nullcontext() as file:
        child = subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(env if env is not None else plain_environment()),
            stdin=subprocess.DEVNULL,
            stdout=file or subprocess.PIPE,
            stderr=subprocess.STDOUT if file else None,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.stdout is not None:
        child.stdout.close()
