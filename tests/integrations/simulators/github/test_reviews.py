"""Reviews, review comments and threads."""

from __future__ import annotations

from typing import Any

import pytest
from github import GithubException
from github.PullRequest import PullRequest

from tests.integrations.simulators.github.conftest import TOKENS, Stage

BEFORE = {"a.py": "".join(f"line {n}\n" for n in range(1, 31)), "b.py": "b\n"}
CHANGED = BEFORE["a.py"].replace("line 10\n", "line ten\nline ten and a half\n")


@pytest.fixture
def pull(stage: Stage) -> PullRequest:
    name = stage.new_repo(BEFORE)
    stage.branch(name, "t", {"a.py": CHANGED})
    return stage.as_app(name).create_pull("main", "t", title="T", body="")


def name_of(pull: PullRequest) -> str:
    return pull.base.repo.full_name


def reason(error: pytest.ExceptionInfo[GithubException]) -> Any:
    assert error.value.status == 422
    assert isinstance(error.value.data, dict)
    return error.value.data["errors"]


def test_one_review_carries_all_its_comments(stage: Stage, pull: PullRequest) -> None:
    review = pull.create_review(
        body="Two things",
        event="COMMENT",
        comments=[
            {"path": "a.py", "line": 10, "side": "RIGHT", "body": "here"},
            {"path": "a.py", "line": 10, "side": "LEFT", "body": "and there"},
        ],
    )
    assert (review.state, review.commit_id) == ("COMMENTED", pull.head.sha)
    right, left = pull.get_review_comments()
    assert (right.line, right.side, right.body) == (10, "RIGHT", "here")
    assert right.diff_hunk.endswith("-line 10\n+line ten")
    assert left.diff_hunk.endswith("-line 10")
    stage.idle()
    name = name_of(pull)
    submitted = stage.inbox.of(name, "pull_request_review.submitted")
    assert [h.payload["review"]["state"] for h in submitted] == ["commented"]
    assert len(stage.inbox.of(name, "pull_request_review_comment.created")) == 2


@pytest.mark.parametrize("event", ["APPROVE", "REQUEST_CHANGES"])
def test_the_author_may_not_judge_their_own_pull_request(pull: PullRequest, event: str) -> None:
    with pytest.raises(GithubException) as error:
        pull.create_review(body="me", event=event)
    verb = "approve" if event == "APPROVE" else "request changes on"
    assert reason(error) == [f"Can not {verb} your own pull request"]
    assert pull.get_reviews().totalCount == 0


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ({"path": "a.py", "line": 29, "body": "x"}, "Line could not be resolved"),
        ({"path": "b.py", "line": 1, "body": "x"}, "Path could not be resolved"),
        ({"path": "a.py", "line": 10, "body": " "}, "Body can't be blank"),
    ],
)
def test_one_bad_comment_refuses_the_whole_review(
    pull: PullRequest, comment: dict[str, Any], message: str
) -> None:
    good = {"path": "a.py", "line": 10, "body": "fine"}
    with pytest.raises(GithubException) as error:
        pull.create_review(body="x", event="COMMENT", comments=[good, comment])  # type: ignore[list-item]  # bad on purpose
    assert reason(error) == [message]
    assert pull.get_review_comments().totalCount == 0


def test_a_review_without_words_is_refused_unless_it_approves(stage: Stage, pull: PullRequest) -> None:
    with pytest.raises(GithubException) as error:
        pull.create_review(event="COMMENT")
    assert reason(error) == ["Body can't be blank"]
    theirs = stage.as_person("marco", name_of(pull)).get_pull(pull.number)
    assert theirs.create_review(event="APPROVE").state == "APPROVED"


def test_a_single_comment_outside_the_diff_is_refused(stage: Stage, pull: PullRequest) -> None:
    commit = pull.base.repo.get_commit(pull.head.sha)
    with pytest.raises(GithubException) as error:
        pull.create_review_comment("x", commit, "a.py", line=29)
    assert reason(error)[0]["field"] == "pull_request_review_thread.line"
    made = pull.create_review_comment("x", commit, "a.py", line=11)
    assert made.line == 11


