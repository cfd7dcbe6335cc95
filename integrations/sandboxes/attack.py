"""Runs INSIDE a sandbox, by the system's python: tries to get out and prints what it found as JSON.

Standard library only. Arguments: the path of a file that must not be seen, a port that listens on the host's loopback,
the limits on processes, address space (MiB) and file size (MiB), then the items to try (all when none is named).
"""

import contextlib
import ctypes
import errno
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

PTRACE_TRACEME = 0
CLONE_NEWUSER = 0x10000000
AF_VSOCK = 40
NOWHERE = "192.0.2.1"
"""Reserved for documentation (RFC 5737): nobody is there, but a machine with a network has a route to it."""
KEYCTL = 250 if os.uname().machine == "x86_64" else 219

libc = ctypes.CDLL(None, use_errno=True)


def network(port: int) -> str:
    """An address that answers or that there is a way to, "" when none does."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
        return "the host's loopback answers"
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as way_out:
            way_out.settimeout(0.3)
            if (code := way_out.connect_ex((NOWHERE, 53))) != errno.ENETUNREACH:
                return f"there is a way out (connect to {NOWHERE}: {errno.errorcode.get(code, code)})"
    with contextlib.suppress(OSError), socket.socket(AF_VSOCK, socket.SOCK_STREAM):
        return "AF_VSOCK is open"
    return ""


def environment() -> str:
    """Names in the environment of pid 1 that are not ours."""
    names = {
        entry.split(b"=")[0].decode() for entry in Path("/proc/1/environ").read_bytes().split(b"\0") if entry
    }
    return ", ".join(sorted(names - {"PATH", "PWD"}))


def own_environment() -> str:
    """Names in our own environment that nobody gave us."""
    given = {
        "PATH",
        "HOME",
        "USER",
        "LANG",
        "LC_CTYPE",
        "TMPDIR",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        "SORTIE_COMMAND",
    }
    return ", ".join(sorted(set(os.environ) - given))


def outside_files(canary: str) -> str:
    """A file of the host that can be seen."""
    seen = [path for path in (canary, "/etc/shadow", "/root/.ssh", "/etc/hostname") if os.path.lexists(path)]
    return ", ".join(seen)


def outside_writes(canary: str) -> str:
    """A place outside the workspace and the sandbox's own memory that can be written."""
    written = []
    for place in ("/", "/usr", "/usr/local/bin", "/etc", "/dev", "/proc", str(Path(canary).parent)):
        with contextlib.suppress(OSError):
            Path(place, "written-by-the-probe").write_text("x")
            written.append(place)
    return ", ".join(written)


def system_calls() -> str:
    """A dangerous system call that is let through."""
    calls: dict[str, Callable[[], int]] = {
        "unshare": lambda: int(libc.unshare(CLONE_NEWUSER)),
        "ptrace": lambda: int(libc.ptrace(PTRACE_TRACEME, 0, 0, 0)),
        "keyctl": lambda: int(libc.syscall(KEYCTL, 0, -3, 0)),
    }
    return ", ".join(name for name, call in calls.items() if not refused(call))


def refused(call: Callable[[], int]) -> bool:
    """Whether a system call fails with EPERM; tried in a child, for one that works would change the caller."""
    child = os.fork()
    if child == 0:
        os._exit(0 if call() == -1 and ctypes.get_errno() == errno.EPERM else 1)
    return os.waitpid(child, 0)[1] == 0


def status(name: str) -> str:
    """A field of /proc/self/status."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return line.split()[1]
    return ""


def ordinary_user() -> str:
    """Rights that an ordinary user would not have."""
    found = []
    if os.getuid() == 0 or os.geteuid() == 0:
        found.append("uid 0")
    if int(status("CapEff") or "1", 16):
        found.append("capabilities")
    if status("NoNewPrivs") != "1":
        found.append("new privileges by setuid programs")
    return ", ".join(found)


def file_size(limit_mb: int) -> str:
    """ "" when a file cannot grow beyond the limit."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with Path("big").open("wb") as file:
            file.truncate((limit_mb + 1) << 20)
    except OSError as why:
        return "" if why.errno == errno.EFBIG else str(why)
    return f"a file may grow beyond {limit_mb} MiB"


def address_space(limit_mb: int) -> str:
    """ "" when a process cannot have more than the limit."""
    try:
        bytearray(limit_mb << 20)
    except MemoryError:
        return ""
    return f"a process may have more than {limit_mb} MiB"


def processes(limit: int) -> str:
    """ "" when there can be no more than the limit; the children stay until the namespace ends."""
    for _ in range(limit + 5):
        try:
            if os.fork() == 0:
                signal.pause()
        except OSError as why:
            return "" if why.errno == errno.EAGAIN else str(why)
    return f"more than {limit} processes may run"


def main() -> None:
    """Print {item: what was wrong, "" when nothing}."""
    canary = sys.argv[1]
    port, process_limit, space_mb, file_mb = map(int, sys.argv[2:6])
    attacks: dict[str, Callable[[], str]] = {
        "no network": lambda: network(port),
        "no host environment": environment,
        "clean environment": own_environment,
        "no host files": lambda: outside_files(canary),
        "no writes outside": lambda: outside_writes(canary),
        "system calls refused": system_calls,
        "ordinary user": ordinary_user,
        "file size limit": lambda: file_size(file_mb),
        "address space limit": lambda: address_space(space_mb),
        "process limit": lambda: processes(process_limit),
    }
    found = {name: attacks[name]() for name in sys.argv[6:] or attacks}
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
