"""The backend that is no sandbox: the part of the conformance suite that it promises, and what it says of itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.sandboxes.errors import CommandRefused, SandboxUnavailable
from integrations.sandboxes.process import ProcessProvider, ProcessSandbox
from integrations.types.sandbox import Bind, Command, Isolation, KilledBy, Limits, SandboxSpec
from tests.integrations.sandboxes.conftest import CANARY, IMPORTS, gone, processes_naming, until


@pytest.fixture
def process_provider() -> ProcessProvider:
    """Accepted in words, as settings have to."""
    return ProcessProvider(i_accept_no_isolation=True)


@pytest.fixture
def processes(process_provider: ProcessProvider, place: Path) -> Iterator[ProcessSandbox]:
    """Plain processes around an empty workspace with a layer beside it."""
    for name in ("plain", "layer"):
        (place / name).mkdir()
        process_provider.adopt(place / name)
        (place / name).chmod(0o755)
    (place / "layer" / "answer.py").write_text("value = 42\n")
    spec = SandboxSpec(
        place / "plain",
        binds=(Bind(place / "layer", "/toolchain"),),
        env={"PYTHONPATH": "/nowhere:/toolchain"},
    )
    with process_provider.open(spec) as opened:
        yield opened


def _sh(script: str, limits: Limits | None = None) -> Command:
    return Command(("/bin/sh", "-c", script), limits=limits)


def test_plain_processes_need_an_explicit_yes() -> None:
    """B19: nobody gets them by falling back."""
    with pytest.raises(SandboxUnavailable) as refused:
        ProcessProvider()
    assert refused.value.code == "SBX-003"


def test_it_says_that_it_isolates_nothing(process_provider: ProcessProvider) -> None:
    """B19: pages show `isolation`; the probe proves the little there is."""
    report = process_provider.probe()
    assert report.isolation is process_provider.isolation is Isolation.NONE
    assert [item for item in report.items if not item.ok] == []
    assert {item.name for item in report.items} >= {"clean environment", "nothing survives a kill"}


def test_the_environment_of_the_harness_is_not_handed_on(processes: ProcessSandbox) -> None:
    """B1, as far as it goes: not in the command's own environment."""
    result = processes.run(_sh("env"))
    assert CANARY.encode() not in result.output and b"HOME=/" in result.output


def test_commands_do_not_run_as_root(processes: ProcessSandbox) -> None:
    """B9, as far as it goes."""
    assert processes.run(_sh("id -u")).output != b"0\n"


def test_paths_of_the_sandbox_lead_to_the_real_ones(processes: ProcessSandbox, place: Path) -> None:
    """Nothing is mounted, so targets in arguments, directory and search paths are rewritten."""
    result = processes.run(Command(("python3", "-c", "import answer, os; print(answer.value, os.getcwd())")))
    assert result.output.decode().split() == ["42", str(place / "plain")]
    assert processes.run(Command(("cat", "/toolchain/answer.py"))).output == b"value = 42\n"


@pytest.mark.parametrize(
    ("script", "limits", "killed_by"),
    [
        ("trap '' TERM; setsid sh -c 'sleep 1000' & sleep 1000", Limits(wall_s=0.4), KilledBy.TIMEOUT),
        ("exec truncate -s 1G big", Limits(file_mb=5), KilledBy.DISK),
        ("fallocate -l 50M a; fallocate -l 50M b", Limits(disk_mb=40), KilledBy.DISK),
        (
            "for i in 1 2 3 4; do head -c 60M /dev/zero | tail -c 60M | sleep 60 & done; wait",
            Limits(memory_mb=90),
            KilledBy.MEMORY,
        ),
        ("for i in $(seq 60); do sleep 100 & done; wait", Limits(processes=30), KilledBy.PROCESSES),
    ],
)
def test_limits_end_a_command_and_say_which(
    processes: ProcessSandbox, script: str, limits: Limits, killed_by: KilledBy
) -> None:
    """B11-B13, B15."""
    token = f"sortie-process-{os.urandom(4).hex()}"
    started = time.monotonic()
    result = processes.run(_sh(f": {token}; {script}", limits))
    assert (result.killed_by, result.exit_code) == (killed_by, None)
    assert time.monotonic() - started < 6
    assert processes_naming(token) == []


def test_a_daemon_in_a_session_of_its_own_does_not_stay(processes: ProcessSandbox, place: Path) -> None:
    """B17: found by its mark when it is nobody's child."""
    result = processes.run(
        _sh("(setsid sh -c 'while :; do date >> beat; sleep 0.01; done' >/dev/null 2>&1 &); sleep 0.2")
    )
    assert result.exit_code == 0
    beat = place / "plain" / "beat"
    size = beat.stat().st_size
    time.sleep(0.1)
    assert size > 0 and beat.stat().st_size == size


def test_output_is_capped(processes: ProcessSandbox) -> None:
    """B14."""
    result = processes.run(_sh("head -c 1000000 /dev/zero", Limits(output_bytes=100)))
    assert result.dropped_bytes == 999_900 and len(result.output) < 200


@pytest.mark.parametrize("command", [Command(("a\0b",)), Command(("true",), cwd="/no/such/place")])
def test_what_cannot_be_run_is_refused(processes: ProcessSandbox, command: Command) -> None:
    """B7, as far as it goes."""
    with pytest.raises(CommandRefused):
        processes.run(command)


def test_a_killed_harness_takes_the_command_with_it(place: Path) -> None:
    """B16, as far as it goes: the command itself, not what it had put into other sessions."""
    (place / "b16").mkdir()
    token = f"sortie-b16-{os.urandom(4).hex()}"
    harness = (
        "import sys; from pathlib import Path\n"
        "from integrations.sandboxes.process import ProcessProvider\n"
        "from integrations.types.sandbox import Command, SandboxSpec\n"
        "provider = ProcessProvider(i_accept_no_isolation=True); provider.adopt(Path(sys.argv[1]))\n"
        "sandbox = provider.open(SandboxSpec(Path(sys.argv[1])))\n"
        "sandbox.run(Command(('/bin/sh', '-c', f': {sys.argv[2]}; touch up; while :; do :; done')))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", harness, str(place / "b16"), token],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": IMPORTS, "TMPDIR": str(place)},
    )
    try:
        until((place / "b16" / "up").exists, timeout_s=20)
        assert processes_naming(token)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    gone(token)
