"""What a hostile command in a sandbox tries, and does not get. Each test names its attack (B1-B19)."""

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyseccomp
import pytest

from integrations.sandboxes import trees
from integrations.sandboxes.bubblewrap import BubblewrapProvider, BubblewrapSandbox
from integrations.sandboxes.errors import (
    CommandRefused,
    SandboxBroke,
    SandboxUnavailable,
)
from integrations.types.sandbox import Bind, Command, KilledBy, Limits, SandboxSpec
from tests.integrations.sandboxes.conftest import (
    CANARY,
    IMPORTS,
    Run,
    around,
    both,
    gone,
    holding_mounts_below,
    new_overlay,
    new_workspace,
    processes_naming,
    until,
)

# --- reading -------------------------------------------------------------------------------------------------


@both
def test_no_process_in_the_sandbox_shows_the_secrets_of_the_harness(place: Path, python: Run) -> None:
    """B1: environ, cmdline and open files of every visible process, pid 1 included."""
    (place / "secret").write_text(CANARY)
    with subprocess.Popen(["sleep", "60"], env={"TOKEN": CANARY}) as harness:
        result = python(
            "import glob, os\n"
            "for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):\n"
            "    print(path, open(path, 'rb').read())\n"
            "for path in glob.glob('/proc/[0-9]*/fd/*'):\n"
            "    print(path, os.path.lexists(path) and os.readlink(path))\n"
            "print(dict(os.environ))\n"
        )
        harness.kill()
    assert b"/proc/1/environ" in result.output and b"/proc/1/cmdline" in result.output
    assert CANARY.encode() not in result.output
    assert str(place).encode() not in result.output


def test_a_canary_in_environment_file_and_arguments_of_the_harness_is_found_nowhere(
    place: Path, workspace: Path
) -> None:
    """B1, B4: a whole harness of its own, with the canary in its argv, environment and a file beside it."""
    (place / "token").write_text(CANARY)
    place.chmod(0o755)
    # The needle comes by stdin: on a command line it would be found there.
    script = (
        "read needle; grep -rl -D skip --exclude-dir=proc --exclude-dir=usr \"$needle\" / && echo FO''UND;"
        "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; env; echo searched"
    )
    harness = (
        "import sys; from pathlib import Path\n"
        "from integrations.sandboxes.bubblewrap import BubblewrapProvider\n"
        "from integrations.types.sandbox import Command, SandboxSpec\n"
        "provider = BubblewrapProvider(); provider.adopt(Path(sys.argv[1]))\n"
        "with provider.open(SandboxSpec(Path(sys.argv[1]))) as sandbox:\n"
        "    result = sandbox.run(Command(('/bin/sh', '-c', sys.stdin.read()), stdin=sys.argv[2][:20].encode()))\n"
        "sys.stdout.buffer.write(result.output)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", harness, str(workspace), CANARY],
        input=script.encode(),
        env={"PATH": "/usr/bin:/bin", "TOKEN": CANARY, "PYTHONPATH": IMPORTS},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.endswith(b"searched\n") and b"HOME=/home/agent" in done.stdout
    assert b"FOUND" not in done.stdout
    assert CANARY.encode() not in done.stdout


@both
def test_exactly_the_named_places_are_mounted(
    place: Path, provider: BubblewrapProvider, workspace: Path
) -> None:
    """B4: whatever else were mounted would be the host's."""
    layer = new_workspace(place, provider, "layer")
    script = "ls -A /; cut -d' ' -f5 /proc/self/mountinfo"
    with provider.open(around(workspace, binds=(Bind(layer, "/toolchain"),))) as sandbox:
        result = sandbox.run(Command(("/bin/sh", "-c", script)))
    devices = {f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "pts", "shm")}
    etc = {
        f"/etc/{name}"
        for name in ("alternatives", "ld.so.cache", "ssl/certs", "ssl/openssl.cnf", "mime.types")
    }
    ours = {"/", "/usr", "/proc", "/dev", "/tmp", "/home", "/workspace", "/toolchain"}
    links = {"bin", "sbin", "lib", "lib64", "etc", "run", "var"}
    found = result.output.decode().split()
    mounts = {word for word in found if word.startswith("/")}
    assert ours | devices <= mounts <= ours | devices | etc
    assert {word for word in found if not word.startswith("/")} == links | {
        path[1:] for path in ours if path != "/"
    }


