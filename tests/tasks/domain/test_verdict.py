"""How verdicts become one outcome: every way that is not a pass by every lens must not end in one."""

from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.verdict import (
    LENSES,
    Decision,
    Finding,
    LensVerdict,
    Outcome,
    Settled,
    Severity,
    Status,
    combine,
    settle,
    with_settled,
)

HEAD, OLD = "1" * 40, "2" * 40
BLOCKS = Finding(1, "security", Severity.blocking, "a.py", 1, "it leaks", "cat a.py", "x")
NOTE = replace(BLOCKS, number=2, severity=Severity.note)

decisions = st.sampled_from(Decision)
findings = st.lists(st.sampled_from([BLOCKS, NOTE]), max_size=3).map(tuple)
verdicts = st.builds(
    LensVerdict,
    lens=st.sampled_from([*LENSES, "runs"]),
    head_oid=st.sampled_from([HEAD, HEAD, HEAD, OLD]),
    decision=decisions,
    summary=st.just("looked"),
    findings=findings,
    raised=st.integers(0, 3),
    dropped=findings,
)


def said(lens: str, decision: Decision = Decision.passed, head: str = HEAD) -> LensVerdict:
    return LensVerdict(lens, head, decision, "looked")


@given(st.lists(verdicts, max_size=8).map(tuple))
def test_a_review_passes_only_where_every_lens_passed_this_very_head(given: tuple[LensVerdict, ...]) -> None:
    newest = {v.lens: v for v in given if v.head_oid == HEAD}
    outcome = combine(given, head_oid=HEAD)
    passed = all(lens in newest and newest[lens].decision is Decision.passed for lens in LENSES)
    blocked = any(v.decision is Decision.block for v in newest.values())
    assert (outcome is Outcome.passed) is (passed and not blocked)
    assert (outcome is Outcome.blocked) is blocked


@given(st.lists(verdicts, max_size=8).map(tuple), verdicts)
def test_one_more_block_never_helps_a_change(given: tuple[LensVerdict, ...], more: LensVerdict) -> None:
    blocking = replace(more, lens="another", head_oid=HEAD, decision=Decision.block)
    assert combine((*given, blocking), head_oid=HEAD) is Outcome.blocked


@pytest.mark.parametrize("lens", LENSES)
def test_one_lens_that_is_down_or_missing_leaves_the_whole_without_a_review(lens: str) -> None:
    others = tuple(said(name) for name in LENSES if name != lens)
    assert combine((*others, said(lens)), head_oid=HEAD) is Outcome.passed
    assert combine(others, head_oid=HEAD) is Outcome.unavailable
    assert combine((*others, said(lens, Decision.unavailable)), head_oid=HEAD) is Outcome.unavailable
    assert combine((*others, said(lens, head=OLD)), head_oid=HEAD) is Outcome.unavailable


def test_a_lens_that_a_repository_added_must_pass_too_and_no_lens_at_all_is_no_review() -> None:
    three = tuple(said(name) for name in LENSES)
    wanted = (*LENSES, "runs")
    assert combine(three, head_oid=HEAD, lenses=wanted) is Outcome.unavailable
    assert combine((*three, said("runs")), head_oid=HEAD, lenses=wanted) is Outcome.passed
    assert combine((), head_oid=HEAD, lenses=()) is Outcome.unavailable


@given(verdicts, st.integers(0, 3))
def test_decision_and_findings_agree_once_settled(verdict: LensVerdict, late: int) -> None:
    settled = settle(verdict, late=late)
    assert (settled.decision is Decision.block) is bool(settled.upheld) or verdict.decision is (
        Decision.unavailable
    )
    assert bool(settled.reason) is (settled.decision is Decision.unavailable) or settled == verdict
    assert settled.findings == verdict.findings and settle(settled, late=late) == settled
    if settled.decision is Decision.passed:
        assert verdict.decision is Decision.passed or 0 < late == verdict.raised


BLOCKED = LensVerdict("security", HEAD, Decision.block, "Looked.")


@pytest.mark.parametrize(
    ("verdict", "late", "decision", "reason"),
    [
        (replace(BLOCKED, findings=(BLOCKS,), raised=1), 0, Decision.block, ""),
        (replace(BLOCKED, decision=Decision.passed, findings=(NOTE, BLOCKS)), 0, Decision.block, ""),
        (replace(BLOCKED, decision=Decision.passed, findings=(NOTE,)), 0, Decision.passed, ""),
        (
            replace(BLOCKED, findings=(NOTE,), raised=1),
            0,
            Decision.unavailable,
            "it blocked without evidence",
        ),
        (BLOCKED, 0, Decision.unavailable, "it blocked without evidence"),
        (
            replace(BLOCKED, dropped=(BLOCKS,), raised=1),
            0,
            Decision.unavailable,
            "what it blocked for did not hold",
        ),
        (replace(BLOCKED, findings=(NOTE,), raised=1), 1, Decision.passed, ""),
        (
            replace(BLOCKED, findings=(NOTE, NOTE), raised=2),
            1,
            Decision.unavailable,
            "it blocked without evidence",
        ),
        (
            replace(BLOCKED, decision=Decision.unavailable, reason="down", findings=(BLOCKS,)),
            0,
            Decision.unavailable,
            "down",
        ),
    ],
)
def test_a_block_needs_an_upheld_finding(
    verdict: LensVerdict, late: int, decision: Decision, reason: str
) -> None:
    settled = settle(verdict, late=late)
    assert (settled.decision, settled.reason) == (decision, reason)


def test_a_finding_is_closed_once_and_keeps_how() -> None:
    fixed = Settled(1, Status.fixed, OLD)
    before = (replace(BLOCKED, findings=(BLOCKS, NOTE)),)
    after = with_settled(before, [fixed])
    assert [(f.status, f.settled) for f in after[0].findings] == [(Status.fixed, OLD), (Status.open, "")]
    assert with_settled(after, [Settled(1, Status.waived, "ben: fine")]) == after
    assert with_settled(before, []) == before


@pytest.mark.parametrize("value", [BLOCKS, BLOCKED, Settled(1, Status.fixed, OLD)])
def test_a_value_is_never_changed_in_place(value: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, None)
    assert not hasattr(value, "__dict__")


def test_what_is_stored_and_shown_keeps_its_words() -> None:
    assert LENSES == ("correctness", "security", "tests")
    assert [d.value for d in Decision] == ["pass", "block", "unavailable"]
    assert [s.value for s in Severity] == ["blocking", "note"]
    assert [s.value for s in Status] == ["open", "fixed", "rebutted", "waived", "stale"]
    assert [o.value for o in Outcome] == ["passed", "blocked", "unavailable"]


def test_what_nobody_said_is_empty() -> None:
    bare = Finding(1, "tests", Severity.note, "a.py", 1, "odd")
    assert bare == Finding(1, "tests", Severity.note, "a.py", 1, "odd", "", "", Status.open, "", None, "", "")
    silent = LensVerdict("tests", HEAD, Decision.passed, "ok")
    assert silent == LensVerdict("tests", HEAD, Decision.passed, "ok", (), "", 0, (), (), 0)
    late = replace(BLOCKED, findings=(NOTE,), raised=1)
    assert settle(late).decision is Decision.unavailable
