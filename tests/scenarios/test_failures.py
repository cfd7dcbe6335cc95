"""Agents that give up, loop or change nothing; models, hosts and brokers that break. The branch is kept, the code is said."""

from typing import Any

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.world import World
from tests.support.eventually import until


def failed(world: World, code: str, within_s: float = 90) -> None:
    run_id = world.asks()
    run = world.reaches(run_id, "failed", within_s=within_s)
    world.quiet(run_id)
    assert run.failure is not None and run.failure.code == code, run.failure
    assert world.reactions(run_id) == ["warning"]
    assert code in str(world.posted(run_id, "M8"))


def test_an_agent_that_changes_nothing_says_so(begin: Begin) -> None:
    failed(begin(script="empty_diff"), "AGT-006")


def test_an_agent_that_repeats_itself_is_stopped(begin: Begin) -> None:
    failed(begin(script="loops"), "AGT-003")


def test_an_agent_that_never_finishes_runs_out_of_money_and_its_work_is_kept(begin: Begin) -> None:
    failed(begin(limits={"budget_usd": 0.02}), "MOD-004")


@pytest.mark.parametrize(
    "kind",
    [
        "overloaded_529",
        "rate_limit_429",
        "server_500",
        "stream_error_overloaded",
        "stream_eof",
        "connection_reset",
    ],
)
def test_a_model_that_breaks_for_a_moment_is_asked_again(begin_small: Begin, kind: str) -> None:
    world = begin_small()
    world.post(f"{world.model}/_sim/faults", {"kind": kind, "times": 2})
    run = world.reaches(world.asks(), "ready", within_s=120)
    assert "StepFailed" in [type(r.event).__name__ for r in world.events(run.id)]


@pytest.mark.parametrize(
    ("match", "status"), [("POST /repos/acme/api/pulls", 502), ("POST /repos/*/check-runs", 503)]
)
def test_a_write_whose_answer_was_lost_is_looked_up_before_it_is_repeated(
    begin_small: Begin, match: str, status: int
) -> None:
    world = begin_small()
    fault: dict[str, Any] = {
        "match": match,
        "times": 1,
        "kind": "status",
        "status": status,
        "when": "after_commit",
    }
    world.post(f"{world.github}/_sim/faults", fault)
    run = world.reaches(world.asks(), "ready", within_s=120)
    assert run.pr is not None and run.pr.number == 1
    log = world.get(f"{world.github}/_sim/requests")
    assert sum(e["method"] == "POST" and e["path"] == "/repos/acme/api/pulls" for e in log) == 1


def test_a_post_whose_answer_was_lost_stands_in_the_thread_once(begin_small: Begin) -> None:
    world = begin_small(workers=False)
    world.sim("faults", method="chat.postMessage", times=1, kind="reset", when="after_commit")
    run_id = world.asks()
    until(lambda: world.run(run_id).card, within_s=20, what="the card")
    assert len(world.thread(run_id)) == 1


def test_slacks_rate_limit_delays_the_card_and_loses_nothing(begin_small: Begin) -> None:
    world = begin_small(workers=False)
    world.sim("faults", method="chat.postMessage", times=1, kind="ratelimit", retry_after_s=1)
    run_id = world.asks()
    until(lambda: world.run(run_id).card, within_s=20, what="the card")


def test_with_no_worker_the_card_is_posted_and_says_so_and_work_starts_by_itself_later(
    begin_small: Begin,
) -> None:
    world = begin_small(workers=False)
    run_id = world.asks()
    until(lambda: any(n.code == "SYS-001" for n in world.run(run_id).notes), within_s=20, what="the note")
    world.quiet(run_id)
    assert "workers" in str(world.thread(run_id)[0]["blocks"])
    world.start_workers()
    world.reaches(run_id, "ready", within_s=120)


def test_a_lost_ci_webhook_is_asked_for(begin_small: Begin) -> None:
    world = begin_small()
    for event in ("check_run", "check_suite", "workflow_run"):
        world.post(f"{world.github}/_sim/faults", {"event": event, "kind": "drop", "times": 50})
    world.reaches(world.asks(), "ready", within_s=120)


def test_a_repository_without_ci_is_reviewed_all_the_same_and_the_thread_says_so(begin_small: Begin) -> None:
    world = begin_small(ci=None)
    run_id = world.asks()
    run = world.reaches(run_id, "ready", within_s=120)
    world.quiet(run_id)
    assert run.ci_result == "none"
    assert "No CI in this repo" in str(world.posted(run_id, "M6"))