def test_a_thread_is_answered_resolved_and_unresolved(stage: Stage, pull: PullRequest) -> None:
    commit = pull.base.repo.get_commit(pull.head.sha)
    root = pull.create_review_comment("why?", commit, "a.py", line=10)
    answer = pull.create_review_comment_reply(root.id, "because")
    assert (answer.in_reply_to_id, answer.path, answer.line) == (root.id, "a.py", 10)
    gh = stage.github(TOKENS["priya"])
    query = """
    query($owner: String!, $name: String!, $number: Int!) {
      repository(owner: $owner, name: $name) { pullRequest(number: $number) {
        reviewThreads(first: 10) { totalCount nodes {
          id isResolved path comments(first: 5) { nodes { databaseId body author { login } } } } } } } }
    """
    owner, name = name_of(pull).split("/")
    variables = {"owner": owner, "name": name, "number": pull.number}
    _, data = gh.requester.graphql_query(query, variables)
    threads = data["data"]["repository"]["pullRequest"]["reviewThreads"]
    assert threads["totalCount"] == 1
    node = threads["nodes"][0]
    assert [c["databaseId"] for c in node["comments"]["nodes"]] == [root.id, answer.id]
    assert node["comments"]["nodes"][0]["author"]["login"] == "sortie"
    for mutation, resolved in (("resolveReviewThread", True), ("unresolveReviewThread", False)):
        _, answered = gh.requester.graphql_named_mutation(
            mutation, {"threadId": node["id"]}, "thread { isResolved resolvedBy { login } }"
        )
        assert answered["thread"]["isResolved"] is resolved
    stage.idle()
    actions = [h.payload["action"] for h in stage.inbox.of(name_of(pull), "pull_request_review_thread")]
    assert actions == ["resolved", "unresolved"]


def test_a_comment_follows_its_line_and_is_outdated_when_that_changes(
    stage: Stage, pull: PullRequest
) -> None:
    commit = pull.base.repo.get_commit(pull.head.sha)
    pull.create_review_comment("x", commit, "a.py", line=10)
    stage.branch(name_of(pull), "t", {"a.py": "zero\n" + CHANGED})
    moved = pull.get_review_comments()[0]
    assert (moved.line, moved.original_line) == (11, 10)
    stage.branch(name_of(pull), "t", {"a.py": "zero\n" + CHANGED.replace("line ten\n", "line X\n")})
    outdated = pull.get_review_comments()[0]
    assert (outdated.raw_data["line"], outdated.raw_data["position"], outdated.original_line) == (
        None,
        None,
        10,
    )


def test_a_pending_review_is_seen_by_its_author_alone(stage: Stage, pull: PullRequest) -> None:
    pending = pull.create_review(body="draft")
    assert pending.state == "PENDING"
    theirs = stage.as_person("marco", name_of(pull)).get_pull(pull.number)
    assert theirs.get_reviews().totalCount == 0
    with pytest.raises(GithubException) as error:
        pull.create_review(body="another")
    assert reason(error) == ["User can only have one pending review per pull request"]
    pending.delete()
    assert pull.get_reviews().totalCount == 0


def test_an_approval_can_be_dismissed(stage: Stage, pull: PullRequest) -> None:
    stage.act("marco", "approve", name_of(pull), number=pull.number)
    review = pull.get_reviews()[0]
    stage.as_person("priya", name_of(pull)).get_pull(pull.number).get_review(review.id).dismiss("stale")
    assert pull.get_review(review.id).state == "DISMISSED"


def test_a_reviewer_who_has_answered_is_no_longer_asked(stage: Stage, pull: PullRequest) -> None:
    pull.create_review_request(reviewers=["marco"])
    stage.act("marco", "request_changes", name_of(pull), number=pull.number, body="No")
    assert list(pull.get_review_requests()[0]) == []
    submitted = stage.inbox.wait(name_of(pull), "pull_request_review.submitted")[0].payload
    assert submitted["review"]["state"] == "changes_requested"


def test_a_comment_on_a_whole_file_and_on_several_lines(pull: PullRequest) -> None:
    commit = pull.base.repo.get_commit(pull.head.sha)
    whole = pull.create_review_comment("file", commit, "a.py", subject_type="file")
    assert whole.raw_data["subject_type"] == "file"
    many = pull.create_review_comment("lines", commit, "a.py", line=11, start_line=10, side="RIGHT")
    assert (many.start_line, many.line) == (10, 11)