def test_files_of_the_host_and_of_other_runs_are_not_there(
    place: Path, provider: BubblewrapProvider, sh: Run
) -> None:
    """B4: another run's workspace, homes, keys, and everything of /etc but our few files."""
    other = new_workspace(place, provider, "other")
    (other / "source.py").write_text("secret = 1")
    result = sh(
        f"ls {other} {place} /root /home/* /var/lib /etc/shadow /etc/hostname ~/.ssh ~/.netrc; "
        "cat /etc/passwd; ls /etc; find / -name '.netrc' -o -name 'id_*' -path '*/.ssh/*' 2>/dev/null | grep -v ^/proc"
    )
    assert b"source.py" not in result.output
    lines = result.output.decode().splitlines()
    assert sum("No such file" in line for line in lines) == 8
    assert [line for line in lines if line.startswith("root:")] == []
    assert set(lines[lines.index("alternatives") :]) <= {
        *("alternatives", "group", "hosts", "ld.so.cache", "mime.types", "nsswitch.conf", "passwd", "ssl")
    }


# --- the network ---------------------------------------------------------------------------------------------


@pytest.fixture
def listeners(place: Path) -> Iterator[dict[str, str]]:
    """What a harness has open: TCP and UDP on loopback, a Unix socket by path and an abstract one."""
    path = str(place / "redis.sock")
    abstract = f"sortie-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as by_path,
        socket.socket(socket.AF_UNIX) as by_name,
    ):
        udp.bind(("127.0.0.1", 0))
        by_path.bind(path)
        Path(path).chmod(0o777)
        by_name.bind("\0" + abstract)
        for server in (by_path, by_name):
            server.listen()
        yield {
            "tcp": str(tcp.getsockname()[1]),
            "udp": str(udp.getsockname()[1]),
            "udp_fd": str(udp.fileno()),
            "path": path,
            "abstract": abstract,
        }


@both
def test_no_address_is_reachable(listeners: dict[str, str], python: Run) -> None:
    """B2: the host's loopback, the internet, the metadata address, datagrams, raw packets, vsock, netlink."""
    result = python(
        "import errno, socket as s\n"
        "def attempt(name, do):\n"
        "    try: print(name, 'OPEN', do())\n"
        "    except OSError as why: print(name, errno.errorcode.get(why.errno, why.errno))\n"
        "def connect(family, kind, address):\n"
        "    sock = s.socket(family, kind); sock.settimeout(1); sock.connect(address)\n"
        f"attempt('loopback', lambda: connect(s.AF_INET, s.SOCK_STREAM, ('127.0.0.1', {listeners['tcp']})))\n"
        "for host in ('192.0.2.1', '169.254.169.254', '10.0.0.1'):\n"
        "    attempt(host, lambda: connect(s.AF_INET, s.SOCK_STREAM, (host, 80)))\n"
        "attempt('udp', lambda: s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53)))\n"
        "attempt('inet6', lambda: connect(s.AF_INET6, s.SOCK_STREAM, ('2001:db8::1', 80)))\n"
        "attempt('raw', lambda: s.socket(s.AF_INET, s.SOCK_RAW, 1))\n"
        "attempt('packet', lambda: s.socket(s.AF_PACKET, s.SOCK_RAW))\n"
        "attempt('vsock', lambda: s.socket(40, s.SOCK_STREAM))\n"
        "attempt('bluetooth', lambda: s.socket(31, s.SOCK_STREAM))\n"
        f"s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {listeners['udp']}))\n"
        "print('interfaces', [name for _, name in s.if_nameindex()])\n"
    )
    said = dict(line.split(" ", 1) for line in result.output.decode().splitlines())
    assert said == {
        "loopback": "ECONNREFUSED",
        "192.0.2.1": "ENETUNREACH",
        "169.254.169.254": "ENETUNREACH",
        "10.0.0.1": "ENETUNREACH",
        "udp": "ENETUNREACH",
        "inet6": said["inet6"],
        "raw": "EPERM",
        "packet": "EPERM",
        "vsock": "EPERM",
        "bluetooth": "EPERM",
        "interfaces": "['lo']",
    }
    assert said["inet6"] in ("ENETUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT")
    assert select.select([int(listeners["udp_fd"])], [], [], 0.1)[0] == []


@both
def test_sockets_of_the_host_are_not_visible(listeners: dict[str, str], python: Run) -> None:
    """B3: by path (Docker's, Redis's, PostgreSQL's, our own) and by abstract name."""
    paths = [listeners["path"], "/var/run/docker.sock", "/run/docker.sock", "/tmp/.s.PGSQL.5432"]
    result = python(
        "import socket as s\n"
        f"for address in {[*paths, chr(0) + listeners['abstract']]!r}:\n"
        "    try: s.socket(s.AF_UNIX).connect(address); print('OPEN')\n"
        "    except OSError as why: print(type(why).__name__)\n"
    )
    assert result.output.split() == [b"FileNotFoundError"] * 4 + [b"ConnectionRefusedError"]


def test_test_suites_may_serve_on_their_own_localhost(python: Run) -> None:
    """B2, the other side: loopback inside works, by address and by name."""
    result = python(
        "import socket\n"
        "server = socket.create_server(('localhost', 0))\n"
        "socket.create_connection(('localhost', server.getsockname()[1])); print('served')\n"
    )
    assert result.output == b"served\n"


