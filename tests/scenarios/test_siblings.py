"""SECURITY D8: GitHub shows a check wherever its commit stands, and a verdict was given for one base alone."""

from typing import Any

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.world import World
from tests.support.eventually import until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The store is not what is tested here."""


def host(world: World, verb: str, path: str, **body: Any) -> Any:
    headers = {"Authorization": "Bearer ghp_ben"}
    answer = world.http.request(
        verb, f"{world.github}/repos/acme/api/{path}", headers=headers, json=body or None
    )
    assert answer.status_code < 300, answer.text
    return answer.json()


def reviewed(world: World, head: str) -> tuple[str, str]:
    """(conclusion, title) of sortie/review at this head."""
    runs = host(world, "GET", f"commits/{head}/check-runs")["check_runs"]
    [check] = [run for run in runs if run["name"] == "sortie/review"]
    return str(check["conclusion"]), str(check["output"]["title"])


def test_a_pull_request_of_somebody_else_with_our_head_gets_no_verdict_of_ours(begin_small: Begin) -> None:
    world = begin_small()
    run_id = world.asks()
    run = world.reaches(run_id, "ready")
    world.quiet(run_id)
    passed = reviewed(world, run.head_oid)
    assert passed[0] == "success"

    host(world, "POST", "git/refs", ref="refs/heads/release", sha=run.base_oid)
    other = host(
        world, "POST", "pulls", title="Into the release", head=run.branch, base="release", body="quickly"
    )
    until(lambda: reviewed(world, run.head_oid)[0] == "action_required", what="the verdict is taken back")
    title = reviewed(world, run.head_oid)[1]
    assert title == f"#{other['number']} into release has the same head: sortie/review is about main"
    assert world.run(run_id).state == "ready"

    host(world, "PATCH", f"pulls/{other['number']}", state="closed")
    until(lambda: reviewed(world, run.head_oid) == passed, what="it counts again")
    world.quiet(run_id)
    assert len(world.thread(run_id)) == 3
