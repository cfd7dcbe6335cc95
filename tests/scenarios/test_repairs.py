"""What sends a change back: gates, CI, reviewers. And what happens when that does not settle it."""

from tests.scenarios.conftest import Begin
from tests.scenarios.world import ADA, CI

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
