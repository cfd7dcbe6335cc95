"""What is counted as a sandbox's own memory."""

import os
from pathlib import Path

from integrations.sandboxes import usage


def test_the_hosts_own_tmpfs_is_not_counted_while_a_sandbox_is_still_being_set_up() -> None:
    shm = Path("/dev/shm/sortie-usage-test")
    shm.write_bytes(b"x" * 1_000_000)
    try:
        assert usage.mounted(os.getpid(), ("/dev/shm", "/tmp")) == (0, 0)
    finally:
        shm.unlink()
