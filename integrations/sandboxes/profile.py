"""What a bubblewrap sandbox is made of: the options, the few files of /etc, and which specs are refused."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path, PurePosixPath

from integrations.sandboxes.errors import BAD_SPEC, SandboxUnavailable
from integrations.sandboxes.limits import MIB
from integrations.sandboxes.owner import require_reachable, unreachable
from integrations.types.sandbox import Bind, Limits, Overlay, SandboxSpec

UID = 1000
HOME = "/home/agent"
SHARED_MEMORY_MB = 64
MEMORY_MOUNTS = ("/tmp", "/home", "/dev/shm")
"""What the sandbox keeps in memory, so that it counts as memory."""

ETC = {
    "/etc/passwd": f"agent:x:{UID}:{UID}:agent:{HOME}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "/etc/group": f"agent:x:{UID}:\nnogroup:x:65534:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
}
"""Ours, nothing of the host: an ordinary user, and `localhost` for test suites that serve on it."""

_HOST_ETC = (
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/mime.types",
)
_CLOSED = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/proc", "/dev", "/sys")
_SHARED = ("/tmp", "/home", "/run", "/var", "/dev/shm")
"""Nothing may be mounted inside the closed ones, nor over the shared ones."""


@dataclass(frozen=True, slots=True)
class Files:
    """Descriptors bubblewrap reads: the file of /etc that each one holds, the filter, its report, its start signal."""

    etc: dict[str, int]
    seccomp: int
    status: int
    block: int


def checked(spec: SandboxSpec, owner: tuple[int, int] | None) -> SandboxSpec:
    """`spec` with every source resolved. Raises SandboxUnavailable for what is missing, unreachable or in the way."""
    workspace = _resolved(spec.workspace)
    if not workspace.is_dir():
        raise _bad(f"The workspace {workspace} is no directory.", "make it first")
    binds = tuple(replace(bind, source=_resolved(bind.source)) for bind in spec.binds)
    for target in (spec.workspace_target, *(bind.target for bind in binds)):
        _check_target(target)
    for bind in binds:
        if spec.workspace_writable and _within(bind.target, spec.workspace_target):
            # bubblewrap would make the mount point inside a directory whose symlinks are the agent's.
            raise _bad(f"{bind.target} lies inside the writable workspace.", "mount it beside the workspace")
    for name, value in spec.env.items():
        if not name or "=" in name or "\0" in name + value:
            raise _bad(f"The environment variable {name!r} cannot be set.", "name it without `=` and NUL")
    overlay = _checked_overlay(spec.overlay) if spec.overlay else None
    layers = (overlay.lower, overlay.upper, overlay.work) if overlay else ()
    for source in (workspace, *layers, *(bind.source for bind in binds)):
        require_reachable(source, owner)
    return replace(spec, workspace=workspace, binds=binds, overlay=overlay)


def _checked_overlay(overlay: Overlay) -> Overlay:
    found = Overlay(_resolved(overlay.lower), _resolved(overlay.upper), _resolved(overlay.work))
    for one, other in permutations((found.lower, found.upper, found.work), 2):
        if one.is_relative_to(other):
            raise _bad(f"{one} lies inside {other}.", "give each layer of an overlay a directory of its own")
    return found


def options(spec: SandboxSpec, limits: Limits, cwd: str, files: Files) -> bytes:
    """The options for `bwrap --args`, each ended by NUL: by descriptor, so that no host path shows in /proc/1/cmdline."""
    words = [*_namespaces(), *_environment(spec), *_system(files.etc), *_memory(limits), *_own(spec)]
    words += ["--chdir", cwd, "--remount-ro", "/dev", "--remount-ro", "/"]
    words += [
        "--seccomp",
        str(files.seccomp),
        "--json-status-fd",
        str(files.status),
        "--block-fd",
        str(files.block),
    ]
    return b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in words)


def limited(argv: tuple[str, ...], limits: Limits) -> list[str]:
    """`argv` behind prlimit(1). It runs inside: only there does a process limit count this sandbox alone."""
    return [
        "/usr/bin/prlimit",
        f"--nproc={limits.processes}:{limits.processes}",
        f"--as={limits.address_space_mb * MIB}",
        f"--fsize={limits.file_mb * MIB}",
        f"--nofile={limits.open_files}:{limits.open_files}",
        f"--cpu={limits.cpu_s}:{limits.cpu_s + 5}",
        "--core=0",
        "--",
        *argv,
    ]


def _namespaces() -> Iterator[str]:
    yield from ("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts")
    yield from ("--unshare-cgroup-try", "--disable-userns", "--die-with-parent", "--new-session")
    yield from ("--cap-drop", "ALL", "--hostname", "sandbox", "--uid", str(UID), "--gid", str(UID))


def _environment(spec: SandboxSpec) -> Iterator[str]:
    yield "--clearenv"
    values = {
        "PATH": spec.path,
        "HOME": HOME,
        "USER": "agent",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
        **spec.env,
    }
    for name, value in values.items():
        yield from ("--setenv", name, value)


def _system(etc: dict[str, int]) -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib64"):
        yield from ("--symlink", f"usr/{name}", f"/{name}")
    for path, descriptor in etc.items():
        yield from ("--perms", "0444", "--file", str(descriptor), path)
    for path in _HOST_ETC:
        yield from ("--ro-bind-try", path, path)
    yield from ("--dir", "/run", "--dir", "/var", "--symlink", "../tmp", "/var/tmp", "--proc", "/proc")


def _memory(limits: Limits) -> Iterator[str]:
    yield from ("--dev", "/dev", "--size", str(SHARED_MEMORY_MB * MIB), "--tmpfs", "/dev/shm")
    for path in ("/tmp", "/home"):
        yield from ("--size", str(limits.tmp_mb * MIB), "--tmpfs", path)
    yield from ("--dir", HOME)


def _own(spec: SandboxSpec) -> Iterator[str]:
    mounts = (Bind(spec.workspace, spec.workspace_target, spec.workspace_writable), *spec.binds)
    # Parents first, so that a mount is never hidden by a later one above it.
    for bind in sorted(mounts, key=lambda bind: PurePosixPath(bind.target).parts):
        yield from ("--bind" if bind.writable else "--ro-bind", str(bind.source), bind.target)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except PermissionError as why:
        raise unreachable(path, path.parent) from why
    except (OSError, RuntimeError, ValueError) as why:
        raise _bad(f"{path} cannot be shown in the sandbox ({why}).", "make it first") from why


def _check_target(target: str) -> None:
    path = PurePosixPath(target)
    if str(path) != target or not path.is_absolute() or ".." in path.parts or "\0" in target or target == "/":
        raise _bad(f"{target!r} is no place to mount something.", "give a plain absolute path")
    inside = any(_within(target, taken) for taken in _CLOSED) and not _within(target, "/dev/shm")
    if inside or target in _SHARED:
        raise _bad(f"{target} belongs to the sandbox itself.", "mount it at a directory of its own")


def _within(path: str, above: str) -> bool:
    return PurePosixPath(path).is_relative_to(above)


def _bad(message: str, fix: str) -> SandboxUnavailable:
    return SandboxUnavailable(message, code=BAD_SPEC, fix=fix)
