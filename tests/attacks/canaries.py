"""Secrets that must never get out, one of each kind, and the shapes in which they might try."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.scenarios.world import HOOK, KEY, SIGNING, World

BOT_TOKEN = "xoxb-simulated-bot"
INSTALLATION_TOKEN = "ghs_4242_"
"""How every installation token of this App begins."""


@dataclass(frozen=True, slots=True)
class Canary:
    """One secret. `piece` is the length from which a part of it counts as the secret; 0: only the whole does."""

    name: str
    value: str
    piece: int = 8

    def shapes(self) -> Iterator[bytes]:
        """What to look for: raw, reversed, base64 in its three alignments, hex, URL-encoded; whole or in pieces."""
        raw = self.value.encode()
        yield from _pieces(raw, self.piece, step=1)
        yield from _pieces(raw[::-1], self.piece, step=1)
        yield from _pieces(raw.hex().encode(), 2 * self.piece, step=4)
        yield from _pieces(raw.hex().upper().encode(), 2 * self.piece, step=4)
        if quote(self.value, safe="") != self.value:
            yield quote(self.value, safe="").encode()
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + raw)[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
            yield from _pieces(encoded, self.piece and max(12, self.piece), step=2)


def _pieces(whole: bytes, length: int, *, step: int) -> Iterator[bytes]:
    if not length or len(whole) <= length:
        yield whole
        return
    for at in range(0, len(whole) - length + 1, step):
        yield whole[at : at + length]


PLANTED = {
    "environment": "QzEnvX7kPw2LmB9tRv4Hs",
    "database password": "QpDbW3nJ8xTg5VcY1fKe6",
    "argument": "QaArgZ6rMd4HyU0sNb8Lj",
    "open file": "QoFdC9vGk2PwE7xRt5Bm3",
    "file in the worker's home": "QhHomeT4zKq8WnS1uJd6Y",
    "file in shared memory": "QsShmB5pXf9LcV2gMr7Na",
    "file in /tmp": "QtTmpD8jHy3ZkQ6wEs0Gv",
    "another process's environment": "QeProcF1bTn7RxU4mKp9C",
}


def canaries(world: World) -> tuple[Canary, ...]:
    """All secrets of this world."""
    key = world.settings.github.private_key.get_secret_value()
    body = "".join(key.strip().splitlines()[1:-1])
    lines = tuple(Canary("GitHub App key", body[at : at + 32], 32) for at in range(0, len(body) - 32, 32))
    return (
        Canary("Slack bot token", BOT_TOKEN, 0),
        Canary("Slack signing secret", SIGNING, 12),
        Canary("webhook secret", HOOK, 12),
        Canary("model key", KEY, 0),
        Canary("installation token", INSTALLATION_TOKEN, 0),
        *lines,
        *(Canary(name, value) for name, value in PLANTED.items()),
    )


@dataclass(frozen=True, slots=True)
class Bystander:
    """Another process of this machine, with secrets in its environment, its arguments and an open file, that listens."""

    port: int
    abstract: str
    socket: Path
    pid: int


_LISTEN = """
import os, socket, sys
kept = open(sys.argv[2])
port = socket.create_server(("127.0.0.1", 0))
hidden = socket.socket(socket.AF_UNIX); hidden.bind("\\0" + sys.argv[3]); hidden.listen()
shown = socket.socket(socket.AF_UNIX); shown.bind(sys.argv[4]); os.chmod(sys.argv[4], 0o777); shown.listen()
print(port.getsockname()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def bystander(folder: Path) -> Iterator[Bystander]:
    """Such a process, and canary files in every place a careless sandbox would show."""
    opened = folder / "held-open"
    opened.write_text(PLANTED["open file"])
    places = [
        Path("/dev/shm") / f"sortie-canary-{os.getpid()}",
        Path("/tmp") / f"sortie-canary-{os.getpid()}",
    ]
    for place, name in zip(places, ("file in shared memory", "file in /tmp"), strict=True):
        place.write_text(PLANTED[name])
        place.chmod(0o644)
    abstract, shown = f"sortie-{os.getpid()}-{folder.name}", Path("/dev/shm") / f"sortie-{os.getpid()}.sock"
    shown.unlink(missing_ok=True)
    url = f"postgresql://sortie:{PLANTED['database password']}@db.internal/sortie"
    process = subprocess.Popen(
        [sys.executable, "-c", _LISTEN, PLANTED["argument"], str(opened), abstract, str(shown)],
        env={"TOKEN": PLANTED["another process's environment"], "SORTIE_DATABASE_URL": url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        yield Bystander(int(process.stdout.readline()), abstract, shown, process.pid)
        assert process.poll() is None, "the bystander was harmed"
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
        for place in (*places, shown):
            place.unlink(missing_ok=True)
