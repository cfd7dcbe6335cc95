"""One thread per process that starts every sandbox.

bubblewrap's `--die-with-parent` is the kernel's PR_SET_PDEATHSIG, which fires when the *thread* that started it
ends (prctl(2)), so the thread must outlive every command.
"""

import errno
import os
import queue
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Launch:
    """A program to start with a clean environment, in a session of its own. `owner` is (uid, gid), None for ours."""

    argv: Sequence[str]
    env: dict[str, str]
    stdin: int
    stdout: int
    stderr: int
    keep: tuple[int, ...] = ()
    """Descriptors it inherits under their own numbers."""
    owner: tuple[int, int] | None = None
    cwd: str | None = None


_Work = tuple[Launch, "Future[subprocess.Popen[bytes]]"]


class _Spawner:
    def __init__(self) -> None:
        self._work: queue.SimpleQueue[_Work] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="sandbox-spawner", daemon=True).start()

    def start(self, launch: Launch) -> subprocess.Popen[bytes]:
        answer: Future[subprocess.Popen[bytes]] = Future()
        self._work.put((launch, answer))
        return answer.result()

    def _serve(self) -> None:
        while True:
            launch, answer = self._work.get()
            try:
                answer.set_result(_popen(launch))
            except (OSError, ValueError, subprocess.SubprocessError) as why:
                answer.set_exception(why)


SETPRIV = "/usr/bin/setpriv"


def _popen(launch: Launch) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        _as_owner(launch),
        env=launch.env,
        cwd=launch.cwd,
        stdin=launch.stdin,
        stdout=launch.stdout,
        stderr=launch.stderr,
        pass_fds=launch.keep,
        start_new_session=True,
    )


def _as_owner(launch: Launch) -> Sequence[str]:
    """The command line that becomes the owner first. Popen could do it itself, but then it forks instead of using vfork(2):
    for a worker of a hundred agents that is 10 ms of copied page tables for each command."""
    if launch.owner is None:
        return launch.argv
    program, (uid, gid) = launch.argv[0], launch.owner
    if not os.access(program, os.X_OK):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
    return (SETPRIV, f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--", *launch.argv)


_spawners: dict[int, _Spawner] = {}
_guard = threading.Lock()


def start(launch: Launch) -> subprocess.Popen[bytes]:
    """Start `launch` from the process's spawner thread. Raises OSError, ValueError like Popen."""
    with _guard:
        # Keyed by pid: a forked child has inherited the dictionary, but not the thread.
        spawner = _spawners.get(os.getpid()) or _spawners.setdefault(os.getpid(), _Spawner())
    return spawner.start(launch)
