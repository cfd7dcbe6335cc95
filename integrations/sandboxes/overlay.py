"""Overlays of workspaces: each is mounted once, in a user and a mount namespace of its own that commands then enter.

Two mounts of one upper directory would see each other's changes late or never
(https://docs.kernel.org/filesystems/overlayfs.html#sharing-and-copying-layers), so all sandboxes of a workspace share one.
"""

import os
import subprocess
import threading
from contextlib import ExitStack
from pathlib import Path

from integrations.sandboxes.descriptors import pipe, readable
from integrations.sandboxes.errors import BROKE, NOT_INSTALLED, SandboxBroke, SandboxUnavailable
from integrations.sandboxes.spawner import Launch, start
from integrations.types.sandbox import Overlay

_MOUNTED = b"mounted\n"
_PATIENCE_S = 10.0
_CLEAN_ENV = {"PATH": "/usr/bin:/bin"}

# The layers are named by descriptor, so that neither commas nor colons in a path matter and no path of the host shows in the
# sandbox's mountinfo. They are opened inside: a mount cannot take what belongs to another mount namespace.
_HOLD = """
exec 3<"$1" 4<"$2" 5<"$3" || exit 1
mount -t overlay -o "lowerdir=/proc/self/fd/3,upperdir=/proc/self/fd/4,workdir=/proc/self/fd/5,userxattr" overlay "$4" || exit 1
echo mounted
exec cat 3<&- 4<&- 5<&- >/dev/null
"""


class _Mount:
    """A process that holds one mounted overlay until its standard input ends: with us, at the latest."""

    def __init__(self, overlay: Overlay, target: Path, owner: tuple[int, int] | None) -> None:
        """Raises SandboxBroke when the kernel does not mount it, SandboxUnavailable without unshare(1)."""
        self._closing = ExitStack()
        try:
            self._process = self._start(overlay, target, owner)
        except BaseException:
            self._closing.close()
            raise

    @property
    def enter(self) -> tuple[str, ...]:
        """What to put before a command so that it runs where the overlay is mounted."""
        return (
            *("/usr/bin/nsenter", f"--target={self._process.pid}", "--user", "--mount"),
            *("--preserve-credentials", "--"),
        )

    def close(self) -> None:
        """Unmounts it; no command may be inside."""
        self._closing.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(
        self, overlay: Overlay, target: Path, owner: tuple[int, int] | None
    ) -> subprocess.Popen[bytes]:
        with ExitStack() as theirs, ExitStack() as ours:
            said, say = pipe(ours, theirs, we_read=True)
            _, stdin = pipe(self._closing, theirs, we_read=False)
            process = _launch(
                Launch(
                    argv=[
                        *("/usr/bin/unshare", "--user", "--map-root-user", "--mount"),
                        *("/bin/sh", "-c", _HOLD, "hold"),
                        *map(str, (overlay.lower, overlay.upper, overlay.work, target)),
                    ],
                    env=_CLEAN_ENV,
                    stdin=stdin,
                    stdout=say,
                    stderr=say,
                    owner=owner,
                )
            )
            theirs.close()
            answer = os.read(said, 4096) if readable(said, _PATIENCE_S) else b"nothing was said"
        if answer != _MOUNTED:
            process.kill()
            process.wait()
            words = answer.decode("utf-8", "replace").strip()[:500]
            raise SandboxBroke(f"The workspace could not be mounted: {words}", code=BROKE)
        return process


class _Shared:
    """One overlay's mount, made by its first user and closed by its last. `guard` is held while either happens."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.mount: _Mount | None = None
        self.users = 0


class Overlays:
    """The mounted overlays of this process, each once however many sandboxes use it. Different ones are mounted side by side."""

    def __init__(self, owner: tuple[int, int] | None) -> None:
        self._owner = owner
        self._guard = threading.Lock()
        self._shared: dict[Path, _Shared] = {}

    def use(self, overlay: Overlay, target: Path) -> tuple[str, ...]:
        """Mounts it unless it is; what to put before a command. `leave` it as often. Raises as _Mount."""
        with self._guard:
            shared = self._shared.setdefault(overlay.upper, _Shared())
            shared.users += 1
        try:
            with shared.guard:
                if shared.mount is None:
                    shared.mount = _Mount(overlay, target, self._owner)
                return shared.mount.enter
        except BaseException:
            self.leave(overlay)
            raise

    def leave(self, overlay: Overlay) -> None:
        """Unmounts it after its last user, before anybody can mount it again."""
        shared = self._shared[overlay.upper]
        with shared.guard:
            with self._guard:
                shared.users -= 1
                if shared.users:
                    return
            if shared.mount is not None:
                shared.mount.close()
                shared.mount = None
            with self._guard:
                if not shared.users and self._shared.get(overlay.upper) is shared:
                    del self._shared[overlay.upper]


def _launch(launch: Launch) -> subprocess.Popen[bytes]:
    try:
        return start(launch)
    except (FileNotFoundError, PermissionError) as why:
        raise SandboxUnavailable(
            f"unshare cannot be started ({why}).", code=NOT_INSTALLED, fix="apt-get install -y util-linux"
        ) from why
    except OSError as why:
        raise SandboxBroke(f"No process could be started ({why}).", code=BROKE) from why
