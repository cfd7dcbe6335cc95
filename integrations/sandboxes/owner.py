"""The ordinary user that sandboxes run as when we are root: root's processes escape RLIMIT_NPROC."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from integrations.sandboxes.errors import UNREACHABLE_PATH, SandboxUnavailable

USER = "sortie-sandbox"
FALLBACK_UID = 64321
"""Above what distributions hand out and below 65534 (nobody). It needs no passwd entry."""


def sandbox_owner() -> tuple[int, int] | None:
    """(uid, gid) that workspace files must belong to; None when we are no root and they may stay ours."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        return FALLBACK_UID, FALLBACK_UID
    return entry.pw_uid, entry.pw_gid


def ensure_sandbox_user() -> tuple[int, int] | None:
    """Make the user where we are root and can; then as `sandbox_owner`. For set-up; runs again harmlessly."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if os.geteuid() == 0 and useradd and sandbox_owner() == (FALLBACK_UID, FALLBACK_UID):
        subprocess.run(
            [
                *(useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent"),
                *("--shell", "/usr/sbin/nologin", "--user-group", USER),
            ],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            capture_output=True,
            check=False,
        )
    return sandbox_owner()


def require_reachable(path: Path, owner: tuple[int, int] | None) -> None:
    """Refuse a path that the sandbox's user could not open. Raises SandboxUnavailable (SBX-004).

    `path` is resolved already. Access lists beyond the mode bits are not looked at.
    """
    for place in (*reversed(path.parents), path):
        wanted = (stat.S_IROTH | stat.S_IXOTH) if place == path and path.is_dir() else stat.S_IXOTH
        if path.is_file() and place == path:
            wanted = stat.S_IROTH
        if not _allows(place, wanted, owner):
            raise unreachable(path, place)


def unreachable(path: Path, place: Path) -> SandboxUnavailable:
    """The refusal of `path`, since `place` on the way to it is closed."""
    return SandboxUnavailable(
        f"The sandbox's user cannot reach {path}: {place} does not let it in.",
        code=UNREACHABLE_PATH,
        fix=f"keep it elsewhere, for example below /var/lib/sortie, or `chmod o+x {place}`",
    )


def _allows(place: Path, wanted: int, owner: tuple[int, int] | None) -> bool:
    """`wanted` is given as the bits for others."""
    if owner is None:
        need = (os.X_OK if wanted & stat.S_IXOTH else 0) | (os.R_OK if wanted & stat.S_IROTH else 0)
        return os.access(place, need, effective_ids=True)
    found = place.stat()
    uid, gid = owner
    shift = 6 if found.st_uid == uid else 3 if found.st_gid == gid else 0
    return (found.st_mode >> shift) & wanted == wanted
