"""Runs one CI command with bubblewrap: no network, clean environment, read-only system, private home."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MAX_LOG = 1_000_000
_SYSTEM = ("/usr", "/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/certs")
_LINKS = {"/bin": "usr/bin", "/sbin": "usr/sbin", "/lib": "usr/lib", "/lib64": "usr/lib64"}
_PASSWD = "root:x:0:0:root:/root:/bin/false\nci:x:{uid}:{uid}:CI:/home/ci:/bin/sh\n"
_LIMITS = ("--nofile=4096", "--core=0", "--fsize=1073741824")
MISSING = (
    "bubblewrap (bwrap) is not installed, so the simulator cannot run this command in isolation.\n"
    "Install it (Debian: apt-get install bubblewrap) and run the check again.\n"
)


@dataclass(frozen=True, slots=True)
class Command:
    """What to run where. `checkout` is mounted at /work; `ro_binds` at their own paths."""

    shell: str
    checkout: Path
    scratch: Path
    uid: int
    timeout_s: float
    ro_binds: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended; `code` is None when it ran out of time or was stopped."""

    code: int | None
    log: str


def arguments(command: Command, bwrap: str) -> list[str]:
    """The bubblewrap command line. As root it changes to `uid` inside, so that 0700 parents do not matter."""
    root = os.geteuid() == 0
    args = [bwrap, "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid", "--unshare-net"]
    args += ["--unshare-uts", "--unshare-cgroup-try", "--hostname", "ci", "--cap-drop", "ALL"]
    args += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if root else ["--unshare-user"]
    args += [
        "--perms",
        "1777",
        "--tmpfs",
        "/tmp",
        *_folders("/var/tmp/x"),
        "--perms",
        "1777",
        "--tmpfs",
        "/var/tmp",
    ]
    for place in _SYSTEM:
        args += [*_folders(place), "--ro-bind-try", place, place]
    for link, target in _LINKS.items():
        args += ["--symlink", target, link]
    args += ["--ro-bind", str(command.scratch / "passwd"), "/etc/passwd", "--proc", "/proc", "--dev", "/dev"]
    args += [*_folders("/home/ci"), "--bind", str(command.scratch / "home"), "/home/ci"]
    for each in command.ro_binds:
        args += [*_folders(each), "--ro-bind", each, each]
    args += ["--bind", str(command.checkout), "/work", "--chdir", "/work", "--remount-ro", "/", "--clearenv"]
    for key, value in _environment(command).items():
        args += ["--setenv", key, value]
    uid = str(command.uid)
    change = ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "--no-new-privs"] if root else []
    return [*args, "--", *change, "prlimit", *_LIMITS, "--", "sh", "-c", command.shell]


def _folders(path: str) -> list[str]:
    """Make the folders above a mount point readable: bubblewrap would make them for root alone."""
    above = [str(p) for p in reversed(Path(path).parents) if str(p) not in ("/", "/tmp", "/var/tmp", "/usr")]
    return [word for folder in above for word in ("--perms", "0755", "--dir", folder)]


def _environment(command: Command) -> dict[str, str]:
    env = {
        "PATH": ":".join((*command.path, "/usr/local/bin", "/usr/bin", "/bin")),
        "HOME": "/home/ci",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": "/work",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if command.pythonpath:
        env["PYTHONPATH"] = ":".join(command.pythonpath)
    return env


def prepare(command: Command) -> None:
    """Write what the sandbox needs and give the checkout to the user that runs in it."""
    home = command.scratch / "home"
    home.mkdir(parents=True, exist_ok=True)
    passwd = command.scratch / "passwd"
    passwd.write_text(_PASSWD.format(uid=command.uid))
    passwd.chmod(0o644)
    if os.geteuid() == 0:
        for top in (command.checkout, home):
            os.lchown(top, command.uid, command.uid)
            for folder, names, files in os.walk(top):
                for name in (*names, *files):
                    os.lchown(os.path.join(folder, name), command.uid, command.uid)


def run(command: Command, *, progress: Callable[[str], None], stop: threading.Event) -> Outcome:
    """Run to the end, the timeout, or `stop`. Call from a thread that outlives the command."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return Outcome(127, MISSING)
    prepare(command)
    process = subprocess.Popen(
        arguments(command, bwrap),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": os.defpath},
        start_new_session=True,
    )
    killed = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process, command.timeout_s, stop, killed), daemon=True)
    watcher.start()
    log = _collect(process, progress)
    code = process.wait()
    watcher.join()
    if killed.is_set():
        why = "stopped" if stop.is_set() else f"stopped after {command.timeout_s:g} s"
        return Outcome(None, f"{log}\n[{why}]\n")
    return Outcome(code, log)


def _watch(
    process: subprocess.Popen[bytes], timeout_s: float, stop: threading.Event, killed: threading.Event
) -> None:
    waited = 0.0
    while waited < timeout_s and not stop.is_set():
        try:
            process.wait(0.1)
            return
        except subprocess.TimeoutExpired:
            waited += 0.1
    if process.poll() is None:
        killed.set()
        os.killpg(process.pid, signal.SIGKILL)


def _collect(process: subprocess.Popen[bytes], progress: Callable[[str], None]) -> str:
    """Read all output; what exceeds MAX_LOG is counted, not kept."""
    assert process.stdout is not None
    kept, dropped = bytearray(), 0
    with process.stdout as pipe:
        while chunk := os.read(pipe.fileno(), 65536):
            room = MAX_LOG - len(kept)
            kept += chunk[:room]
            dropped += max(0, len(chunk) - room)
            progress(kept.decode(errors="replace"))
    text = kept.decode(errors="replace")
    return f"{text}\n[{dropped} bytes of output left out]\n" if dropped else text