# --- writing -------------------------------------------------------------------------------------------------


@both
def test_nothing_outside_the_workspace_can_be_written(place: Path, sh: Run) -> None:
    """B5: the system, homes, the host's /tmp and /dev/shm, cron, other workspaces."""
    marker = f"written-{os.getpid()}"
    inside = ["/usr/local/bin", "/usr/lib", "/etc", "/", "/dev", "/proc", "/var", "/run", "/sys", str(place)]
    result = sh(
        f"for d in {' '.join(inside)} /etc/cron.d /etc/systemd/system; do touch $d/{marker} && echo WROTE $d; done"
    )
    assert b"WROTE" not in result.output
    sh(f"touch /tmp/{marker} /dev/shm/{marker} ~/.bashrc")
    on_host = [Path(d, marker) for d in (*inside, "/tmp", "/dev/shm") if d != "/proc"]
    assert [path for path in on_host if path.exists()] == []


@both
def test_a_read_only_workspace_and_a_read_only_bind_cannot_be_written(
    place: Path, provider: BubblewrapProvider, workspace: Path
) -> None:
    """B5: reviewers look, they do not touch; a toolchain layer is shared by runs."""
    layer = new_workspace(place, provider, "layer")
    (layer / "answer.py").write_text("value = 42\n")
    layer.chmod(0o755)
    spec = replace(
        around(workspace, writable=False, binds=(Bind(layer, "/toolchain"),)),
        env={"PYTHONPATH": "/toolchain"},
    )
    with provider.open(spec) as sandbox:
        script = "touch /workspace/x; touch /toolchain/x; chmod 777 /toolchain; python3 -c 'import answer; print(answer.value)'"
        result = sandbox.run(Command(("/bin/sh", "-c", script)))
    assert result.output.count(b"Read-only file system") == 3
    assert result.output.endswith(b"42\n")
    assert list(workspace.iterdir()) == []
    assert [path.name for path in layer.iterdir()] == ["answer.py"]


@both
def test_symlinks_in_the_workspace_lead_nowhere(place: Path, workspace: Path, sh: Run) -> None:
    """B6: read, write and append through links that a tool running in the same sandbox follows."""
    secret = place / "secret"
    secret.write_text(CANARY)
    secret.chmod(0o666)
    os.symlink(secret, workspace / "link")
    os.symlink(place, workspace / "directory")
    result = sh(
        "cat link directory/secret; echo x > link; echo x >> directory/secret; cat /etc/passwd | head -c 5"
    )
    assert CANARY.encode() not in result.output
    assert result.output.endswith(b"agent")
    assert secret.read_text() == CANARY


@both
def test_swapping_a_file_for_a_symlink_wins_no_race(place: Path, workspace: Path, python: Run) -> None:
    """B6: renameat2(RENAME_EXCHANGE) for two seconds while another process reads and appends by path."""
    secret = place / "secret"
    secret.write_text(CANARY)
    secret.chmod(0o666)
    os.symlink(secret, workspace / "trap")
    (workspace / "file").write_text("mine")
    (workspace / "file").chmod(0o666)
    result = python(
        "import ctypes, os, time\n"
        "libc = ctypes.CDLL(None); end = time.monotonic() + 2; swaps = reads = missing = 0; seen = set()\n"
        "if os.fork() == 0:\n"
        "    while time.monotonic() < end: libc.renameat2(-100, b'trap', -100, b'file', 2)\n"
        "    os._exit(0)\n"
        "while time.monotonic() < end:\n"
        "    try:\n"
        "        with open('file', 'r+') as file: seen.add(file.read()); reads += 1\n"
        "    except FileNotFoundError: missing += 1\n"
        "print(reads > 100, missing > 100, seen)\n"
    )
    assert result.output == b"True True {'mine'}\n"
    assert secret.read_text() == CANARY


def test_adopting_a_hostile_tree_gives_away_nothing_outside(
    place: Path, provider: BubblewrapProvider
) -> None:
    """B6: a workspace full of links is given to the sandbox's user; what they point at keeps its owner."""
    outside = place / "outside"
    outside.mkdir()
    (outside / "file").write_text("x")
    tree = place / "tree"
    tree.mkdir()
    os.symlink(outside, tree / "directory")
    os.symlink(outside / "file", tree / "file")
    (tree / "real").write_text("x")
    provider.adopt(tree)
    assert {path.stat().st_uid for path in (outside, outside / "file")} == {os.geteuid()}
    if provider.owner is not None:
        assert {path.lstat().st_uid for path in tree.iterdir()} == {provider.owner[0]}


