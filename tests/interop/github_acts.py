"""Everything our GitHub client does in the course of runs, one act each: an act passes, or shows a gap."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from integrations.errors import Conflict, Denied, NotFound, Rejected
from integrations.types.code_host import (
    Annotation,
    CheckRunReport,
    CheckState,
    Conclusion,
    ReviewComment,
    Role,
)
from tests.interop.stage import REPO, Stage

Act = Callable[[Stage], None]


def finds_the_repository_and_the_persons_role(stage: Stage) -> None:
    facts = stage.app.repo_facts(REPO, login="ada")
    assert (facts.full_name, facts.default_branch, facts.archived) == (REPO, "main", False)
    assert facts.role is Role.admin and facts.user_id > 0


def a_stranger_has_no_role(stage: Stage) -> None:
    assert stage.app.repo_facts(REPO, login="mallory").role in (Role.none, Role.read)


def a_repository_that_is_not_there_is_not_found(stage: Stage) -> None:
    with pytest.raises(NotFound):
        stage.app.repo_facts("acme/nothing", login="ada")


def mints_a_token_for_git(stage: Stage) -> None:
    remote = stage.app.git_remote(REPO)
    assert remote.url.endswith("/acme/api.git") and "Basic" in remote.env["GIT_CONFIG_VALUE_0"]


def a_token_that_nobody_gave_out_is_denied(stage: Stage) -> None:
    with pytest.raises(Denied):
        stage.stranger.pull_request_body(REPO, stage.pull().number)


def opens_a_draft_and_finds_it_by_its_branch(stage: Stage) -> None:
    name, oid = stage.branch()
    assert stage.app.find_pull_request(REPO, head_ref=name) is None
    opened = stage.app.open_pull_request(REPO, head_ref=name, base_ref="main", title="Fix", body="Why.")
    assert (opened.draft, opened.state, opened.head_oid, opened.base_ref) == (True, "open", oid, "main")
    assert stage.app.find_pull_request(REPO, head_ref=name) == stage.app.pull_request(REPO, opened.number)


def a_second_pull_request_for_the_branch_is_a_conflict(stage: Stage) -> None:
    pull = stage.pull()
    with pytest.raises(Conflict):
        stage.app.open_pull_request(REPO, head_ref=pull.head_ref, base_ref="main", title="Fix", body="Why.")


def a_pull_request_without_a_branch_is_rejected(stage: Stage) -> None:
    with pytest.raises(Rejected):
        stage.app.open_pull_request(REPO, head_ref="nowhere", base_ref="main", title="Fix", body="Why.")


def reads_and_rewrites_title_and_body(stage: Stage) -> None:
    pull = stage.pull()
    stage.app.update_pull_request(REPO, pull.number, title="New", body="New body — ü ✓")
    assert stage.app.pull_request_body(REPO, pull.number) == "New body — ü ✓"


def follows_the_head_after_a_push(stage: Stage) -> None:
    pull = stage.pull()
    oid = stage.commit(pull.head_ref)
    assert stage.app.pull_request(REPO, pull.number).head_oid == oid


def adds_labels(stage: Stage) -> None:
    pull = stage.pull()
    stage.app.add_labels(REPO, pull.number, labels=("sortie", "risk:low"))
    labels = stage.rest("GET", f"/issues/{pull.number}/labels")
    assert {row["name"] for row in labels} >= {"sortie", "risk:low"}


def requests_reviewers(stage: Stage) -> None:
    pull = stage.pull()
    stage.app.request_reviewers(REPO, pull.number, logins=("ada",))
    asked = stage.rest("GET", f"/pulls/{pull.number}")["requested_reviewers"]
    assert [row["login"] for row in asked] == ["ada"]


def takes_a_draft_out_of_draft(stage: Stage) -> None:
    pull = stage.pull()
    stage.app.mark_ready(REPO, pull.number)
    assert not stage.app.pull_request(REPO, pull.number).draft


def closes(stage: Stage) -> None:
    pull = stage.pull()
    stage.app.close_pull_request(REPO, pull.number)
    assert stage.app.pull_request(REPO, pull.number).state == "closed"


def sees_a_merge(stage: Stage) -> None:
    pull = stage.pull()
    stage.rest("PATCH", f"/pulls/{pull.number}", {"draft": False})
    stage.app.mark_ready(REPO, pull.number)
    stage.rest("PUT", f"/pulls/{pull.number}/merge", {"merge_method": "squash"})
    seen = stage.app.pull_request(REPO, pull.number)
    assert seen.merged and seen.merged_at and seen.closed_by == "ada"


def reports_as_one_check_run_from_pending_to_success(stage: Stage) -> None:
    _, oid = stage.branch()
    report = _report(oid)
    stage.app.write_check(REPO, report)
    done = replace(report, conclusion=Conclusion.success, title="All pass")
    stage.app.write_check(REPO, done)
    stage.app.write_check(REPO, done)
    [run] = stage.rest("GET", f"/commits/{oid}/check-runs")["check_runs"]
    assert (run["status"], run["conclusion"], run["external_id"]) == ("completed", "success", "R-1/review")


def appends_annotations_beyond_the_first_fifty(stage: Stage) -> None:
    _, oid = stage.branch()
    notes = tuple(Annotation("app.py", 1, "warning", f"look here {n}", "A note") for n in range(60))
    for _ in range(2):
        stage.app.write_check(REPO, replace(_report(oid), annotations=notes))
    [run] = stage.rest("GET", f"/commits/{oid}/check-runs")["check_runs"]
    assert run["output"]["annotations_count"] == 60


def reports_as_a_commit_status_with_a_plain_token(stage: Stage) -> None:
    _, oid = stage.branch()
    stage.plain.write_check(REPO, replace(_report(oid), conclusion=Conclusion.failure))
    [status] = stage.rest("GET", f"/commits/{oid}/statuses")
    assert (status["context"], status["state"]) == ("sortie/review", "failure")


def lists_what_others_check_and_leaves_its_own_out(stage: Stage) -> None:
    _, oid = stage.branch()
    stage.app.write_check(REPO, _report(oid))
    stage.app.write_check(REPO, replace(_report(oid), name="tests", conclusion=Conclusion.success))
    found = stage.app.checks(REPO, oid)
    assert [(c.name, c.conclusion) for c in found.checks] == [("tests", Conclusion.success)]
    assert found.settled


def reads_what_a_red_check_says(stage: Stage) -> None:
    _, oid = stage.branch()
    red = replace(_report(oid), name="tests", conclusion=Conclusion.failure, summary="41 is not 42")
    stage.app.write_check(REPO, red)
    [row] = stage.rest("GET", f"/commits/{oid}/check-runs")["check_runs"]
    check = CheckState("tests", Conclusion.failure, ref=f"run:{row['id']}")
    assert "41 is not 42" in stage.app.check_log(REPO, check)


def reviews_and_finds_the_review(stage: Stage) -> None:
    pull, marker = stage.pull(), "<!-- sortie:review:R-1:1 -->"
    body = f"Findings\n{marker}"
    url = stage.app.post_review(REPO, pull.number, head_oid=pull.head_oid, body=body, comments=())
    assert url and stage.app.find_review(REPO, pull.number, marker=marker) == url


def comments_on_lines_in_a_review(stage: Stage) -> None:
    pull = stage.pull()
    comments = (ReviewComment("app.py", 2, "Is it 42?"),)
    stage.app.post_review(REPO, pull.number, head_oid=pull.head_oid, body="Findings", comments=comments)
    [said] = stage.rest("GET", f"/pulls/{pull.number}/comments")
    assert (said["path"], said["line"], said["body"]) == ("app.py", 2, "Is it 42?")


def a_review_on_a_line_outside_the_diff_is_rejected(stage: Stage) -> None:
    pull = stage.pull()
    comments = (ReviewComment("app.py", 900, "Where?"),)
    with pytest.raises(Rejected):
        stage.app.post_review(REPO, pull.number, head_oid=pull.head_oid, body="x", comments=comments)


def keeps_one_comment_and_edits_it(stage: Stage) -> None:
    pull, marker = stage.pull(), "<!-- sortie:R-1 -->"
    first = stage.app.upsert_comment(REPO, pull.number, marker=marker, body=f"One\n{marker}")
    second = stage.app.upsert_comment(REPO, pull.number, marker=marker, body=f"Two\n{marker}")
    assert first == second
    [said] = stage.rest("GET", f"/issues/{pull.number}/comments")
    assert said["body"].startswith("Two")


def finds_its_comment_beyond_the_first_hundred(stage: Stage) -> None:
    pull, marker = stage.pull(), "<!-- sortie:R-2 -->"
    for n in range(101):
        stage.rest("POST", f"/issues/{pull.number}/comments", {"body": f"chatter {n}"})
    first = stage.app.upsert_comment(REPO, pull.number, marker=marker, body=f"One\n{marker}")
    assert stage.app.upsert_comment(REPO, pull.number, marker=marker, body=f"Two\n{marker}") == first


def _report(oid: str) -> CheckRunReport:
    return CheckRunReport(
        name="sortie/review",
        head_oid=oid,
        external_id="R-1/review",
        conclusion=Conclusion.pending,
        title="Under review",
        summary="Three lenses look at it.",
        details_url="http://127.0.0.1/t/R-1",
    )


ACTS: tuple[Act, ...] = (
    finds_the_repository_and_the_persons_role,
    a_stranger_has_no_role,
    a_repository_that_is_not_there_is_not_found,
    mints_a_token_for_git,
    a_token_that_nobody_gave_out_is_denied,
    opens_a_draft_and_finds_it_by_its_branch,
    a_second_pull_request_for_the_branch_is_a_conflict,
    a_pull_request_without_a_branch_is_rejected,
    reads_and_rewrites_title_and_body,
    follows_the_head_after_a_push,
    adds_labels,
    requests_reviewers,
    takes_a_draft_out_of_draft,
    closes,
    sees_a_merge,
    reports_as_one_check_run_from_pending_to_success,
    appends_annotations_beyond_the_first_fifty,
    reports_as_a_commit_status_with_a_plain_token,
    lists_what_others_check_and_leaves_its_own_out,
    reads_what_a_red_check_says,
    reviews_and_finds_the_review,
    comments_on_lines_in_a_review,
    a_review_on_a_line_outside_the_diff_is_rejected,
    keeps_one_comment_and_edits_it,
    finds_its_comment_beyond_the_first_hundred,
)
