"""The smallest burst: answers and cards come, from real processes."""

from bench.ack import TARGETS, measured


def test_a_small_burst_has_every_figure() -> None:
    report = measured(mentions=2, rounds=1, warm_up=0)
    assert set(TARGETS) <= set(report.ratio)
    assert report.baseline["p99_s"] and report.ours["p99_s"]
    assert report.ratio["card_p95_s"]
