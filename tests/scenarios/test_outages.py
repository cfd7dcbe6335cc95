"""The code host, the broker and people at the wrong moment."""

import pytest

from tests.scenarios.conftest import Begin
from tests.support.eventually import until


@pytest.mark.parametrize("match", ["GET /repos/acme/api", "PUT *", "POST /graphql", "* /acme/api.git/*"])
def test_a_code_host_that_is_down_for_a_moment_is_asked_again(begin_small: Begin, match: str) -> None:
    world = begin_small()
    world.post(f"{world.github}/_sim/faults", {"match": match, "times": 3, "kind": "status", "status": 503})
    world.reaches(world.asks(), "ready", within_s=120)


def test_an_installation_token_that_expires_is_minted_anew(begin_small: Begin) -> None:
    world = begin_small()
    run_id = world.asks()
    world.reaches(run_id, "coding", "verifying", "pr_open")
    world.post(f"{world.github}/_sim/tokens/expire", {})
    world.reaches(run_id, "ready", within_s=120)


def test_a_push_that_the_host_declines_ends_the_run_with_a_reason(begin_small: Begin) -> None:
    world = begin_small()
    world.post(
        f"{world.github}/_sim/faults",
        {"match": "POST /acme/api.git/git-receive-pack", "times": 5, "kind": "decline_push"},
    )
    run = world.reaches(world.asks(), "failed", within_s=120)
    assert run.failure is not None and run.failure.code in ("GIT-003", "GIT-004")
    assert run.pr is None


def test_a_person_who_loses_write_while_the_agent_works_gets_no_push(begin_small: Begin) -> None:
    world = begin_small()
    run_id = world.asks()
    world.reaches(run_id, "coding")
    world.post(
        f"{world.github}/_sim/act",
        {"as": "ben", "do": "set_permission", "repo": "acme/api", "user": "ada", "role": "read"},
    )
    run = world.reaches(run_id, "failed", within_s=120)
    assert run.failure is not None and run.failure.code == "AUTH-003" and run.pushed_oid == ""


def test_a_broker_that_dies_delays_nothing_that_is_stored_and_work_goes_on_when_it_is_back(
    begin_small: Begin,
) -> None:
    world = begin_small(workers=False)
    world.broker.stop()
    run_id = world.asks()
    until(lambda: world.run(run_id).card, within_s=20, what="the card")
    until(lambda: any(n.code == "SYS-001" for n in world.run(run_id).notes), within_s=20, what="the note")
    world.broker.start()
    world.start_workers()
    world.reaches(run_id, "ready", within_s=120)


def test_a_worker_outlives_its_broker(begin_small: Begin) -> None:
    world = begin_small()
    world.reaches(world.asks(), "ready", within_s=120)
    world.broker.stop()
    run_id = world.asks()
    until(lambda: world.run(run_id).card, within_s=20, what="the card")
    world.broker.start()
    world.reaches(run_id, "ready", within_s=120)
