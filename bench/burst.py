"""`python -m bench.burst URL BODIES SECRET`: sends signed deliveries as fast as they are taken and tells when each was answered."""

import argparse
import asyncio
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answered:
    """One delivery: when its request was sent (UNIX time), how many seconds until its answer was read, and which."""

    number: int
    at: float
    took_s: float
    status: int


async def burst(url: str, bodies: list[bytes], *, secret: str, connections: int) -> list[Answered]:
    """Every body once, over so many kept connections; each sends its next delivery when the last is answered."""
    waiting = iter(enumerate(bodies))
    lines = await asyncio.gather(*(_line(url, waiting, secret) for _ in range(connections)))
    return sorted((one for line in lines for one in line), key=lambda one: one.number)


async def _line(url: str, waiting: Iterator[tuple[int, bytes]], secret: str) -> list[Answered]:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    found: list[Answered] = []
    for number, body in waiting:
        at, began_s = time.time(), time.perf_counter()
        writer.write(_request(address.netloc, address.path, body, secret=secret, stamp=str(int(at))))
        status = await _answer(reader)
        found.append(Answered(number, at, time.perf_counter() - began_s, status))
    writer.close()
    await writer.wait_closed()
    return found


def _request(host: str, path: str, body: bytes, *, secret: str, stamp: str) -> bytes:
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"X-Slack-Request-Timestamp: {stamp}",
        f"X-Slack-Signature: v0={digest}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _answer(reader: asyncio.StreamReader) -> int:
    """Reads one answer to its end; returns its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("bodies", type=Path, help="one JSON document a line")
    parser.add_argument("secret")
    parser.add_argument("--connections", type=int, default=64)
    chosen = parser.parse_args()
    bodies = chosen.bodies.read_bytes().splitlines()
    found = asyncio.run(burst(chosen.url, bodies, secret=chosen.secret, connections=chosen.connections))
    sys.stdout.write(json.dumps([asdict(one) for one in found]))


if __name__ == "__main__":
    main()
