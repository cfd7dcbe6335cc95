"""Proves a backend on this machine: opens a real sandbox, attacks it from inside, and breaks its limits."""

import json
import secrets
import shlex
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from integrations.errors import IntegrationError
from integrations.types.sandbox import (
    Command,
    CommandResult,
    Isolation,
    KilledBy,
    Limits,
    ProbeItem,
    ProbeReport,
    SandboxSpec,
)

TIGHT = Limits(wall_s=10, cpu_s=10, memory_mb=512, address_space_mb=512, processes=48, file_mb=1, tmp_mb=16)
PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3")
_ATTACK = Path(__file__).with_name("attack.py")
_DAEMON = "setsid sh -c 'while :; do date +%N >> beat; sleep 0.01; done' & sleep 60"
_EATER = "import time\nfor i in range(4):\n  import os\n  if os.fork() == 0: break\nx = b'x' * (48 << 20); time.sleep(60)"
_STILL_S = 0.1
_AT_ONCE_S = 2.0

_FIXES = {
    "system calls refused": "apt-get install -y libseccomp2",
    "ordinary user": "start the worker as root once so that it makes its user, or as an ordinary user",
}
_REINSTALL = "apt-get install -y --reinstall bubblewrap util-linux"
_SWITCHES = (
    ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=15000"),
)
_CONTAINER = "in a container, give the worker the security_opt lines of docs/security.md"


class Sandbox(Protocol):
    def run(self, command: Command) -> CommandResult: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Backend:
    """What the probe needs of a provider. `promises` are the items of attack.py to attack, all of them when empty."""

    name: str
    isolation: Isolation
    open_sandbox: Callable[[SandboxSpec], Sandbox]
    adopt: Callable[[Path], None]
    promises: tuple[str, ...] = ()


def probe(backend: Backend) -> ProbeReport:
    """What the backend proved. A backend that cannot open, or that answers nonsense, fails; it never raises."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="sortie-probe-", dir=_place()))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        home.chmod(0o711)
        canary = home / "canary"
        canary.write_text(secrets.token_hex(16))
        workspace = home / "workspace"
        workspace.mkdir()
        try:
            backend.adopt(workspace)
            sandbox = stack.enter_context(closing(backend.open_sandbox(SandboxSpec(workspace, limits=TIGHT))))
            items = _opens(sandbox)
            if items[-1].ok:
                items += [
                    *_attacked(sandbox, canary, backend.promises),
                    _memory_total(sandbox),
                    _dies(sandbox, workspace),
                ]
        except (IntegrationError, OSError) as why:
            items = [ProbeItem("opens", ok=False, detail=f"{why} Fix: {opening_fix(str(why))}")]
    return ProbeReport(backend.name, backend.isolation, tuple(items))


def opening_fix(complaint: str) -> str:
    """The command that lets a sandbox open, judged from the kernel's switches and bubblewrap's words."""
    if "apt-get" in complaint:
        return complaint[complaint.index("apt-get") :]
    for switch, closed, fix in _SWITCHES:
        path = Path("/proc/sys", switch)
        if path.exists() and path.read_text().strip() == closed:
            return fix
    return _CONTAINER


def _place() -> str | None:
    """A directory that every user can reach: memory when there is some, else the usual place."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _opens(sandbox: Sandbox) -> list[ProbeItem]:
    result = sandbox.run(Command(("/bin/sh", "-c", "echo in; command -v " + " ".join(PYTHONS))))
    if not result.output.startswith(b"in\n"):
        return [_item("opens", f"the first command said {result.output[:200]!r}")]
    if not result.output[3:].strip():
        return [_item("opens", "there is no python3 below /usr", fix="apt-get install -y python3")]
    return [_item("opens", "")]


def _attacked(sandbox: Sandbox, canary: Path, promises: tuple[str, ...]) -> list[ProbeItem]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        limits = (TIGHT.processes, TIGHT.address_space_mb, TIGHT.file_mb)
        arguments = shlex.join(map(str, (canary, port, *limits, *promises)))
        python = f"exec $(command -v {' '.join(PYTHONS)} | head -n 1) -I - {arguments}"
        result = sandbox.run(Command(("/bin/sh", "-c", python), stdin=_ATTACK.read_bytes()))
    try:
        found: dict[str, str] = json.loads(result.output)
    except ValueError:
        return [_item("attack", f"it ended with {result.exit_code} and said {result.output[-300:]!r}")]
    return [_item(name, problem) for name, problem in found.items()]


def _memory_total(sandbox: Sandbox) -> ProbeItem:
    few = replace(TIGHT, memory_mb=96)
    python = f"exec $(command -v {' '.join(PYTHONS)} | head -n 1) -I -"
    result = sandbox.run(Command(("/bin/sh", "-c", python), stdin=_EATER.encode(), limits=few))
    problem = (
        "" if result.killed_by is KilledBy.MEMORY else f"it ended with {result.exit_code}, {result.killed_by}"
    )
    return _item("memory limit of all processes", problem)


def _dies(sandbox: Sandbox, workspace: Path) -> ProbeItem:
    started = time.monotonic()
    result = sandbox.run(Command(("/bin/sh", "-c", _DAEMON), limits=replace(TIGHT, wall_s=0.2)))
    took_s = time.monotonic() - started
    beat = workspace / "beat"
    before = beat.stat().st_size
    time.sleep(_STILL_S)
    problem = ""
    if result.killed_by is not KilledBy.TIMEOUT or took_s > _AT_ONCE_S:
        problem = f"a kill took {took_s:.1f} s"
    elif before == 0 or beat.stat().st_size != before:
        problem = "a daemon outlived its command"
    return _item("nothing survives a kill", problem)


def _item(name: str, problem: str, *, fix: str | None = None) -> ProbeItem:
    detail = f"{problem}. Fix: {fix or _FIXES.get(name, _REINSTALL)}" if problem else "proven"
    return ProbeItem(name, ok=not problem, detail=detail)
