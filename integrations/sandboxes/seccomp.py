"""The system calls a sandboxed process may not make, as a BPF program that bubblewrap loads."""

import errno
import importlib
import os
import stat
from functools import cache
from types import ModuleType
from typing import Any

from integrations.sandboxes.errors import NOT_INSTALLED, SandboxUnavailable

REFUSED = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd"),
    *("mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "open_tree", "open_tree_attr"),
    *("move_mount", "mount_setattr", "fsopen", "fsconfig", "fsmount", "fspick"),
    *("keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd", "fanotify_init"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot"),
    *("swapon", "swapoff", "syslog", "acct", "quotactl", "quotactl_fd", "vhangup"),
    *("name_to_handle_at", "open_by_handle_at", "lookup_dcookie", "nfsservctl"),
    *("mbind", "set_mempolicy", "migrate_pages", "move_pages", "iopl", "ioperm", "memfd_secret"),
)
"""Answered with EPERM."""

ABSENT = ("clone3", "openat2", "memfd_create")
"""Answered with ENOSYS, so that programs fall back: the first two hide their flags from a filter, and memory
written to a memfd belongs to no process, so no limit would see it."""

NEWER = {
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "memfd_secret": 447,
    "fchmodat2": 452,
    "open_tree_attr": 467,
}
"""Numbers, the same on every architecture, of calls that Debian 12's libseccomp (2.5.4) cannot name
(https://github.com/torvalds/linux/blob/master/scripts/syscall.tbl)."""

FAMILIES = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK. Netlink reaches nothing in an empty network namespace, and node and
python list interfaces through it."""

NAMESPACE_FLAGS = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
TERMINAL_INJECTION = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX."""

SHARED_SEGMENT_BYTES = 65_536
"""SysV segments outlive the process that fills them, so only PostgreSQL's tiny one is let through."""


@cache
def program() -> bytes:
    """The filter as bubblewrap's `--seccomp` wants it (an array of `struct sock_filter`).

    Raises SandboxUnavailable when libseccomp is missing.
    """
    try:
        lib = importlib.import_module("pyseccomp")
    except (ImportError, RuntimeError) as why:
        raise SandboxUnavailable(
            f"The system call filter cannot be built ({why}).",
            code=NOT_INSTALLED,
            fix="apt-get install -y libseccomp2",
        ) from why
    return _export(lib)


def _export(lib: ModuleType) -> bytes:
    rules = lib.SyscallFilter(lib.ALLOW)
    eperm = lib.ERRNO(errno.EPERM)
    for name in REFUSED:
        rules.add_rule(eperm, _number(lib, name))
    for name in ABSENT:
        rules.add_rule(lib.ERRNO(errno.ENOSYS), _number(lib, name))
    for flag in NAMESPACE_FLAGS:
        rules.add_rule(eperm, "clone", lib.Arg(0, lib.MASKED_EQ, flag, flag))
    for request in TERMINAL_INJECTION:
        # The kernel reads 32 bits of the request; the mask keeps the upper half from hiding it.
        rules.add_rule(eperm, "ioctl", lib.Arg(1, lib.MASKED_EQ, 0xFFFFFFFF, request))
    for call in ("socket", "socketpair"):
        rules.add_rule(eperm, call, lib.Arg(0, lib.GT, max(FAMILIES)))
        for family in set(range(max(FAMILIES))) - set(FAMILIES):
            rules.add_rule(eperm, call, lib.Arg(0, lib.EQ, family))
    rules.add_rule(eperm, "shmget", lib.Arg(1, lib.GT, SHARED_SEGMENT_BYTES))
    _refuse_setuid_files(lib, rules)
    with open(os.memfd_create("seccomp"), "w+b") as out:
        rules.export_bpf(out)
        out.seek(0)
        return out.read()


def _refuse_setuid_files(lib: ModuleType, rules: Any) -> None:
    """A setuid file left in a workspace would lend its owner's rights to any user of the machine."""
    eperm = lib.ERRNO(errno.EPERM)
    calls = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "fchmodat2": 2, "creat": 1, "mknod": 1, "mknodat": 2}
    for name, index in calls.items():
        number = _number(lib, name)
        rules.add_rule(eperm, number, lib.Arg(index, lib.MASKED_EQ, stat.S_ISUID, stat.S_ISUID))
    for name, index in {"open": 1, "openat": 2}.items():
        for creating in (os.O_CREAT, os.O_TMPFILE):
            rules.add_rule(
                eperm,
                _number(lib, name),
                lib.Arg(index, lib.MASKED_EQ, creating, creating),
                lib.Arg(index + 1, lib.MASKED_EQ, stat.S_ISUID, stat.S_ISUID),
            )


def _number(lib: ModuleType, name: str) -> int:
    number: int = lib.resolve_syscall(lib.Arch.NATIVE, name)
    # libseccomp answers -1 for a name it does not know, below that for a call this architecture lacks.
    return NEWER[name] if number == -1 and name in NEWER else number