@both
def test_odd_paths_do_not_reach_out(place: Path, sh: Run) -> None:
    """B7: /proc/self/root, /proc/1/cwd, dots, percent signs, hard links, mounts, a very long path."""
    (place / "secret").write_text(CANARY)
    secret = str(place / "secret")
    dots = "../" * 40
    result = sh(
        f"cat /proc/self/root{secret} /proc/1/root{secret} /proc/self/cwd/../..{secret} {dots}{secret[1:]} ..%2f..%2f{secret};"
        f"ln {secret} here; ln /etc/ld.so.cache here; mount --bind / here; ls $(printf 'a/%.0s' $(seq 3000))"
    )
    assert CANARY.encode() not in result.output
    assert result.exit_code != 0
    assert sh("ls").output == b""


@pytest.mark.parametrize(
    "command",
    [
        Command(("cat", "a\0b")),
        Command(("true",), cwd="/workspace/../\0"),
        Command(()),
        Command(("echo", "x" * 3_000_000)),
        Command(("true",), cwd="workspace"),
        Command(("true",), cwd="/no/such/place"),
        Command(("echo", "\ud800")),
    ],
)
@both
def test_a_command_that_cannot_be_run_is_refused_and_the_next_one_runs(
    sandbox: BubblewrapSandbox, command: Command
) -> None:
    """B7: NUL, nothing at all, too long, a working directory that is not there."""
    with pytest.raises(CommandRefused) as refused:
        sandbox.run(command)
    assert refused.value.code == "SBX-006"
    assert sandbox.run(Command(("echo", "next"))).output == b"next\n"


# --- privileges ----------------------------------------------------------------------------------------------


@both
def test_dangerous_system_calls_are_refused(python: Run) -> None:
    """B8: namespaces, mounts, tracing, keys, bpf, io_uring, userfaultfd, perf: EPERM; what hides flags: ENOSYS."""
    names = [
        "unshare",
        "mount",
        "ptrace",
        "keyctl",
        "add_key",
        "bpf",
        "setns",
        "io_uring_setup",
        "userfaultfd",
    ]
    names += ["perf_event_open", "pivot_root", "chroot", "open_by_handle_at", "process_vm_readv", "fsopen"]
    refused = {name: pyseccomp.resolve_syscall(0, name) for name in names} | {"mount_setattr": 442}
    absent = {"clone3": 435, "openat2": 437, "memfd_create": pyseccomp.resolve_syscall(0, "memfd_create")}
    result = python(
        "import ctypes, errno\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        f"for name, number in {refused | absent!r}.items():\n"
        "    ctypes.set_errno(0); code = libc.syscall(number, 0x10000000, 0, 0, 0, 0)\n"
        "    print(name, code, errno.errorcode.get(ctypes.get_errno()))\n"
        "for flag in (0x10000000, 0x20000, 0x20000000):\n"
        f"    code = libc.syscall({pyseccomp.resolve_syscall(0, 'clone')}, flag | 17, 0, 0, 0, 0)\n"
        "    print('clone', code, errno.errorcode.get(ctypes.get_errno()))\n"
    )
    lines = result.output.decode().splitlines()
    assert lines[: len(refused)] == [f"{name} -1 EPERM" for name in refused]
    assert lines[len(refused) :] == [
        *("clone3 -1 ENOSYS", "openat2 -1 ENOSYS", "memfd_create -1 ENOSYS"),
        *["clone -1 EPERM"] * 3,
    ]


@both
def test_setuid_programs_give_nothing_and_none_can_be_made(workspace: Path, sh: Run) -> None:
    """B9: su, mount; a setuid copy of the shell, by chmod and by install."""
    result = sh(
        "su -c id root </dev/null; mount -t tmpfs none /tmp; "
        "cp /bin/sh mine; chmod 4755 mine && echo MADE; install -m 4755 /bin/sh other && echo MADE; "
        "chmod 2755 mine; ./mine -p -c 'id -u'; grep -E 'CapEff|NoNewPrivs|^Seccomp:' /proc/self/status"
    )
    assert b"uid=0" not in result.output and b"MADE" not in result.output
    assert result.output.split()[-7:] == [
        b"1000",
        b"CapEff:",
        b"0" * 16,
        b"NoNewPrivs:",
        b"1",
        b"Seccomp:",
        b"2",
    ]
    assert not [path for path in workspace.iterdir() if path.stat().st_mode & 0o4000]


@both
def test_nothing_can_be_typed_into_the_terminal_of_the_harness(python: Run) -> None:
    """B10: no controlling terminal, and TIOCSTI is refused even on a terminal of one's own."""
    result = python(
        "import errno, fcntl, os, pty, termios\n"
        "def attempt(do):\n"
        "    try: do(); print('OPEN', flush=True)\n"
        "    except OSError as why: print(errno.errorcode[why.errno], flush=True)\n"
        "attempt(lambda: os.open('/dev/tty', os.O_RDWR))\n"
        "_, terminal = pty.openpty()\n"
        "if os.fork() == 0:\n"
        "    os.setsid(); fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)\n"
        # On a terminal of its own the kernel would say EIO, or let it: only the filter says EPERM.
        "    attempt(lambda: fcntl.ioctl(terminal, termios.TIOCSTI, b'x')); os._exit(0)\n"
        "os.wait()\n"
    )
    assert result.output.split() == [b"ENXIO", b"EPERM"]


