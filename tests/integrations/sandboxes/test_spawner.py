"""Who is the parent of a sandbox."""

import subprocess
import threading
import time

from integrations.sandboxes.spawner import Launch, start


def test_what_a_short_lived_thread_started_lives_on() -> None:
    """A death signal fires when the thread that spawned ends (B16), so that must not be the caller's."""
    started: list[subprocess.Popen[bytes]] = []
    launch = Launch(
        argv=["/usr/bin/setpriv", "--pdeathsig", "KILL", "/bin/sh", "-c", "echo up; exec sleep 60"],
        env={"PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    go_on = threading.Event()

    def spawn() -> None:
        started.append(start(launch))
        go_on.wait(10)

    thread = threading.Thread(target=spawn)
    thread.start()
    deadline = time.monotonic() + 10
    while not started and time.monotonic() < deadline:
        time.sleep(0.01)
    (process,) = started
    with process:
        assert process.stdout is not None and process.stdout.readline() == b"up\n"
        go_on.set()
        thread.join()
        try:
            process.wait(timeout=0.3)
            ended = True
        except subprocess.TimeoutExpired:
            ended = False
        process.kill()
    assert not ended
