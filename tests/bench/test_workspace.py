"""The smallest measurement of workspaces: every way gives a usable one, and the figures are there."""

from bench.workspace import OURS, TARGETS, WAYS, measured


def test_a_small_measurement_has_every_figure() -> None:
    report = measured(sizes=(20, 200), rounds=1)
    assert set(TARGETS) <= set(report.ratio)
    assert [row[0] for row in report.tables[0].rows] == list(WAYS) and OURS in WAYS
    assert all(
        isinstance(cell, float | int) and cell > 0 for row in report.tables[1].rows for cell in row[1:]
    )
