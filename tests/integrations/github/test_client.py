"""The GitHub client against a GitHub that answers, refuses, limits, breaks and loses its answers."""

import os
import subprocess
import time
from dataclasses import replace

import pytest

from integrations.errors import Conflict, Denied, NotFound, RateLimited, Rejected, Retryable, Unknown
from integrations.github.client import GitHubHost
from integrations.github.connection import AppCredentials
from integrations.redaction import Redactor
from integrations.types.code_host import (
    Annotation,
    CheckRunReport,
    Conclusion,
    Label,
    PullRequest,
    ReviewComment,
    Role,
)
from tests.integrations.github.conftest import APP_ID, TOKEN, Scene
from tests.support.ports import free_port

BRANCH = "sortie/R-1-fix"


def opened(scene: Scene, repo: str | None = None) -> tuple[str, PullRequest]:
    """A repository with our draft pull request."""
    repo = repo or scene.repo()
    scene.branch(repo)
    made = scene.app.open_pull_request(
        repo, head_ref=BRANCH, base_ref="main", title="Fix it", body="Because."
    )
    return repo, made


@pytest.mark.parametrize(
    ("login", "role"),
    [
        ("priya", Role.write),
        ("rosa", Role.read),
        ("tariq", Role.triage),
        ("max", Role.maintain),
        ("olga", Role.admin),
    ],
)
def test_a_persons_role_is_what_github_calls_it_now(scene: Scene, login: str, role: Role) -> None:
    repo = scene.repo()
    facts = scene.app.repo_facts(repo, login=login)
    assert (facts.full_name, facts.default_branch, facts.role) == (repo, "main", role)
    assert facts.user_id > 0 and facts.login == login and not facts.archived


def test_a_person_without_access_has_no_role_on_a_private_repository(scene: Scene) -> None:
    facts = scene.app.repo_facts(scene.repo(private=True), login="mallory")
    assert facts.private and facts.role is Role.none


def test_a_repository_that_is_not_there_is_not_found(scene: Scene) -> None:
    with pytest.raises(NotFound):
        scene.token.repo_facts("acme/nowhere", login="priya")


@pytest.mark.parametrize("name", ["acme", "acme/..", "acme/a/b", "../x/y", "acme/a b", "acme/a?x=1", ""])
def test_a_name_that_is_no_repository_is_never_sent(scene: Scene, name: str) -> None:
    with pytest.raises(NotFound):
        scene.token.repo_facts(name, login="priya")
    assert scene.requests("GET") == []


def test_a_draft_is_opened_found_changed_and_made_ready(scene: Scene) -> None:
    repo, made = opened(scene)
    assert made.draft and made.state == "open" and made.base_ref == "main" and made.head_ref == BRANCH
    found = scene.app.find_pull_request(repo, head_ref=BRANCH)
    assert found is not None and found.number == made.number
    scene.app.update_pull_request(repo, made.number, title="Fix it well", body=None)
    assert scene.app.pull_request_body(repo, made.number) == "Because."
    scene.app.mark_ready(repo, made.number)
    scene.app.mark_ready(repo, made.number)
    assert not scene.app.pull_request(repo, made.number).draft
    scene.app.request_reviewers(repo, made.number, logins=("priya",))
    scene.app.add_labels(repo, made.number, labels=("sortie",))
    scene.app.close_pull_request(repo, made.number)
    assert scene.app.pull_request(repo, made.number).state == "closed"


def test_no_pull_request_means_none(scene: Scene) -> None:
    assert scene.app.find_pull_request(scene.repo(), head_ref="sortie/R-9-none") is None


def test_a_second_pull_request_for_one_head_is_a_conflict(scene: Scene) -> None:
    repo, _ = opened(scene)
    with pytest.raises(Conflict):
        scene.app.open_pull_request(repo, head_ref=BRANCH, base_ref="main", title="Again", body="")


