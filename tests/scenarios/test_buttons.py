"""The buttons of the check run sortie/review, pressed on GitHub's page by people and by somebody who may not."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.scripts import FINISH, GREETING, QUICK_CI, script, target
from tests.scenarios.world import HOOK, World
from tests.support.eventually import until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The store is not what is tested here."""

FIRST = "printf 'def greet():\\n    return \"hello, all\"\\n' > greeting.py"
SECOND = "printf 'def greet():\\n    return \"hello, everybody\"\\n' > greeting.py"
NOTE = {
    "severity": "note",
    "path": "greeting.py",
    "line": 2,
    "quote": '    return "hello, all"',
    "claim": "All is fewer than everybody.",
}
PASS = {"decision": "pass", "summary": "It runs.", "findings": []}
SEES_A_NOTE: dict[str, Any] = {
    "match": {"system": "Sortie-Role: reviewer"},
    "steps": [
        {"calls": [{"tool": "bash", "input": {"command": "cat greeting.py"}}]},
        {"when": {"contains": "hello, all"}, "else": "clean"},
        {
            "label": "noted",
            "calls": [{"tool": "finish", "input": {**PASS, "findings": [NOTE]}}],
            "goto": "end",
        },
        {"label": "clean", "calls": [{"tool": "finish", "input": PASS}], "goto": "end"},
        {"label": "end", "say": "Nothing more."},
    ],
}
ANSWER = [{"id": "{{id}}", "outcome": "fixed", "text": "It greets everybody now."}]
FINDINGS = r"(?s)Comment `(?P<id>button:\d+)`.*All is fewer than everybody"
WORKER = (
    {"when": {"user_matches": FINDINGS}, "goto": "second"},
    {"calls": [{"tool": "bash", "input": {"command": FIRST}}]},
    {"calls": [{"tool": "finish", "input": FINISH}]},
    {"when": {"user_matches": FINDINGS}, "else": "idle"},
    {"label": "second", "calls": [{"tool": "bash", "input": {"command": SECOND}}]},
    {
        "label": "again",
        "calls": [{"tool": "finish", "input": {**FINISH, "answers": ANSWER}}],
        "goto": "again",
    },
    {"label": "idle", "say": "Nothing to do.", "goto": "idle"},
)


def listed(world: World, path: str) -> Any:
    answer = world.http.get(
        f"{world.github}/repos/acme/api/{path}", headers={"Authorization": "Bearer ghp_ben"}
    )
    assert answer.status_code == 200
    return answer.json()


def review_check(world: World, head: str) -> int:
    found = listed(world, f"commits/{head}/check-runs?check_name=sortie%2Freview")["check_runs"]
    return int(found[0]["id"])


def answers(world: World, number: int) -> list[str]:
    return [c["body"] for c in listed(world, f"issues/{number}/comments") if "kind=answer" in c["body"]]


def test_fix_findings_is_a_round_and_the_buttons_of_the_head_before_are_out_of_date(
    begin: Begin, tmp_path: Path
) -> None:
    world = begin(
        script=script(*WORKER, lens=SEES_A_NOTE),
        target=target(tmp_path / "target", GREETING),
        ci=QUICK_CI,
        limits={"remarks_wait_s": 1.0},
    )
    run_id = world.asks()
    run = world.reaches(run_id, "ready")
    world.quiet(run_id)
    assert run.pr is not None
    first = review_check(world, run.head_oid)
    page = world.http.get(f"{world.github}/acme/api/pull/{run.pr.number}/checks").text
    assert "Fix findings" in page and "Re-review" in page and "Waive all" not in page

    world.acts(user="chen", do="press", repo="acme/api", check_run=first, action="fix")
    until(lambda: answers(world, run.pr.number if run.pr else 0), what="the refusal")
    assert "needs write access" in answers(world, run.pr.number)[0] and world.run(run_id).rounds == 0

    world.acts(user="ben", do="press", repo="acme/api", check_run=first, action="review")
    until(
        lambda: world.run(run_id).state == "reviewing" or len(world.run(run_id).remarks) > 1,
        what="it is heard",
    )
    until(lambda: reviews(world, run_id) == 2, what="another review of the same head")
    world.reaches(run_id, "ready")
    world.quiet(run_id)

    world.acts(user="ben", do="press", repo="acme/api", check_run=first, action="fix")
    until(lambda: world.run(run_id).rounds == 1, within_s=30, what="a round")
    after = world.reaches(run_id, "ready", within_s=60)
    world.quiet(run_id)
    assert (
        after.head_oid != run.head_oid
        and f"Fixed in `{after.head_oid[:12]}`" in answers(world, run.pr.number)[-1]
    )

    on_an_old_page(world, action="review")
    until(lambda: len(answers(world, run.pr.number if run.pr else 0)) == 3, what="the answer")
    assert "older commit" in answers(world, run.pr.number)[-1]
    assert (world.run(run_id).state, reviews(world, run_id)) == ("ready", 3)


def on_an_old_page(world: World, *, action: str) -> None:
    """The last press again, with another button: as from a page that was loaded before the head moved.

    In other bytes than any press before it: the very same ones would rightly count as that press, heard twice.
    """
    told = [d for d in world.get(f"{world.github}/_sim/deliveries") if d["action"] == "requested_action"]
    body = json.dumps({**told[-1]["payload"], "requested_action": {"identifier": action}}, indent=1).encode()
    headers = {
        "x-github-event": "check_run",
        "x-github-delivery": "an-old-page",
        "x-hub-signature-256": f"sha256={hmac.new(HOOK.encode(), body, hashlib.sha256).hexdigest()}",
        "content-type": "application/json",
    }
    assert world.http.post(f"{world.web}/hooks/github", content=body, headers=headers).status_code == 202


def reviews(world: World, run_id: str) -> int:
    return [type(r.event).__name__ for r in world.events(run_id)].count("ReviewStarted")


def test_waive_all_is_answered_by_how_to_waive_with_a_reason(begin: Begin) -> None:
    world = begin(script="disputed")
    run_id = world.asks()
    run = world.reaches(run_id, "disputed", within_s=120)
    world.quiet(run_id)
    assert run.pr is not None
    world.acts(
        user="ben", do="press", repo="acme/api", check_run=review_check(world, run.head_oid), action="waive"
    )
    found = until(lambda: answers(world, run.pr.number if run.pr else 0), what="the answer")
    number = run.open_findings()[0].number
    assert f"@sortie waive #{number} <reason>" in found[0] and world.run(run_id).open_findings()
