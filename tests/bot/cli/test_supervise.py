"""One tree of real processes: restarts, a complete end, and nothing left behind by a SIGKILL."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bot.cli.supervise import ChildSpec, Supervisor
from tests.support.eventually import until

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal,time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"])
print("ready", child.pid, flush=True)
time.sleep(600)
"""


def spec(name: str, code: str, *, restart: bool = True) -> ChildSpec:
    return ChildSpec(name, (sys.executable, "-c", code), {"PATH": os.environ["PATH"]}, restart=restart)


def alive(pid: int) -> bool:
    """Whether the process exists and is not just waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def running_itself(pid: int) -> bool:
    """Whether the child has become what it was to be: its tether is behind it."""
    return "tether" not in Path(f"/proc/{pid}/cmdline").read_text() and alive(pid)


def test_every_line_of_a_child_is_said_with_its_name() -> None:
    said: list[tuple[str, str]] = []
    tree = Supervisor(lambda name, line: said.append((name, line)))
    tree.start(
        spec("talker", "import sys; print('out'); print('err \\N{SNOWMAN}', file=sys.stderr)", restart=False)
    )
    until(lambda: tree.tend() == "talker", what="the end of the child")
    until(lambda: len(said) >= 2, what="its lines")
    assert {name for name, _ in said} == {"talker"}
    assert said[0][1] in ("out", "err ☃")


def test_a_child_that_dies_is_started_again_after_a_growing_wait() -> None:
    said: list[str] = []
    tree = Supervisor(lambda _name, line: said.append(line))
    tree.start(spec("crasher", "raise SystemExit(3)"))

    def three() -> bool:
        tree.tend()
        return sum("exit 3" in line for line in said) >= 3

    until(three, what="three restarts")
    waits = [line.rsplit(" ", 2)[1] for line in said if "exit 3" in line]
    tree.stop()
    assert waits[:3] == ["0.5", "1", "2"]


def test_the_end_is_complete_and_quick_even_for_those_who_will_not_go() -> None:
    said: list[str] = []
    tree = Supervisor(lambda _name, line: said.append(line))
    tree.start(spec("stubborn", STUBBORN))
    until(lambda: any(line.startswith("ready") for line in said), what="the start")
    pids = [tree.pid_of("stubborn") or 0, int(said[0].split()[1])]
    assert all(alive(pid) for pid in pids)
    before = time.monotonic()
    tree.stop()
    assert time.monotonic() - before < 5
    until(lambda: not any(alive(pid) for pid in pids), what="the end of both")


def test_a_sigkill_of_the_parent_leaves_no_child_behind(tmp_path: Path) -> None:
    parent = f"""
import sys, time
sys.path.insert(0, {os.getcwd()!r})
from bot.cli.supervise import ChildSpec, Supervisor
tree = Supervisor(lambda name, line: None)
for name in ("a", "b"):
    tree.start(ChildSpec(name, (sys.executable, "-c", "import time; time.sleep(600)"), {{"PATH": "/usr/bin"}}))
print(tree.pid_of("a"), tree.pid_of("b"), flush=True)
time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, cwd=tmp_path)
    assert process.stdout is not None
    with process.stdout:
        pids = [int(word) for word in process.stdout.readline().split()]
        assert len(pids) == 2
        until(lambda: all(running_itself(pid) for pid in pids), what="the start of both")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    until(lambda: not any(alive(pid) for pid in pids), what="the end of the children")