def test_a_head_that_does_not_exist_is_refused(scene: Scene) -> None:
    with pytest.raises(Rejected) as caught:
        scene.app.open_pull_request(scene.repo(), head_ref="nowhere", base_ref="main", title="x", body="")
    assert type(caught.value) is Rejected


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 502}, {"kind": "reset"}])
def test_a_lost_answer_leaves_the_pull_request_unknown_and_is_sent_once(
    scene: Scene, fault: dict[str, object]
) -> None:
    repo = scene.repo()
    scene.branch(repo)
    scene.control("POST", "/faults", {"match": "POST */pulls", "when": "after_commit", **fault})
    with pytest.raises(Unknown):
        scene.app.open_pull_request(repo, head_ref=BRANCH, base_ref="main", title="Fix", body="")
    assert scene.requests("POST").count(f"/repos/{repo}/pulls") == 1
    assert scene.app.find_pull_request(repo, head_ref=BRANCH) is not None


def test_silence_after_sending_is_unknown(scene: Scene) -> None:
    repo = scene.repo()
    scene.branch(repo)
    scene.fault(f"POST /repos/{repo}/pulls", "delay", delay_s=3)
    host = GitHubHost(TOKEN, api_url=scene.url, git_url=scene.url, timeout_s=1)
    with pytest.raises(Unknown):
        host.open_pull_request(repo, head_ref=BRANCH, base_ref="main", title="Fix", body="")


@pytest.mark.parametrize(
    "answer",
    [{"message": "moved"}, ["not a review"], {"check_runs": "none"}, [[]]],
    ids=["an object", "a list of words", "an object with words", "a list of lists"],
)
def test_an_answer_that_is_no_list_is_refused_by_name(scene: Scene, answer: object) -> None:
    repo, made = opened(scene)
    for path in (
        f"/repos/{repo}/pulls/{made.number}/reviews",
        f"/repos/{repo}/commits/{made.head_oid}/check-runs",
    ):
        scene.fault(f"GET {path}", "status", status=200, body=answer)
    with pytest.raises(Rejected, match="makes no sense"):
        scene.app.reviews(repo, made.number)
    with pytest.raises(Rejected, match="makes no sense"):
        scene.app.checks(repo, made.head_oid)


def test_reading_is_tried_again_and_writing_is_not(scene: Scene) -> None:
    repo, made = opened(scene)
    scene.fault(f"GET /repos/{repo}/pulls/*", "status", status=503, times=2)
    assert scene.app.pull_request(repo, made.number).number == made.number
    scene.fault(f"PATCH /repos/{repo}/pulls/*", "status", status=503)
    with pytest.raises(Retryable):
        scene.app.update_pull_request(repo, made.number, title=None, body="new")
    assert scene.requests("PATCH").count(f"/repos/{repo}/pulls/{made.number}") == 1


def test_a_secondary_limit_says_how_long_to_wait_and_does_not_sleep(scene: Scene) -> None:
    repo = scene.repo()
    scene.fault(f"GET /repos/{repo}", "ratelimit", status=403, headers={"Retry-After": "30"}, times=5)
    began = time.monotonic()
    with pytest.raises(RateLimited) as caught:
        scene.app.repo_facts(repo, login="priya")
    assert caught.value.retry_after_s == 30 and time.monotonic() - began < 5


@pytest.mark.parametrize("status", [403, 429])
def test_a_primary_limit_waits_for_its_reset(scene: Scene, status: int) -> None:
    repo = scene.repo()
    scene.fault(f"GET /repos/{repo}", "ratelimit", status=status, times=5)
    with pytest.raises(RateLimited) as caught:
        scene.app.repo_facts(repo, login="priya")
    assert caught.value.retry_after_s is not None and 2000 < caught.value.retry_after_s < 2500


def test_other_refusals_are_denied(scene: Scene) -> None:
    repo = scene.repo()
    scene.fault(f"GET /repos/{repo}", "status", status=403, body={"message": "Resource not accessible"})
    with pytest.raises(Denied):
        scene.app.repo_facts(repo, login="priya")