# --- running wild --------------------------------------------------------------------------------------------


@both
def test_a_fork_bomb_is_capped_named_and_leaves_the_harness_quick(sandbox: BubblewrapSandbox) -> None:
    """B11: the bomb stays at its limit for a second and is ended as `processes`; others' commands stay quick."""
    bomb = Command(
        ("/usr/bin/python3", "-I", "-"),
        stdin=b"import os, time\nwhile True:\n    try: os.fork()\n    except OSError: time.sleep(0.01)\n",
        limits=Limits(wall_s=20, processes=40),
    )
    results = []
    thread = threading.Thread(target=lambda: results.append(sandbox.run(bomb)))
    thread.start()
    slowest = 0.0
    while thread.is_alive():
        started = time.monotonic()
        sandbox.run(Command(("/bin/true",)))
        slowest = max(slowest, time.monotonic() - started)
    thread.join()
    assert results[0].killed_by is KilledBy.PROCESSES
    assert results[0].wall_s < 6
    assert slowest < 1


def test_a_thread_bomb_is_capped(python: Run) -> None:
    """B11: threads count as processes."""
    result = python(
        "import threading, time\n"
        "count = 0\n"
        "try:\n"
        "    while count < 200: threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); count += 1\n"
        "except RuntimeError: print(count, flush=True); import os; os._exit(0)\n",
        Limits(processes=30),
    )
    assert 20 <= int(result.output) < 30


@both
def test_one_process_limit_does_not_count_another_sandbox(sandbox: BubblewrapSandbox) -> None:
    """B11: the limit binds inside the user namespace, so neighbours with the same user do not starve each other."""
    script = "for i in $(seq 25); do sleep 1 & done; wait; echo all"
    commands = [Command(("/bin/sh", "-c", script), limits=Limits(processes=30))] * 3
    results = []
    threads = [threading.Thread(target=lambda c=c: results.append(sandbox.run(c))) for c in commands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.output for result in results] == [b"all\n"] * 3


@pytest.mark.parametrize("children", [1, 8])
def test_too_much_memory_in_total_is_named_and_ended(python: Run, children: int) -> None:
    """B12: one process that grows, and many that are each below every limit of their own."""
    result = python(
        "import os, time\n"
        f"for _ in range({children} - 1):\n"
        "    if os.fork() == 0: break\n"
        f"kept = [b'x' * (1 << 20) for _ in range(400 // {children})]\n"
        "time.sleep(60)\n",
        Limits(wall_s=30, memory_mb=150),
    )
    assert result.killed_by is KilledBy.MEMORY
    assert result.exit_code is None
    assert result.wall_s < 10


def test_memory_that_is_shared_is_counted_once(python: Run) -> None:
    """B12, the other side: ten children that only look at their parent's 60 MiB are not 600."""
    result = python(
        "import os, time\n"
        "kept = b'x' * (60 << 20)\n"
        "for _ in range(10):\n"
        "    if os.fork() == 0: time.sleep(1); os._exit(0)\n"
        "for _ in range(10): os.wait()\n"
        "print('done')\n",
        Limits(memory_mb=300),
    )
    assert (result.output, result.killed_by) == (b"done\n", None)


@both
def test_files_in_memory_count_as_memory_and_are_capped(sh: Run) -> None:
    """B12, B13: /tmp, the home and /dev/shm have sizes; together with them the memory limit counts."""
    full = sh(
        "for d in /tmp ~ /dev/shm; do dd if=/dev/zero of=$d/x bs=1M count=100 2>&1 | grep -c 'No space'; done",
        Limits(tmp_mb=8),
    )
    assert full.output.split() == [b"1", b"1", b"1"]
    heavy = sh("dd if=/dev/zero of=/tmp/x bs=1M count=120; sleep 30", Limits(memory_mb=64, tmp_mb=200))
    assert heavy.killed_by is KilledBy.MEMORY
    hidden = sh(
        "python3 -c 'import os; os.memfd_create(\"x\")';"
        "python3 -c 'import ctypes; print(ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600))'"
    )
    assert b"Function not implemented" in hidden.output and hidden.output.endswith(b"-1\n")


@both
def test_disk_growth_is_capped_named_and_cleaned_up(workspace: Path, sh: Run) -> None:
    """B13: many files that are each small enough."""
    result = sh(
        "i=0; while :; do i=$((i+1)); dd if=/dev/zero of=f$i bs=1M count=4 2>/dev/null; done",
        Limits(wall_s=30, disk_mb=40, file_mb=8),
    )
    assert result.killed_by is KilledBy.DISK
    assert result.wall_s < 10


