"""A few cards for a few seconds: every figure is there, from real processes."""

from bench.happenings import happenings
from bench.outbox import TARGETS, measured


def test_a_few_cards_have_every_figure() -> None:
    report = measured(cards=6, window_s=4)
    assert set(report.ratio) == set(TARGETS)
    assert report.ratio["posts_lost"] == 0
    assert report.ratio["urgent_p95_s"] and report.baseline["urgent_p95_s"]


def test_every_card_has_a_new_step_every_ten_seconds_and_questions_are_answered() -> None:
    found = list(happenings(200, 60))
    assert sum(one.kind == "step" for one in found) == 200 * 6
    asked = {one.number for one in found if one.kind == "ask"}
    assert {one.number for one in found if one.kind == "answer"} <= asked
    ended = [one.card for one in found if one.kind in ("stop", "fail")]
    assert len(ended) == len(set(ended)) == 20
    assert not {one.card for one in found if one.kind == "ask"} & set(ended)