def test_a_wrong_token_is_denied(scene: Scene) -> None:
    host = GitHubHost("ghp_wrong", api_url=scene.url, git_url=scene.url)
    with pytest.raises(Denied) as caught:
        host.repo_facts(scene.repo(), login="priya")
    assert caught.value.code == "OUT-012" and "ghp_wrong" not in caught.value.message


def test_an_app_whose_token_was_revoked_takes_a_fresh_one(scene: Scene) -> None:
    repo = scene.repo()
    scene.app.repo_facts(repo, login="priya")
    scene.control("POST", "/tokens/expire")
    assert scene.app.repo_facts(repo, login="priya").role is Role.write


def test_an_app_mints_one_token_per_repository_and_keeps_it(scene: Scene) -> None:
    repo = scene.repo()
    host = GitHubHost(AppCredentials(APP_ID, scene.key), api_url=scene.url, git_url=scene.url)
    for _ in range(3):
        host.repo_facts(repo, login="priya")
    assert len([p for p in scene.requests("POST") if p.endswith("/access_tokens")]) == 1


def test_nobody_listening_means_that_nothing_was_done() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    host = GitHubHost("ghp_x", api_url=url, git_url=url)
    with pytest.raises(Retryable):
        host.open_pull_request("acme/api", head_ref="x", base_ref="main", title="x", body="")


