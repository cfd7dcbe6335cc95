"""What sends a change back: gates, CI, reviewers. And what happens when that does not settle it."""

from typing import Any

import pytest

from tasks.domain.verdict import Status
from tests.scenarios.conftest import Begin
from tests.scenarios.scripts import CHANGE, FINISH, script
from tests.scenarios.world import ADA, CI, World

DOCS_CI = {"jobs": [*CI["jobs"], {"name": "docs", "command": "python3 tools/check_docs.py"}]}


def test_red_ci_sends_the_run_back_to_the_worker_and_the_repair_is_pushed_on_top(begin: Begin) -> None:
    world = begin(script="red_ci_then_repair", ci=DOCS_CI)
    run_id = world.asks()
    run = world.reaches(run_id, "ready", within_s=120)
    world.quiet(run_id)
    assert run.ci_round == 1
    assert [type(r.event).__name__ for r in world.events(run_id)].count("BranchPushed") == 2
    assert run.submission is not None and run.submission.parent_oid != run.base_oid
    assert len(world.thread(run_id)) == 3


def test_a_blocking_verdict_is_revised_and_reviewed_again(begin: Begin) -> None:
    world = begin(script="block_then_revise")
    run_id = world.asks()
    run = world.reaches(run_id, "ready", within_s=120)
    assert run.review_round == 2
    assert {str(v.decision) for v in run.current_verdicts()} == {"pass"}
    assert any(str(v.decision) == "block" for v in run.verdicts)


def test_reviewers_and_author_who_disagree_twice_ask_a_person(begin: Begin) -> None:
    world = begin(script="disputed")
    run_id = world.asks()
    run = world.reaches(run_id, "disputed", within_s=120)
    world.quiet(run_id)
    assert run.clock.paused_since is not None
    assert world.reactions(run_id) == ["raising_hand"]
    dispute = world.posted(run_id, "M7")
    assert "decide" in str(dispute["blocks"]).lower()
    world.clicks("ds_fix", ts=dispute["ts"], user=ADA)
    world.reaches(run_id, "revising", "verifying", "pr_open", "disputed", within_s=30)


def test_a_wrong_patch_never_becomes_ready(begin: Begin) -> None:
    world = begin(script="wrong_patch")
    run = world.reaches(world.asks(), "disputed", "failed", within_s=120)
    assert run.ready_at is None
    assert any(f.evidence_command and f.evidence_output for f in run.open_findings())


RAISED: dict[str, Any] = {
    "severity": "blocking",
    "path": "greeting.py",
    "line": 2,
    "quote": 'return "hello, all"',
    "claim": "Nobody is named any more.",
    "evidence": {"command": "cat greeting.py", "exit_code": 0, "output": 'return "hello, all"'},
}
SHOWN: dict[str, Any] = {"command": "grep -c all greeting.py", "exit_code": 0, "output": "1"}


def handing_in(**said: Any) -> dict[str, Any]:
    return {"calls": [{"tool": "finish", "input": said}]}


KINDLY = "printf 'def greet():\\n    return \"hello, everybody\"\\n' > greeting.py"


def runs(command: str) -> dict[str, Any]:
    return {"calls": [{"tool": "bash", "input": {"command": command}}]}


def blocking(*then: dict[str, Any], again: bool = False) -> dict[str, Any]:
    """A security reviewer that blocks what does not greet everybody, until it hears what speaks against that (or `again`);
    `then` is what the author does."""
    blocks = handing_in(decision="block", summary="No.", findings=[RAISED])
    passes = handing_in(decision="pass", summary="It was asked for.", findings=[])
    played = script(runs(CHANGE), handing_in(**FINISH), *then)
    security = {
        "match": {"system": "Sortie-Role: reviewer:security"},
        "steps": [
            {"when": {"user_contains": "You raised these before."}, "goto": "heard"},
            {"label": "look", **runs("cat greeting.py")},
            {"when": {"contains": "everybody"}, "goto": "fine", "else": "no"},
            {"label": "no", **blocks, "goto": "look"},
            {"label": "heard", **runs("cat greeting.py")},
            {**(blocks if again else passes), "goto": "look"},
            {"label": "fine", **passes, "goto": "look"},
        ],
    }
    return {**played, "roles": {"security": security, **played["roles"]}}


def rebutting(*, again: bool) -> dict[str, Any]:
    """The author leaves the code as it is, with evidence that the harness saw too; the lens lets its finding go, or `again`."""
    said = [{"finding": 1, "text": "It was asked for.", "evidence": SHOWN}]
    return blocking(handing_in(**FINISH, rebuttals=said), again=again)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_thread_of_a_finding_is_resolved_once_the_author_mended_it(begin_small: Begin) -> None:
    world = begin_small(script=blocking(runs(KINDLY), handing_in(**FINISH)), ci=None)
    run = world.reaches(world.asks("greet everybody, not just bob"), "ready")
    world.quiet(run.id)
    assert run.pr is not None and run.review_round == 2
    assert world.threads(run.pr.number) == [("sortie", True)]
    (found,) = (f for v in run.verdicts for f in v.findings)
    assert found.status in (Status.fixed, Status.stale)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("again", "end"), [(False, "ready"), (True, "disputed")])
def test_a_lens_that_hears_a_rebuttal_lets_its_finding_go_or_a_person_decides(
    begin_small: Begin, again: bool, end: str
) -> None:
    """Nothing is pushed twice."""
    world = begin_small(script=rebutting(again=again), ci=None)
    run = world.reaches(world.asks("greet everybody, not just bob"), end)
    world.quiet(run.id)
    told = run.rebuttal_of(1)
    assert told is not None and told.proof.doubt == "" and run.rebutted(1)
    pushed = [type(r.event).__name__ for r in world.events(run.id)].count("BranchPushed")
    heard = [p for p in prompts_of(world, "reviewer:security") if "You raised these before." in p]
    assert pushed == 1 and heard and SHOWN["command"] in heard[0]
    assert "It was asked for." not in heard[0], "the author's words sway nobody"
    assert not any("You raised these before." in p for p in prompts_of(world, "reviewer:tests"))
    found = next(f for v in run.current_verdicts() if v.lens == "security" for f in v.findings)
    assert found.status is (Status.open if again else Status.rebutted)
    if again:
        assert SHOWN["command"] in str(world.posted(run.id, "M7"))


def prompts_of(world: World, role: str) -> list[str]:
    """What a role was told first, in each of its conversations."""
    bodies = [p["body"] for p in world.prompts()]
    return [str(b["messages"][0]) for b in bodies if f"Sortie-Role: {role}" in str(b["system"])]
