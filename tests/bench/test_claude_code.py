"""Claude Code as a baseline: the errand is really done, and its CPU is counted; by a stand-in, and by itself where it was fetched."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import claude_code
from bench.claude_code import Baseline, taken

STAND_IN = Baseline((sys.executable, str(Path(__file__).with_name("stand_in.py"))), "0", count=2, warm_up=0)
FETCHED = claude_code.installed()


def test_what_a_crowd_of_its_processes_took() -> None:
    crowd = taken(replace(STAND_IN, warm_up=1), latency_s=0.0)
    assert crowd.count == 2 and crowd.wall_s > 0
    assert crowd.cpu_s > 0.1


def test_the_latency_is_the_models() -> None:
    assert taken(replace(STAND_IN, count=1), latency_s=0.25).wall_s > 2.0


def test_an_agent_that_did_nothing_is_no_baseline() -> None:
    idle = replace(STAND_IN, program=(*STAND_IN.program, "--idle"), count=1)
    with pytest.raises(RuntimeError, match="was not done in 8 turns"):
        taken(idle, latency_s=0.0)


def test_a_program_that_fails_is_no_baseline() -> None:
    with pytest.raises(RuntimeError, match="was not done"):
        taken(replace(STAND_IN, program=("/bin/false",), count=1), latency_s=0.0)


@pytest.mark.skipif(FETCHED is None, reason="Claude Code is not fetched: .ci/claude-code")
def test_claude_code_itself_does_the_errand() -> None:
    assert FETCHED is not None
    assert taken(replace(FETCHED, count=1, warm_up=0), latency_s=0.0).cpu_s > 0.1