def test_git_works_with_the_credential_in_its_environment_alone(scene: Scene) -> None:
    repo = scene.repo(private=True)
    remote = scene.app.git_remote(repo)
    assert "@" not in remote.url and remote.url == f"{scene.url}/{repo}.git"
    clean = {"PATH": os.environ["PATH"], "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "ls-remote", remote.url, "HEAD"]
    with_it = subprocess.run(
        command, env={**clean, **remote.env}, capture_output=True, check=False, timeout=30
    )
    without = subprocess.run(command, env=clean, capture_output=True, check=False, timeout=30)
    assert with_it.returncode == 0 and without.returncode != 0


def test_every_text_goes_through_the_redactor(scene: Scene) -> None:
    redactor = Redactor(["a-canary-secret-4417"])
    host = GitHubHost(
        AppCredentials(APP_ID, scene.key), api_url=scene.url, git_url=scene.url, redact=redactor
    )
    repo = scene.repo()
    scene.branch(repo)
    body = "the key is a-canary-secret-4417"
    made = host.open_pull_request(repo, head_ref=BRANCH, base_ref="main", title="Fix", body=body)
    assert host.pull_request_body(repo, made.number) == "the key is [redacted]"


def ci(scene: Scene, *, app: str, answer: int) -> tuple[str, PullRequest]:
    """A pull request whose CI has run to its end."""
    job = {"name": "unit", "command": "sh check.sh", "app": app}
    repo = scene.repo(ci={"jobs": [job]})
    scene.branch(repo, files={"app.py": f"def answer():\n    return {answer}\n"})
    made = scene.app.open_pull_request(repo, head_ref=BRANCH, base_ref="main", title="Fix", body="")
    deadline = time.monotonic() + 40
    while not scene.app.checks(repo, made.head_oid).settled or not scene.control("GET", "/idle")["idle"]:
        assert time.monotonic() < deadline, "CI did not end"
        time.sleep(0.1)
    return repo, made


@pytest.mark.parametrize("app", ["checks", "status"])
@pytest.mark.parametrize(("answer", "conclusion"), [(42, Conclusion.success), (7, Conclusion.failure)])
def test_what_ci_says_is_read_from_check_runs_and_statuses(
    scene: Scene, app: str, answer: int, conclusion: Conclusion
) -> None:
    repo, made = ci(scene, app=app, answer=answer)
    seen = scene.app.checks(repo, made.head_oid)
    assert [(c.name, c.conclusion) for c in seen.checks] == [("unit", conclusion)]
    assert seen.settled


def test_a_red_jobs_log_is_there_to_be_read(scene: Scene) -> None:
    repo, made = ci(scene, app="checks", answer=7)
    [red] = scene.app.checks(repo, made.head_oid).checks
    assert "41 is not 42" in scene.app.check_log(repo, red)


def test_a_commit_without_checks_is_settled_and_empty(scene: Scene) -> None:
    repo, made = opened(scene)
    seen = scene.app.checks(repo, made.head_oid)
    assert seen.settled and seen.checks == ()


def report(
    made: PullRequest, conclusion: Conclusion, notes: int = 0, title: str = "2 pass"
) -> CheckRunReport:
    annotations = tuple(
        Annotation("app.py", n, "warning", f"note {n}", "Tests (note)") for n in range(1, notes + 1)
    )
    return CheckRunReport(
        "sortie/review",
        made.head_oid,
        "R-1:review",
        conclusion,
        title,
        "| a |",
        "https://sortie.example.com/t/R-1",
        annotations,
    )


def test_our_check_is_made_once_and_then_edited_and_is_not_ci(scene: Scene) -> None:
    repo, made = opened(scene)
    scene.app.write_check(repo, report(made, Conclusion.pending))
    scene.app.write_check(repo, report(made, Conclusion.failure, notes=120))
    scene.app.write_check(repo, report(made, Conclusion.failure, notes=120))
    path = f"/repos/{repo}/commits/{made.head_oid}/check-runs"
    rows = scene.app._github.get(repo, path.removeprefix(f"/repos/{repo}"))["check_runs"]
    assert [(r["name"], r["conclusion"], r["output"]["annotations_count"]) for r in rows] == [
        ("sortie/review", "failure", 100)
    ]
    assert scene.requests("POST").count(f"/repos/{repo}/check-runs") == 1
    seen = scene.app.checks(repo, made.head_oid)
    assert seen.checks == () and seen.settled


def test_findings_of_a_lens_that_is_done_later_are_added_wherever_it_stands_in_the_report(
    scene: Scene,
) -> None:
    """UX 9.2: lenses end in any order, and are told in one: an annotation is known by what it says, not by its place."""
    repo, made = opened(scene)
    notes = report(made, Conclusion.pending, notes=3).annotations
    told = [(notes[2],), (notes[0], notes[2]), notes, notes]
    for written in told:
        scene.app.write_check(repo, replace(report(made, Conclusion.pending), annotations=written))
    [row] = scene.app._github.get(repo, f"/commits/{made.head_oid}/check-runs")["check_runs"]
    found = scene.app._github.get(repo, f"/check-runs/{row['id']}/annotations")
    assert [(a["start_line"], a["message"], a["annotation_level"]) for a in found] == [
        (n, f"note {n}", "warning") for n in (3, 1, 2)
    ]


@pytest.mark.parametrize(
    ("conclusion", "state"),
    [
        (Conclusion.pending, "pending"),
        (Conclusion.success, "success"),
        (Conclusion.failure, "failure"),
        (Conclusion.action_required, "failure"),
        (Conclusion.cancelled, "error"),
    ],
)
def test_with_a_plain_token_the_verdict_is_a_commit_status(
    scene: Scene, conclusion: Conclusion, state: str
) -> None:
    repo, made = opened(scene)
    scene.token.write_check(repo, report(made, conclusion, title="t" * 300))
    [row] = scene.token._github.get(repo, f"/commits/{made.head_oid}/status")["statuses"]
    assert (row["context"], row["state"], len(row["description"])) == ("sortie/review", state, 140)
    assert scene.token.checks(repo, made.head_oid).checks == ()


MARKER = "<!-- sortie run=R-1 kind=review head=abc -->"


def test_a_review_is_posted_once_and_found_by_its_marker(scene: Scene) -> None:
    repo, made = opened(scene)
    comments = (ReviewComment("app.py", 2, "**Security:** no"),)
    url = scene.app.post_review(
        repo, made.number, head_oid=made.head_oid, body=f"{MARKER}\nNo.", comments=comments
    )
    assert url and scene.app.find_review(repo, made.number, marker=MARKER) == url
    assert scene.app.find_review(repo, made.number, marker=MARKER.replace("abc", "def")) is None


def test_our_own_threads_are_resolved_and_one_that_a_person_began_is_not(scene: Scene) -> None:
    """UX 9.3; even one that a person began with our marker in it."""
    repo, made = opened(scene)
    marks = [f"<!-- sortie run=R-1 kind=finding n={n} -->" for n in (1, 2, 11)]
    comments = tuple(ReviewComment("app.py", 2, f"{mark}\nNo.") for mark in marks)
    scene.app.post_review(repo, made.number, head_oid=made.head_oid, body=MARKER, comments=comments)
    theirs = (ReviewComment("app.py", 2, f"{marks[0]}\nMine."), ReviewComment("app.py", 2, "Rename it."))
    scene.token.post_review(repo, made.number, head_oid=made.head_oid, body="Hm.", comments=theirs)
    for _ in range(2):
        scene.app.resolve_threads(repo, made.number, markers=(marks[0],))
    seen = {t["comments"]["nodes"][0]["body"]: t["isResolved"] for t in scene.app._threads(repo, made.number)}
    assert seen == {
        f"{marks[0]}\nNo.": True,
        f"{marks[1]}\nNo.": False,
        f"{marks[2]}\nNo.": False,
        f"{marks[0]}\nMine.": False,
        "Rename it.": False,
    }


def test_a_line_outside_the_diff_is_refused_and_leaves_no_review(scene: Scene) -> None:
    repo, made = opened(scene)
    with pytest.raises(Rejected):
        scene.app.post_review(
            repo,
            made.number,
            head_oid=made.head_oid,
            body=MARKER,
            comments=(ReviewComment("app.py", 999, "no"),),
        )
    assert scene.app.find_review(repo, made.number, marker=MARKER) is None


def test_a_review_whose_answer_is_lost_is_unknown_and_can_be_found(scene: Scene) -> None:
    repo, made = opened(scene)
    scene.fault("POST */reviews", "reset", when="after_commit")
    with pytest.raises(Unknown):
        scene.app.post_review(repo, made.number, head_oid=made.head_oid, body=MARKER, comments=())
    assert scene.app.find_review(repo, made.number, marker=MARKER)


def test_one_comment_per_kind_is_edited_and_quotations_are_left_alone(scene: Scene) -> None:
    repo, made = opened(scene)
    marker = "<!-- sortie run=R-1 kind=status -->"
    act = {"as": "priya", "do": "comment", "repo": repo, "number": made.number}
    scene.control("POST", "/act", {**act, "body": f"> {marker}\nwhat is this?"})
    first = scene.app.upsert_comment(repo, made.number, marker=marker, body=f"{marker}\nStopped.")
    again = scene.app.upsert_comment(repo, made.number, marker=marker, body=f"{marker}\nStopped again.")
    other = scene.app.upsert_comment(repo, made.number, marker=marker.replace("R-1", "R-2"), body="Other")
    assert first == again != other


def test_a_merge_by_a_person_is_seen(scene: Scene) -> None:
    repo, made = opened(scene)
    scene.app.mark_ready(repo, made.number)
    scene.control("POST", "/act", {"as": "olga", "do": "merge", "repo": repo, "number": made.number})
    seen = scene.app.pull_request(repo, made.number)
    assert seen.merged and seen.state == "closed" and seen.closed_by == "olga" and seen.merged_at


def test_two_kinds_of_comment_of_one_run_do_not_overwrite_each_other(scene: Scene) -> None:
    repo, made = opened(scene)
    kinds = [f"<!-- sortie run=R-1 kind={kind} -->" for kind in ("status", "answer to=comment:5")]
    for text in ("one", "two"):
        for marker in kinds:
            scene.app.upsert_comment(repo, made.number, marker=marker, body=f"{marker}\n{text}")
    rows = list(scene.app._github.pages(repo, f"/issues/{made.number}/comments"))
    assert sorted(row["body"] for row in rows) == sorted(f"{marker}\ntwo" for marker in kinds)


def reviewed(scene: Scene, repo: str, number: int, login: str = "priya") -> int:
    """A review with one comment on a line; the comment's id."""
    act = {"as": login, "do": "review", "repo": repo, "number": number}
    line = {"path": "app.py", "line": 2, "side": "RIGHT", "body": "Rename it."}
    scene.control("POST", "/act", {**act, "comments": [line]})
    return int(next(iter(scene.app._github.pages(repo, f"/pulls/{number}/comments")))["id"])


def test_an_answer_stands_once_in_the_thread_however_often_it_is_tried(scene: Scene) -> None:
    repo, made = opened(scene)
    comment = reviewed(scene, repo, made.number)
    marker = f"<!-- sortie run=R-1 kind=answer to=inline:{comment} -->"
    urls = {
        scene.app.reply(repo, made.number, thread=comment, marker=marker, body=f"{marker}\nFixed.")
        for _ in range(2)
    }
    rows = list(scene.app._github.pages(repo, f"/pulls/{made.number}/comments"))
    assert len(urls) == 1 and [row.get("in_reply_to_id") for row in rows] == [None, comment]


@pytest.mark.parametrize("inline", [True, False])
def test_a_reaction_is_one_however_often_it_is_given(scene: Scene, inline: bool) -> None:
    repo, made = opened(scene)
    comment = reviewed(scene, repo, made.number)
    if not inline:
        act = {"as": "priya", "do": "comment", "repo": repo, "number": made.number, "body": "@sortie hold"}
        comment = int(scene.control("POST", "/act", act)["id"])
    for _ in range(2):
        scene.app.react(repo, comment=comment, inline=inline, content="eyes")
    path = f"/{'pulls' if inline else 'issues'}/comments/{comment}/reactions"
    assert [row["content"] for row in scene.app._github.pages(repo, path)] == ["eyes"]


def test_reviews_are_listed_with_who_gave_them_for_which_head(scene: Scene) -> None:
    repo, made = opened(scene)
    for do in ("approve", "review"):
        scene.control(
            "POST", "/act", {"as": "priya", "do": do, "repo": repo, "number": made.number, "body": "Fine."}
        )
    found = scene.app.reviews(repo, made.number)
    assert [(r.login, r.state, r.head_oid) for r in found] == [
        ("priya", "approved", made.head_oid),
        ("priya", "commented", made.head_oid),
    ]
    assert found[0].user_id == scene.app.held(repo, login="priya").user_id > 0


def test_a_label_is_taken_off_and_one_that_is_not_on_is_no_error(scene: Scene) -> None:
    repo, made = opened(scene)
    scene.app.add_labels(repo, made.number, labels=("sortie", "sortie:hold"))
    for _ in range(2):
        scene.app.remove_label(repo, made.number, label="sortie:hold")
    rows = scene.app._github.pages(repo, f"/issues/{made.number}/labels")
    assert [row["name"] for row in rows] == ["sortie"]


def test_a_label_is_made_in_its_colour_and_one_that_is_there_is_left_alone(scene: Scene) -> None:
    """UX 9.6. It is made once by one process, and never again where a person took it away."""
    repo, made = opened(scene)
    ours = (Label("risk:low", "c2e0c6", "Harmless"), Label("Sortie", "5b5fc7", "Ours"))
    scene.app._github.request(repo, "POST", "/labels", body={"name": "sortie", "color": "ffffff"})
    for _ in range(2):
        scene.app.make_labels(repo, ours)
    scene.app.add_labels(repo, made.number, labels=("risk:low", "sortie"))
    rows = scene.app._github.pages(repo, f"/issues/{made.number}/labels")
    assert {(row["name"], row["color"], row["description"]) for row in rows} == {
        ("risk:low", "c2e0c6", "Harmless"),
        ("sortie", "ffffff", None),
    }
    assert [path.endswith("/labels") for path in scene.requests("POST")].count(True) == 4
