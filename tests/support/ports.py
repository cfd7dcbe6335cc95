"""TCP ports on the loopback address that stay free until somebody listens on them."""

import os
import random
import socket
from itertools import count

FIRST, WIDTH, SHARES = 20_000, 1_000, 12
"""Below the ports that the kernel gives to whoever asks for any (ip_local_port_range begins at 32768), a share for each worker
of a test session: between the look and the listening nobody else takes one, nor while a killed server is down."""


def _share() -> int:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return FIRST + WIDTH * (int(worker) % SHARES)


_tried = count(random.SystemRandom().randrange(WIDTH))


def free_port() -> int:
    """A port that nobody listens on right now, another one each time."""
    for _ in range(WIDTH):
        port = _share() + next(_tried) % WIDTH
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError("every port is taken")
