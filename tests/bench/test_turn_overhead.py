"""The smallest measurement of a turn: the figures are there, both sides did the same work."""

from bench.turn_overhead import TARGETS, measured


def test_a_small_measurement_has_every_figure() -> None:
    report = measured(rounds=1, conversations=1, calls=1)
    assert set(TARGETS) <= set(report.ratio)
    assert report.baseline.keys() == report.ours.keys()
    assert all(isinstance(v, float) and v > 0 for v in (*report.baseline.values(), *report.ours.values()))
    assert report.ratio["cpu_vs_sdk"]
