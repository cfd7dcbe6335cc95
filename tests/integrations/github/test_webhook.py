"""GitHub's deliveries: vectors, junk, and every published example of the events we hear."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.github.inbound import (
    ButtonPressed,
    ChecksMoved,
    Ignored,
    Ping,
    PullRequestChanged,
    Pushed,
    PushedCommit,
    ReviewDismissed,
    Sender,
    Wrote,
)
from integrations.github.webhook import GitHubSignature, parse, parse_event

EXAMPLES = json.loads((Path(__file__).parent / "fixtures/octokit-webhooks-examples-7.6.1.json").read_text())[
    "events"
]
CASES = [(event["name"], example) for event in EXAMPLES for example in event["examples"]]
SECRET = "It's a Secret to Everybody"
DOCUMENTED = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def header(value: str) -> dict[str, str]:
    return {"X-Hub-Signature-256": value}


def test_the_documented_signature_is_believed() -> None:
    assert GitHubSignature(SECRET).check(header(DOCUMENTED), b"Hello, World!")


def test_the_signature_is_over_raw_bytes_outside_ascii_too() -> None:
    signature = "sha256=eb728492294a989671bebf7ed244d9136ae0db2cf42e3d83efbd99cb1590bfce"
    assert GitHubSignature("s3crét").check(header(signature), '{"title":"café ☃"}'.encode())


def test_the_secret_before_the_rotation_is_still_believed() -> None:
    assert GitHubSignature("new secret", previous=SECRET).check(header(DOCUMENTED), b"Hello, World!")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature": "sha1=" + "0" * 40},
        header("sha256=" + "0" * 64),
        header(DOCUMENTED[:-1]),
        header(DOCUMENTED.upper()),
        header("sha256=" + DOCUMENTED[7:].upper()),
        header("sha256=é" + "0" * 63),
        header("sha256=" + "9" * 5000),
        [("X-Hub-Signature-256", DOCUMENTED), ("x-hub-signature-256", DOCUMENTED)],
    ],
)
def test_a_wrong_missing_or_repeated_signature_is_not_believed(headers: Any) -> None:
    assert not GitHubSignature(SECRET).check(headers, b"Hello, World!")


@pytest.mark.parametrize("secret", ["", "  "])
def test_an_empty_secret_is_refused_at_start(secret: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        GitHubSignature(secret)


def test_an_empty_previous_secret_signs_nothing() -> None:
    forged = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    assert not GitHubSignature(SECRET, previous="").check(header(f"sha256={forged}"), b"{}")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["X-Hub-Signature-256", "X-GitHub-Event"]), st.text()), st.binary())
def test_junk_headers_and_bodies_never_raise(headers: dict[str, str], body: bytes) -> None:
    assert not GitHubSignature(SECRET).check(headers, body)
    parse(headers, body)


@pytest.mark.parametrize(("event", "payload"), CASES)
def test_every_published_example_is_understood(event: str, payload: dict[str, Any]) -> None:
    heard = parse_event(event, "d-1", payload)
    if event == "ping":
        assert isinstance(heard, Ping)
        return
    repo, sender = payload["repository"]["full_name"], payload["sender"]
    if event == "pull_request":
        pull = payload["pull_request"]
        assert isinstance(heard, PullRequestChanged)
        assert (heard.number, heard.action) == (pull["number"], payload["action"])
        assert heard.merged is bool(pull.get("merged")) and heard.head_oid == pull["head"]["sha"]
    elif payload.get("action") == "requested_action":
        assert isinstance(heard, ButtonPressed) and heard.action == payload["requested_action"]["identifier"]
    else:
        assert isinstance(heard, ChecksMoved)
        subject = payload if event == "status" else payload[event]
        assert heard.head_oid == subject["sha" if event == "status" else "head_sha"]
        assert heard.name or event in ("check_suite", "workflow_run")
    assert heard.repo == repo
    assert (heard.sender.login, heard.sender.id, heard.sender.kind) == (
        sender["login"],
        sender["id"],
        sender["type"],
    )


def test_the_examples_are_all_there() -> None:
    counted = {event["name"]: len(event["examples"]) for event in EXAMPLES}
    assert counted == {
        "check_run": 9,
        "check_suite": 9,
        "ping": 4,
        "pull_request": 29,
        "status": 4,
        "workflow_run": 5,
    }


def test_a_merge_is_told_from_a_close() -> None:
    closed = [p for e, p in CASES if e == "pull_request" and p["action"] == "closed"]
    told = [parse_event("pull_request", "d", p) for p in closed]
    assert all(isinstance(t, PullRequestChanged) and t.state == "closed" for t in told)


def test_our_own_checks_are_recognised_by_name() -> None:
    payload = next(p for e, p in CASES if e == "check_run")
    ours = {**payload, "check_run": {**payload["check_run"], "name": "sortie/review"}}
    heard = parse_event("check_run", "d", ours)
    assert isinstance(heard, ChecksMoved) and heard.own


@pytest.mark.parametrize("event", ["deployment", "star", "", "pull_request"])
def test_everything_else_is_ignored_with_a_reason(event: str) -> None:
    heard = parse_event(event, "d", {"repository": {"full_name": "acme/api"}})
    assert isinstance(heard, Ignored) and heard.reason


def test_the_form_variant_is_read() -> None:
    body = b"payload=" + json.dumps({"zen": "x", "hook_id": 7}).replace(" ", "").encode()
    assert parse({"X-GitHub-Event": "ping", "X-GitHub-Delivery": "d"}, body) == Ping("d", 7)


def test_json_nested_too_deep_is_ignored() -> None:
    heard = parse({"X-GitHub-Event": "pull_request"}, b"[" * 100_000)
    assert isinstance(heard, Ignored)


REPO = {"repository": {"full_name": "acme/api"}, "sender": {"login": "ben", "id": 9, "type": "User"}}
PULL = {"number": 812, "title": "Fix it", "head": {"sha": "a" * 40}}


def test_a_comment_is_heard_when_it_is_written_and_not_when_it_is_edited() -> None:
    payload = {
        "issue": {"number": 812, "title": "Fix it", "pull_request": {}},
        "comment": {"id": 5, "body": "hi"},
        **REPO,
    }
    heard = parse_event("issue_comment", "d", {"action": "created", **payload})
    assert heard == Wrote(
        "d", "acme/api", 812, True, "comment", 5, "hi", Sender("ben", 9, "User"), title="Fix it"
    )
    for action in ("edited", "deleted"):
        assert isinstance(parse_event("issue_comment", "d", {"action": action, **payload}), Ignored)


def test_a_review_is_heard_with_its_state_and_a_dismissal_too() -> None:
    review = {"id": 60, "body": None, "state": "APPROVED", "commit_id": "a" * 40}
    heard = parse_event(
        "pull_request_review", "d", {"action": "submitted", "pull_request": PULL, "review": review, **REPO}
    )
    assert isinstance(heard, Wrote) and (heard.place, heard.id, heard.state, heard.body) == (
        "review",
        60,
        "approved",
        "",
    )
    gone = parse_event(
        "pull_request_review", "d", {"action": "dismissed", "pull_request": PULL, "review": review, **REPO}
    )
    assert gone == ReviewDismissed("d", "acme/api", 812)


def test_a_comment_on_a_line_is_heard_with_its_place_and_thread() -> None:
    comment = {
        "id": 7,
        "body": "Rename it.",
        "path": "a.py",
        "line": 3,
        "side": "RIGHT",
        "pull_request_review_id": 60,
    }
    event, rest = "pull_request_review_comment", {"action": "created", "pull_request": PULL, **REPO}
    heard = parse_event(event, "d", {"comment": comment, **rest})
    assert isinstance(heard, Wrote)
    assert (heard.place, heard.path, heard.line, heard.thread, heard.review) == ("inline", "a.py", 3, 7, 60)
    reply = parse_event(
        event, "d", {"comment": {**comment, "id": 8, "in_reply_to_id": 7, "side": "LEFT"}, **rest}
    )
    assert isinstance(reply, Wrote) and (reply.thread, reply.line) == (7, 0)
    in_a_name = parse_event(
        event, "d", {"comment": {**comment, "performed_via_github_app": {"id": 1}}, **rest}
    )
    assert isinstance(in_a_name, Wrote) and in_a_name.by_app


def test_a_button_of_a_check_run_is_heard() -> None:
    run = {"id": 3, "head_sha": "a" * 40, "external_id": "R-1:review", "name": "sortie/review"}
    payload = {
        "action": "requested_action",
        "check_run": run,
        "requested_action": {"identifier": "fix"},
        **REPO,
    }
    heard = parse_event("check_run", "d", payload)
    assert isinstance(heard, ButtonPressed) and (heard.external_id, heard.action) == ("R-1:review", "fix")


def test_a_push_says_whether_it_went_to_the_default_branch_and_what_each_commit_touches() -> None:
    commit = {"id": "d" * 40, "message": "Fix", "added": ["b"], "modified": ["a", "b"], "removed": ["c"]}
    body = {
        "ref": "refs/heads/main",
        "commits": [commit, None],
        "repository": {"full_name": "acme/api", "default_branch": "main"},
    }
    heard = parse_event("push", "d", body)
    assert isinstance(heard, Pushed) and heard.to_default
    assert heard.commits == (PushedCommit("d" * 40, "Fix", ("b", "a", "c")), PushedCommit("", ""))
    other = parse_event("push", "d", {**body, "ref": "refs/heads/x"})
    assert isinstance(other, Pushed) and not other.to_default
    nowhere = parse_event("push", "d", {"ref": "refs/heads/", "repository": {"full_name": "acme/api"}})
    assert isinstance(nowhere, Pushed) and not nowhere.to_default
