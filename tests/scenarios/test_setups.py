"""Other ways to be set up: a plain token, an Enterprise base URL, no isolation."""

from pathlib import Path
from typing import Any

from tests.scenarios.conftest import Begin
from tests.scenarios.scripts import GREETING, script, target, works
from tests.scenarios.world import World

ASK = "greet everybody, not just bob"


def test_with_a_plain_token_verdicts_are_commit_statuses(begin: Begin, tmp_path: Path) -> None:
    world = begin(script=script(*works()), target=target(tmp_path / "t", GREETING), ci=None, auth="token")
    run = world.reaches(world.asks(ASK), "ready")
    world.quiet(run.id)
    statuses = read(world, f"/commits/{run.head_oid}/statuses")
    assert {(s["context"], s["state"]) for s in statuses} >= {("sortie/review", "success")}
    assert read(world, f"/commits/{run.head_oid}/check-runs")["total_count"] == 0


def test_github_enterprise_is_reached_by_its_base_url(begin: Begin, tmp_path: Path) -> None:
    scene = {"script": script(*works()), "target": target(tmp_path / "t", GREETING), "ci": None}
    world = begin(**scene, api_prefix="/api/v3")
    run = world.reaches(world.asks(ASK), "ready")
    assert run.pr is not None and run.pr.number == 1


def test_without_isolation_the_card_says_so(begin: Begin, tmp_path: Path) -> None:
    scene = {"script": script(*works()), "target": target(tmp_path / "t", GREETING), "ci": None}
    world = begin(**scene, backend="process")
    run = world.reaches(world.asks(ASK), "ready", "failed")
    world.quiet(run.id)
    assert run.isolation == "none", world.story(run.id)
    assert "isolation" in str(world.thread(run.id)[0]["blocks"])


def read(world: World, path: str) -> Any:
    answer = world.http.get(
        f"{world.github}/repos/acme/api{path}", headers={"Authorization": "Bearer ghp_ben"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()
