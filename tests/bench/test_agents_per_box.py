"""The smallest crowd: an agent of ours, a bare one and one of Claude Code's stand-in do the same errand."""

import pytest

from bench.agents_per_box import CLAUDE_CODE_CPU_S, TARGETS, divisor, measured, reported
from bench.crowd import Crowd
from bench.report import Table
from tests.bench.test_claude_code import STAND_IN


def test_a_crowd_of_one_has_every_figure() -> None:
    report = measured(sizes=(1,), rounds=1, latency_s=0.0, warm_up=0, theirs=STAND_IN)
    assert set(TARGETS) <= set(report.ratio)
    assert all(isinstance(v, float) and v > 0 for v in (*report.baseline.values(), *report.ours.values()))
    assert [row[:2] for row in report.tables[0].rows][-1] == ("Claude Code, a process each", STAND_IN.count)
    assert "in this run" in report.notes[-1]


def test_cpu_is_divided_by_what_claude_code_took_in_this_run() -> None:
    found = {"bare": [Crowd(100, 12.0, 12.0)], "ours": [Crowd(100, 16.0, 30.0, 100.0)]}
    table = Table("", (), ())
    beside = reported(found, Crowd(10, 20.0, 30.0, 1000.0), table=table, notes=())
    assert beside.ratio["cpu_vs_claude_code"] == pytest.approx(0.3 / 3.0)
    assert beside.baseline["claude_code_cpu_s"] == 3.0
    alone = reported(found, None, table=table, notes=())
    assert alone.ratio["cpu_vs_claude_code"] == pytest.approx(0.3 / CLAUDE_CODE_CPU_S)
    assert "not installed; divided by 2 s" in divisor(None)
