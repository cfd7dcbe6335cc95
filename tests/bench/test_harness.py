"""The harness of the benchmarks: turns, medians, and the ratio that is not given."""

import json
import os
from pathlib import Path

import pytest

from bench import machine, places
from bench.measure import percentile, ratio, take_turns, timed
from bench.processes import serving
from bench.report import Report, Table, Target, drawn


def test_sides_take_turns_and_the_warm_up_is_thrown_away() -> None:
    order: list[str] = []

    def side(name: str) -> int:
        order.append(name)
        return len(order)

    found = take_turns({"a": lambda: side("a"), "b": lambda: side("b")}, rounds=2)
    assert order == ["a", "b"] * 3
    assert found == {"a": [3, 5], "b": [4, 6]}


def test_a_ratio_is_median_by_median() -> None:
    assert ratio([3.0, 9.0, 2.0], [1.0, 1.4, 1.5]) == pytest.approx(3 / 1.4)


def test_a_baseline_that_does_not_stand_still_gives_no_ratio() -> None:
    assert ratio([1.0], [1.0, 1.6]) is None
    assert Target("≤", 1.5).met(None).startswith("not measured")


def test_percentiles_are_values_that_were_seen() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99)] == [50.0, 95.0, 99.0]
    assert percentile([7.0], 0.99) == 7.0


def test_the_last_line_of_a_report_is_one_json_object() -> None:
    report = Report(
        "ack",
        {"p99_vs_bare": 1.23456, "card_p95_s": None},
        {"p99_ms": 10.0},
        {"p99_ms": 12.3},
        n=500,
        targets={"p99_vs_bare": Target("≤", 1.0)},
        tables=[Table("seconds", ("side", "p99"), [("bare", 0.01), ("ours", None)])],
    )
    text = report.text()
    assert "MISSED" in text and "| bare" in text
    assert json.loads(text.splitlines()[-1]) == {
        "bench": "ack",
        "ratio": {"p99_vs_bare": 1.235, "card_p95_s": None},
        "baseline": {"p99_ms": 10.0},
        "ours": {"p99_ms": 12.3},
        "n": 500,
    }


def test_a_table_has_aligned_columns() -> None:
    shown = drawn(Table("t", ("a", "bbbb"), [("long", 1.0), (None, 12345.6)]))
    assert shown.splitlines()[2:] == [
        "| a    | bbbb  |",
        "|------|-------|",
        "| long | 1     |",
        "| –    | 12346 |",
    ]


def test_work_costs_cpu_and_memory_is_counted() -> None:
    with timed() as watch:
        sum(range(200_000))
    assert watch.cpu_s > 0 and 0 < watch.cost(2).wall_s < watch.wall_s
    assert os.getpid() in machine.tree(os.getppid())
    assert machine.memory_bytes((os.getpid(),)) > 2**20
    assert machine.cpu_s((os.getpid(),)) > 0


def test_a_server_of_its_own_is_gone_after_its_block(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"roles": {"any": {"match": {}, "steps": [{"say": "done"}]}}}))
    with serving("integrations.simulators.model", "--script", str(script)) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert machine.tree(server.pid) == (server.pid,)
    assert machine.tree(server.pid) == ()


def test_files_in_memory_are_removed() -> None:
    with places.in_memory("test") as root:
        (root / "file").write_text("x")
        assert root.parent == places.MEMORY
    assert not root.exists()