def test_a_quick_command_that_overfilled_the_disk_is_named_too(sh: Run) -> None:
    """B13: it has ended before the first look."""
    result = sh("fallocate -l 50M a; fallocate -l 50M b", Limits(disk_mb=40))
    assert result.killed_by is KilledBy.DISK


@both
def test_one_file_cannot_grow_beyond_its_limit(workspace: Path, sh: Run) -> None:
    """B13: also when it is sparse; ended by SIGXFSZ it is named."""
    result = sh("exec truncate -s 20G big", Limits(file_mb=10))
    assert result.killed_by is KilledBy.DISK
    assert (workspace / "big").stat().st_size == 0


@both
def test_a_flood_of_small_files_is_capped(python: Run) -> None:
    """B13: entries count, however small."""
    result = python(
        "import time\nfor i in range(10**6): open(f'f{i}', 'w').close()\n",
        Limits(wall_s=60, new_files=5000),
    )
    assert result.killed_by is KilledBy.DISK


@both
def test_a_tree_too_deep_to_walk_is_named_and_removed(workspace: Path, python: Run) -> None:
    """B13: a thousand levels and a directory without any permission; cleaning up still succeeds."""
    result = python(
        "import os, time\n"
        "os.mkdir('closed'); open('closed/x', 'w').close(); os.chmod('closed', 0)\n"
        "for _ in range(1000): os.mkdir('d'); os.chdir('d')\n",
        Limits(new_files=100),
    )
    assert result.killed_by is KilledBy.DISK
    assert (workspace / "closed").exists()
    trees.remove(workspace)
    assert not workspace.exists()


def test_output_is_kept_at_both_ends_and_the_harness_stays_small(sandbox: BubblewrapSandbox) -> None:
    """B14: 300 MB of one line, then binary junk; what is kept is head, marker, tail."""
    before = _resident_mb()
    peak = [before]
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            peak.append(_resident_mb())

    watcher = threading.Thread(target=look)
    watcher.start()
    script = r"printf 'first\000\377'; head -c 300000000 /dev/zero | tr '\0' y; printf '\000\377last'"
    result = sandbox.run(Command(("/bin/sh", "-c", script), limits=Limits(output_bytes=1000)))
    done.set()
    watcher.join()
    assert result.output.startswith(b"first\x00\xff") and result.output.endswith(b"\x00\xfflast")
    assert b"bytes left out" in result.output and len(result.output) < 1100
    assert result.dropped_bytes == 300_000_000 + 13 - 1000
    assert max(peak) - before < 30


def test_stderr_can_be_kept_apart(sandbox: BubblewrapSandbox) -> None:
    """B14: each stream has its own cap."""
    script = "echo out; echo err >&2; head -c 5000 /dev/zero >&2"
    result = sandbox.run(
        Command(("/bin/sh", "-c", script), limits=Limits(output_bytes=100), merge_stderr=False)
    )
    assert (result.output, result.stderr[:4], result.dropped_bytes) == (b"out\n", b"err\n", 4904)


def test_large_input_reaches_a_command_that_reads_slowly(sandbox: BubblewrapSandbox) -> None:
    """B14, the other side: no pipe that both ends wait on."""
    result = sandbox.run(Command(("/usr/bin/wc", "-c"), stdin=b"x" * 5_000_000))
    assert result.output == b"5000000\n"


@pytest.mark.parametrize(
    "script",
    [
        "trap '' TERM INT HUP; while :; do sleep 1; done",
        "setsid nohup sh -c 'while :; do date >> beat; sleep 0.02; done' & (setsid sleep 1000 &) ; sleep 1000",
        "while :; do :; done",
    ],
)
def test_a_command_that_will_not_end_is_gone_within_two_seconds(
    workspace: Path, sh: Run, script: str
) -> None:
    """B15: ignoring signals, daemons, spinning."""
    token = f"sortie-b15-{os.urandom(4).hex()}"
    started = time.monotonic()
    result = sh(f": {token}; {script}", Limits(wall_s=0.5))
    assert result.killed_by is KilledBy.TIMEOUT
    assert time.monotonic() - started < 2.5
    assert processes_naming(token) == []


def test_processor_time_is_counted_over_all_processes(python: Run) -> None:
    """B15: a row of children, each far below the limit; the run says `cpu`, not `timeout`."""
    result = python(
        "import os, time\n"
        "while True:\n"
        "    if os.fork() == 0:\n"
        "        while time.process_time() < 0.2: pass\n"
        "        os._exit(0)\n"
        "    os.wait()\n",
        Limits(wall_s=30, cpu_s=1),
    )
    assert result.killed_by is KilledBy.CPU
    assert result.wall_s < 15


def test_one_process_that_spins_is_ended_by_its_processor_time(sh: Run) -> None:
    """B15: by the kernel or by the watch, whichever is first; it is named all the same."""
    assert sh("while :; do :; done", Limits(wall_s=30, cpu_s=1)).killed_by is KilledBy.CPU


