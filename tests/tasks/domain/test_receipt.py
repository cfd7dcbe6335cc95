"""The receipt: for exactly one head, void after a push, and the same whenever it is derived again."""

import json
from dataclasses import replace
from datetime import timedelta

from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import Gated, LensReported, TurnTaken
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import PullRequestMoved, RunRequested
from tasks.domain.receipt import Receipt, content_hash, differences, document, receipt
from tasks.domain.results import BranchPushed, PullRequestOpened
from tests.support.requests import NOON, a_request
from tests.tasks.messages import runs

TEST = GateResult(
    "test", GateOutcome.passed, "pass", "pass", "2 tests passed.", command="pytest -q", duration_s=1.5,
    tests_base=2, tests_head=3, base_exit=0, head_exit=0,
)  # fmt: skip
OTHER = "e" * 40


def after(*told: Event) -> Receipt | None:
    every = (RunRequested(a_request("x"), "x"), *told)
    return receipt("R-1042", (Recorded(n, NOON + timedelta(minutes=n), t) for n, t in enumerate(every, 1)))


def made(*told: Event) -> Receipt:
    found = after(
        *runs.PROVISIONED,
        TurnTaken("worker", 1, (), 0.4),
        runs.SUBMITTED,
        Gated(runs.HEAD, (TEST,)),
        *told,
    )
    assert found is not None
    return found


PUSHED = (BranchPushed("sortie/R-1042", runs.HEAD), PullRequestOpened(812, "https://x", runs.HEAD))


def test_it_holds_what_was_run_on_the_head_after_the_last_edit() -> None:
    found = made(*PUSHED, LensReported(runs.verdict("security"), 0.1))
    assert (found.repo, found.base_oid, found.head_oid) == ("acme/api", runs.BASE, runs.HEAD)
    assert found.last_edit < found.tested_at
    line = found.gates[0]
    assert (line.command, line.base_exit, line.head_exit, line.tests_base, line.tests_head) == (
        "pytest -q",
        0,
        0,
        2,
        3,
    )
    assert [(x.lens, x.decision) for x in found.lenses] == [("security", "pass")]
    assert (found.cost_usd, found.cost_known, found.void_by) == (0.5, True, "")


def test_there_is_none_before_the_gates_and_none_after_another_edit() -> None:
    assert after(*runs.PROVISIONED, runs.SUBMITTED) is None
    assert after(*runs.PROVISIONED, Gated(runs.HEAD, (TEST,))) is None
    again = replace(runs.SUBMITTED, oid=OTHER)
    assert after(*runs.PROVISIONED, runs.SUBMITTED, Gated(runs.HEAD, (TEST,)), again) is None


def test_a_push_by_anyone_makes_it_void_and_says_which() -> None:
    moved = PullRequestMoved(812, "open", False, OTHER, "ben")
    assert made(*PUSHED, moved).void_by == OTHER
    assert made(*PUSHED, moved, replace(moved, head_oid=runs.HEAD)).void_by == ""


def test_its_hash_is_of_its_content_alone() -> None:
    first, later = made(*PUSHED), made(*PUSHED, PullRequestMoved(812, "open", False, OTHER))
    assert first.sha256 == later.sha256 == content_hash(first) and len(first.sha256) == 64
    assert replace(first, gates=()).sha256 != content_hash(replace(first, gates=()))
    told = document(first)
    assert json.loads(json.dumps(told))["sha256"] == first.sha256 and told["receipt"]["schema"] == 1


def test_mutants_are_not_tried_again() -> None:
    sampled = replace(TEST, name="mutation", command="", detail="The tests notice 3 of 4.")
    found = after(*runs.PROVISIONED, runs.SUBMITTED, Gated(runs.HEAD, (TEST, sampled)))
    assert found is not None and len(found.gates) == 2
    assert differences(found, (TEST,)) == ()


def test_another_run_is_compared_without_its_durations() -> None:
    assert differences(made(), (replace(TEST, duration_s=9.0),)) == ()
    red = replace(TEST, outcome=GateOutcome.failed, head="fail", head_exit=1, tests_head=2)
    assert differences(made(), (red,)) == (
        "test: outcome was passed, now failed.",
        "test: head was pass, now fail.",
        "test: head exit was 0, now 1.",
        "test: tests head was 3, now 2.",
    )
    assert differences(made(), (replace(TEST, name="lint"),)) == (
        "test: it was passed, and did not run now.",
        "lint: it did not run then, and is passed now.",
    )
