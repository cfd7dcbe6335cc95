"""The smallest measurement of the gates: the change is proven, and both sides took time."""

from bench.gates import TARGETS, Size, measured


def test_a_small_measurement_has_every_figure() -> None:
    report = measured(Size(2, 10), rounds=1)
    assert set(TARGETS) == set(report.ratio)
    assert all(isinstance(v, float) and v > 0 for v in (*report.baseline.values(), *report.ours.values()))
