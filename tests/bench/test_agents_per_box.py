"""The smallest crowd: an agent of ours and a bare one do the same errand."""

from bench.agents_per_box import TARGETS, measured


def test_a_crowd_of_one_has_every_figure() -> None:
    report = measured(sizes=(1,), rounds=1, latency_s=0.0, warm_up=0)
    assert set(TARGETS) <= set(report.ratio)
    assert all(isinstance(v, float) and v > 0 for v in (*report.baseline.values(), *report.ours.values()))