@both
def test_cancelling_ends_a_command_at_once(sandbox: BubblewrapSandbox) -> None:
    """B15: a person's stop."""
    started = time.monotonic()
    result = sandbox.run(Command(("sleep", "60")), cancelled=lambda: time.monotonic() - started > 0.2)
    assert (result.killed_by, result.exit_code) == (KilledBy.CANCELLED, None)
    assert time.monotonic() - started < 2


@both
def test_closing_ends_what_still_runs_and_takes_nothing_more(
    provider: BubblewrapProvider, workspace: Path
) -> None:
    """B15: nothing of a sandbox survives its end."""
    sandbox = provider.open(around(workspace))
    results = []
    thread = threading.Thread(
        target=lambda: results.append(sandbox.run(Command(("/bin/sh", "-c", "touch up; sleep 60"))))
    )
    thread.start()
    until((workspace / "up").exists)
    sandbox.close()
    thread.join(timeout=2)
    assert results[0].killed_by is KilledBy.CANCELLED
    sandbox.close()
    with pytest.raises(SandboxUnavailable) as closed:
        sandbox.run(Command(("true",)))
    assert closed.value.code == "SBX-008"


@both
def test_a_killed_harness_takes_its_sandboxes_with_it(place: Path, workspace: Path) -> None:
    """B16: SIGKILL to a real worker process in the middle of a command that runs in one of its threads."""
    token = f"sortie-b16-{os.urandom(4).hex()}"
    harness = (
        "import sys, threading; from pathlib import Path\n"
        "from integrations.sandboxes.bubblewrap import BubblewrapProvider\n"
        "from integrations.types.sandbox import Command\n"
        "from tests.integrations.sandboxes.conftest import around\n"
        "sandbox = BubblewrapProvider().open(around(Path(sys.argv[1])))\n"
        "script = f': {sys.argv[2]}; touch up; setsid sh -c \": {sys.argv[2]}; sleep 1000\" & sleep 1000'\n"
        "thread = threading.Thread(target=sandbox.run, args=(Command(('/bin/sh', '-c', script)),))\n"
        "thread.start(); thread.join()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", harness, str(workspace), token],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": IMPORTS},
        start_new_session=True,
    )
    try:
        until((workspace / "up").exists, timeout_s=20)
        assert len(processes_naming(token)) > 2
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    gone(token)
    until(lambda: not holding_mounts_below(place))


@both
def test_a_daemon_left_by_one_command_is_gone_before_the_next_step(workspace: Path, sh: Run) -> None:
    """B17: it would change files while the harness stages them."""
    result = sh("setsid sh -c 'while :; do date +%N >> beat; done' >/dev/null 2>&1 & sleep 0.1; echo ended")
    assert (result.output, result.exit_code) == (b"ended\n", 0)
    size = (workspace / "beat").stat().st_size
    assert size > 0
    time.sleep(0.1)
    assert (workspace / "beat").stat().st_size == size
    assert b"date" not in sh("cat /proc/[0-9]*/comm").output


def test_nothing_but_the_workspace_is_left_for_the_next_command(
    place: Path, provider: BubblewrapProvider, sh: Run
) -> None:
    """B18: /tmp, the home and /dev/shm are new each time; two sandboxes share nothing writable."""
    sh("touch /tmp/left ~/left /dev/shm/left mine")
    assert sh("ls /tmp ~ /dev/shm | grep left; ls").output == b"mine\n"
    with provider.open(SandboxSpec(new_workspace(place, provider, "second"))) as second:
        assert (
            second.run(Command(("/bin/sh", "-c", "ls /tmp ~ /dev/shm . | grep -e left -e mine"))).output
            == b""
        )


def test_a_closed_overlay_is_unmounted_and_nobody_holds_it(place: Path, provider: BubblewrapProvider) -> None:
    """B15: the process that holds the mount ends with the last sandbox that uses it."""
    workspace = new_overlay(place, provider)
    first, second = provider.open(around(workspace)), provider.open(around(workspace))
    assert len(holding_mounts_below(place)) == 1
    first.close()
    first.close()
    assert second.run(Command(("/bin/sh", "-c", "echo x >f; cat f"))).output == b"x\n"
    second.close()
    assert holding_mounts_below(place) == []


def test_an_overlay_that_cannot_be_mounted_is_said_at_once_and_leaves_nothing(
    place: Path, provider: BubblewrapProvider
) -> None:
    """B19: its work directory on another file system."""
    workspace = new_overlay(place, provider)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as elsewhere:
        Path(elsewhere).chmod(0o755)
        spec = around(workspace)
        assert spec.overlay is not None
        spec = replace(spec, overlay=replace(spec.overlay, work=Path(elsewhere)))
        with pytest.raises(SandboxBroke, match="could not be mounted") as broken:
            provider.open(spec)
    assert broken.value.code == "SBX-007"
    assert holding_mounts_below(place) == []


