"""What a test session leaves behind: processes without an owner, and files outside pytest's own folders."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

from tests.drills.orphans import Reaper, adopt_orphans, descendants

PATIENCE_S = 10.0
OUR_FOLDERS = "sortie-tests-"
STRAYS = ("sortie-home-", "sortie-canary-", "sortie-test-", "sortie-drill-", "ghsim-")
"""How what tests and our programs leave in /tmp is called, when these were not told of the session's folder. Other names may be
somebody else's: a demo that a person plays with meanwhile."""


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Temporary files go to a folder of this session. AssertionError with the name of every process or file that is left."""
    adopt_orphans()
    before, known = _elsewhere(), descendants(())
    folder = Path(tempfile.mkdtemp(prefix=OUR_FOLDERS, dir=_fast()))
    folder.chmod(0o755)
    inherited, tempfile.tempdir = os.environ.get("TMPDIR"), str(folder)
    os.environ["TMPDIR"] = str(folder)
    over = Event()
    burying = Thread(target=_bury, args=(over,), name="reaper", daemon=True)
    burying.start()
    try:
        yield
        left = [*_processes(known), *(str(path) for path in folder.iterdir()), *sorted(_elsewhere() - before)]
    finally:
        over.set()
        tempfile.tempdir = None
        os.environ.pop("TMPDIR") if inherited is None else os.environ.update(TMPDIR=inherited)
        shutil.rmtree(folder, ignore_errors=True)
    assert not left, "left behind: " + "; ".join(left)


def _fast() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _elsewhere() -> set[str]:
    """What lies at home, where the tests were started (our own caches aside), and of ours in the machine's temporary folder."""
    kept = {
        ".pytest_cache",
        ".hypothesis",
        ".mypy_cache",
        ".ruff_cache",
        ".import_linter_cache",
        "__pycache__",
    }
    ours = (path for path in Path.home().glob("*sortie*"))
    strays = (path for path in Path("/tmp").iterdir() if path.name.startswith(STRAYS))
    return {str(path) for path in (*ours, *Path.cwd().iterdir(), *strays) if path.name not in kept}


def _processes(known: dict[int, str]) -> list[str]:
    """Descendants that are still there after a while."""
    deadline = monotonic() + PATIENCE_S
    while left := {pid: name for pid, name in descendants(known).items() if "resource_tracker" not in name}:
        if monotonic() > deadline:
            return [f"process {pid} {name[:200]}" for pid, name in left.items()]
        sleep(0.1)
    return []


def _bury(over: Event) -> None:
    reaper = Reaper()
    while not over.wait(1.0):
        reaper.look()
