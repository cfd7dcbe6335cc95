"""Fail-points: named places at which a crash drill ends this process, and a clock it can set wrong.

Off, and free, unless a setting gives them a folder.
"""

import os
import signal
import threading
from datetime import timedelta
from pathlib import Path

FIRED = ".fired"
CLOCK = "clock"

_folder: Path | None = None
_kind = ""
_lock = threading.Lock()


def enable(folder: Path | None, kind: str) -> None:
    """Watches `folder` from now on; None turns fail-points off. Called once, by the main function of each process of a kind."""
    global _folder, _kind
    _folder, _kind = folder, kind


def reached(*name: str) -> None:
    """A place in the code. A file of its name ("effect.host.push.after") arms it; the file is used up before the signal.

    The file may hold "SIGNAL" or "SIGNAL COUNT": SIGKILL at the first passing where it is empty. Whoever restarts this process
    finds the point no longer armed, so that it fires once in all.
    """
    if _folder is not None:
        _pass(_folder, ".".join(name))


def skew() -> timedelta:
    """How wrong this process's clock shall be: the file "clock" in the folder, or "clock.KIND", holds whole seconds."""
    return _skew(_folder) if _folder is not None else timedelta()


def _skew(folder: Path) -> timedelta:
    for name in (f"{CLOCK}.{_kind}", CLOCK):
        try:
            return timedelta(seconds=int((folder / name).read_text()))
        except FileNotFoundError:
            continue
    return timedelta()


def _pass(folder: Path, name: str) -> None:
    with _lock:
        number = _due(folder / name)
        if number is None:
            return
        try:
            (folder / name).rename(folder / f"{name}{FIRED}")
        except FileNotFoundError:  # another process was quicker
            return
        os.kill(os.getpid(), number)


def _due(armed: Path) -> signal.Signals | None:
    """The signal to send now; None where the point is not armed or has passings left."""
    try:
        words = armed.read_text().split()
    except FileNotFoundError:
        return None
    left = int(words[1]) if len(words) > 1 else 1
    if left > 1:
        armed.write_text(f"{words[0]} {left - 1}")
        return None
    return signal.Signals[words[0]] if words else signal.SIGKILL
