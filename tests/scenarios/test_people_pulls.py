"""A person's pull request: reviewed and explained where somebody asks for it, and never written to."""

from typing import Any

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.scripts import LENS, script, works
from tests.scenarios.world import World

HELLO = 'def greet():\n    return "hello, all"\n'
NOTE = {
    "severity": "note",
    "path": "greeting.py",
    "line": 2,
    "quote": '    return "hello, all"',
    "claim": "Nobody is greeted by name any more.",
}


def noting() -> dict[str, Any]:
    """Lenses that look, and find something small."""
    look, finish, last = LENS["steps"]
    said = {"decision": "pass", "summary": "It runs.", "findings": [NOTE]}
    return {**LENS, "steps": [look, {**finish, "calls": [{"tool": "finish", "input": said}]}, last]}


def explaining(answer: str, command: str = "git rev-parse HEAD && cat greeting.py") -> dict[str, Any]:
    """A world whose only agent looks once and answers."""
    told = script(*works())
    steps = [
        {"calls": [{"tool": "bash", "input": {"command": command}}]},
        {
            "when": {"exit_code": 0},
            "calls": [{"tool": "finish", "input": {"answer": answer}}],
            "goto": "again",
        },
        {"label": "again", "say": "Nothing more."},
    ]
    told["roles"]["explainer"] = {"match": {"system": "Sortie-Role: explainer"}, "steps": steps}
    return told


def opens_pull(world: World, *, user: str = "ben", branch: str = "feature", text: str = HELLO) -> int:
    """A person's own pull request."""
    world.acts(user=user, do="push_commit", repo="acme/api", branch=branch, files={"greeting.py": text})
    body = "The greeting names nobody. @sortie is not asked here."
    made = world.acts(user=user, do="open_pull", repo="acme/api", title="Greet all", head=branch, body=body)
    return int(made["number"])


def untouched(world: World, number: int, before: dict[str, Any]) -> bool:
    after = world.on_github(f"pulls/{number}")
    return all(after[key] == before[key] for key in ("title", "body", "draft", "labels", "head", "state"))


def test_a_review_of_a_persons_pull_request_is_findings_and_nothing_else(begin_small: Begin) -> None:
    world = begin_small(script=script(*works(), lens=noting()))
    number = opens_pull(world)
    before = world.on_github(f"pulls/{number}")
    run_id = world.asks_there(number, "@sortie review security")
    run = world.reaches(run_id, "answered")
    world.quiet(run_id)

    reviews = world.on_github(f"pulls/{number}/reviews")
    assert [r["state"] for r in reviews] == ["COMMENTED"] and reviews[0]["commit_id"] == before["head"]["sha"]
    assert "Nobody is greeted by name any more." in reviews[0]["body"]
    checks = world.on_github(f"commits/{before['head']['sha']}/check-runs")["check_runs"]
    assert [(c["name"], c["conclusion"]) for c in checks if c["name"].startswith("sortie/")] == [
        ("sortie/review", "success")
    ]
    assert [v.lens for v in run.verdicts] == ["security"] and untouched(world, number, before)
    refs = [row["ref"] for row in world.on_github("git/matching-refs/heads/")]
    assert refs == ["refs/heads/feature", "refs/heads/main"] and world.ours_on(number) == []
    first = str(next(p["body"] for p in world.prompts()))
    assert "Sortie-Role: reviewer" in first and "The greeting names nobody." in first


def test_an_explanation_is_one_comment_in_the_agents_words_and_needs_a_role(begin_small: Begin) -> None:
    world = begin_small(script=explaining("Line 2 <b>says</b> it, @ada.\nSee #1."))
    number = opens_pull(world)
    before = world.on_github(f"pulls/{number}")
    refused = world.comments(number, "@sortie explain", user="chen")
    world.delivered()
    reader = {"as": "ada", "do": "set_permission", "repo": "acme/api", "user": "chen", "role": "read"}
    stranger = world.asked_there(number)[0]
    world.reaches(stranger, "declined", within_s=20)
    assert world.prompts() == []
    world.post(f"{world.github}/_sim/act", reader)
    world.comments(number, "@sortie explain why nobody is named", user="chen")
    world.delivered()
    run_id = world.asked_there(number)[0]
    run = world.reaches(run_id, "answered")
    world.quiet(run_id)

    told = world.ours_on(number)
    assert world.reactions_to(number, refused) == {"-1": 1} and len(told) == 2 and "AUTH-002" in told[0]
    assert f"looked at `{before['head']['sha'][:12]}`" in told[1] and "> Line 2 &lt;b&gt;says" in told[1]
    assert "@ada" not in told[1] and "#1" not in told[1] and run.explanation
    assert untouched(world, number, before) and world.on_github(f"pulls/{number}/reviews") == []
    asked = str(next(p["body"] for p in world.prompts()))
    assert "why nobody is named" in asked and "Sortie-Role: explainer" in asked


@pytest.mark.parametrize("where", ["an issue", "our own pull request"])
def test_a_question_disturbs_no_work(begin_small: Begin, where: str) -> None:
    world = begin_small(script=explaining("It greets."))
    if where == "an issue":
        number, ours = world.opens_issue("Only bob is greeted"), ""
    else:
        ours = world.asks("greet everybody")
        run = world.reaches(ours, "ready")
        world.quiet(ours)
        assert run.pr is not None
        number = run.pr.number
    before = world.events(ours) if ours else ()
    run_id = world.asks_there(number, "@sortie explain what is greeted?", user="ben")
    world.reaches(run_id, "answered")
    world.quiet(run_id)
    assert any("> It greets." in body for body in world.ours_on(number))
    assert not ours or (world.run(ours).state, world.events(ours)) == ("ready", before)