@pytest.mark.parametrize("inner", ["upper", "lower"])
def test_layers_that_lie_in_one_another_are_refused(
    place: Path, provider: BubblewrapProvider, inner: str
) -> None:
    """B19: the shared layer would be written, or the work be read as files."""
    spec = around(new_overlay(place, provider))
    assert spec.overlay is not None
    bad = (
        replace(spec.overlay, upper=spec.overlay.lower)
        if inner == "lower"
        else replace(spec.overlay, work=spec.overlay.upper)
    )
    with pytest.raises(SandboxUnavailable) as refused:
        provider.open(replace(spec, overlay=bad))
    assert refused.value.code == "SBX-005"


# --- no proof, no work ---------------------------------------------------------------------------------------


def _stand_in(place: Path, script: str) -> Path:
    program = place / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


LEAKY = """
while [ "$1" != -- ]; do shift; done; shift
echo '{ "child-pid": '$$' }' >&0
exec "$@"
"""


@pytest.mark.parametrize(
    ("script", "fix"),
    [
        (None, "apt-get install -y bubblewrap"),
        ("echo 'bwrap: No permissions to create new namespace' >&2; exit 1", "Fix: "),
        ("exit 0", "Fix: "),
        (LEAKY, "Fix: "),
    ],
)
def test_without_a_proven_sandbox_nothing_opens(
    place: Path, workspace: Path, script: str | None, fix: str
) -> None:
    """B19: missing, refused by the kernel, doing nothing, running the command without a sandbox."""
    provider = BubblewrapProvider(_stand_in(place, script) if script else place / "missing")
    report = provider.probe()
    assert not report.ok
    failed = [item for item in report.items if not item.ok]
    assert fix in failed[0].detail
    with pytest.raises(SandboxUnavailable) as refused:
        provider.open(SandboxSpec(workspace))
    assert refused.value.code == "SBX-003"


def test_a_sandbox_that_is_only_half_there_is_not_proven(place: Path, workspace: Path) -> None:
    """B19: the real bubblewrap, but with the network of the host and without the filter."""
    weaker = _stand_in(
        place,
        "shift; args=$1; shift; shift\n"
        'tr "\\0" "\\n" < /proc/self/fd/$args | sed "/--unshare-net/d; /--seccomp/,+1d" | tr "\\n" "\\0" > $0.$$\n'
        'exec 9< $0.$$; exec /usr/bin/bwrap --args 9 -- "$@"',
    )
    place.chmod(0o777)
    report = BubblewrapProvider(weaker).probe()
    failed = {item.name for item in report.items if not item.ok}
    assert failed == {"no network", "system calls refused"}


def test_a_proven_sandbox_says_what_it_proved(provider: BubblewrapProvider) -> None:
    """B19: the report that a worker shows at its start; quick enough to be asked for on a page."""
    started = time.monotonic()
    report = provider.probe()
    assert [item for item in report.items if not item.ok] == []
    assert len(report.items) >= 12 and report.ok
    assert time.monotonic() - started < 3


def test_a_place_the_sandbox_cannot_reach_is_refused_with_the_remedy(
    place: Path, provider: BubblewrapProvider
) -> None:
    """B19: a workspace below a private home."""
    home = place / "home"
    workspace = home / "workspace"
    workspace.mkdir(parents=True)
    provider.adopt(workspace)
    home.chmod(0o700 if provider.owner else 0o600)
    with pytest.raises(SandboxUnavailable, match="chmod") as refused:
        provider.open(SandboxSpec(workspace))
    home.chmod(0o711)
    assert refused.value.code == "SBX-004"


@pytest.mark.parametrize(
    "target", ["/", "/etc/x", "relative", "/proc", "/workspace/inner", "/usr/../x", "/tmp"]
)
def test_a_mount_over_the_sandbox_itself_is_refused(
    place: Path, workspace: Path, provider: BubblewrapProvider, target: str
) -> None:
    """B19: a spec that would hollow the sandbox out."""
    layer = new_workspace(place, provider, "layer")
    with pytest.raises(SandboxUnavailable) as refused:
        provider.open(SandboxSpec(workspace, binds=(Bind(layer, target),)))
    assert refused.value.code == "SBX-005"


def test_a_sandbox_that_breaks_around_a_command_says_that_it_did_not_run(
    place: Path, provider: BubblewrapProvider, workspace: Path
) -> None:
    """B19: a mount whose source has gone since; to be tried again, not taken for the command's failure."""
    layer = new_workspace(place, provider, "layer")
    sandbox = provider.open(SandboxSpec(workspace, binds=(Bind(layer, "/layer"),)))
    layer.rmdir()
    with pytest.raises(SandboxBroke) as broken:
        sandbox.run(Command(("true",)))
    assert broken.value.code == "SBX-007"


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
