"""GitHub's deliveries through the real door."""

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from tasks.domain.decisions import RepoChosen
from tasks.domain.facts import PullRequestMoved
from tasks.domain.results import BranchPushed, PullRequestOpened
from tasks.settings import GitHubSettings
from tests.support.front_door import GITHUB_SECRET, FrontDoor, front_door
from tests.support.requests import a_request

HEAD = "a" * 40


@pytest.fixture
def door(tmp_path: Path) -> Iterator[FrontDoor]:
    with front_door(tmp_path) as running:
        yield running


def send(
    door: FrontDoor,
    event: str,
    payload: Any,
    *,
    delivery: str = "d-1",
    secret: str = GITHUB_SECRET,
    raw: bytes | None = None,
) -> httpx2.Response:
    body = json.dumps(payload).encode() if raw is None else raw
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "x-github-event": event,
        "x-github-delivery": delivery,
        "x-hub-signature-256": f"sha256={digest}",
        "content-type": "application/json",
    }
    return door.http.post(f"{door.url}/hooks/github", content=body, headers=headers)


def check_run(*, head: str = HEAD, name: str = "tests", action: str = "completed") -> dict[str, Any]:
    return {
        "action": action,
        "check_run": {"id": 5, "head_sha": head, "name": name, "pull_requests": []},
        "repository": {"full_name": "acme/api"},
        "sender": {"login": "ci", "id": 9, "type": "Bot"},
    }


def pull_request(action: str, *, merged: bool = False) -> dict[str, Any]:
    return {
        "action": action,
        "number": 7,
        "pull_request": {"number": 7, "state": "closed", "merged": merged, "head": {"sha": HEAD, "ref": "x"}},
        "repository": {"full_name": "acme/api"},
        "sender": {"login": "ada", "id": 1, "type": "User"},
    }


def pushed_run(door: FrontDoor) -> str:
    with door.store.writing() as tx:
        run = tx.start_run(a_request(), "Return 422")
        tx.append(run.id, RepoChosen("acme/api", "channel default", None, "ada"))
        tx.append(run.id, BranchPushed("sortie/R-1001-x", HEAD))
        tx.append(run.id, PullRequestOpened(7, "http://127.0.0.1/pull/7", HEAD))
    return run.id


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("check_run", check_run()),
        ("check_suite", {"action": "completed", "check_suite": {"head_sha": HEAD}}),
        ("workflow_run", {"action": "completed", "workflow_run": {"head_sha": HEAD, "name": "ci"}}),
        ("status", {"state": "success", "sha": HEAD, "context": "ci/x"}),
    ],
)
def test_moving_checks_reach_the_run_on_that_head(
    door: FrontDoor, event: str, payload: dict[str, Any]
) -> None:
    run_id = pushed_run(door)
    answer = send(door, event, payload | {"repository": {"full_name": "acme/api"}})
    assert (answer.status_code, answer.json()) == (202, {"runs": [run_id]})
    assert door.facts(run_id)[-1] == "CiChanged"


def test_checks_of_an_unknown_commit_are_ignored_but_remembered(door: FrontDoor) -> None:
    assert send(door, "check_run", check_run(head="b" * 40)).status_code == 200
    assert send(door, "check_run", check_run(head="b" * 40)).json() == {"duplicate": True}


def test_a_repeated_delivery_counts_once_even_under_a_new_id(door: FrontDoor) -> None:
    run_id = pushed_run(door)
    assert send(door, "check_run", check_run()).status_code == 202
    assert send(door, "check_run", check_run()).json() == {"duplicate": True}
    assert send(door, "check_run", check_run(), delivery="d-2").json() == {"duplicate": True}
    assert door.facts(run_id).count("CiChanged") == 1


def test_our_own_check_runs_do_not_wake_us(door: FrontDoor) -> None:
    run_id = pushed_run(door)
    assert send(door, "check_run", check_run(name="sortie/review")).status_code == 200
    assert "CiChanged" not in door.facts(run_id)


def test_a_merged_pull_request_ends_its_run(door: FrontDoor) -> None:
    run_id = pushed_run(door)
    assert send(door, "pull_request", pull_request("closed", merged=True)).status_code == 202
    with door.store.reading() as tx:
        run = tx.load(run_id)
        event = tx.events(run_id)[-1].event
    assert run is not None and run.state == "merged"
    assert event == PullRequestMoved(7, "closed", True, HEAD, "ada")


def test_a_label_on_a_pull_request_is_nothing_to_us(door: FrontDoor) -> None:
    run_id = pushed_run(door)
    assert send(door, "pull_request", pull_request("labeled")).status_code == 200
    assert "PullRequestMoved" not in door.facts(run_id)


def test_a_ping_and_an_unknown_event_are_answered(door: FrontDoor) -> None:
    assert send(door, "ping", {"hook_id": 1, "zen": "x"}).status_code == 200
    assert send(door, "sponsorship", {"repository": {"full_name": "a/b"}}).status_code == 200


def test_the_form_variant_is_understood(door: FrontDoor) -> None:
    run_id = pushed_run(door)
    raw = urlencode({"payload": json.dumps(check_run())}).encode()
    assert send(door, "check_run", None, raw=raw).json() == {"runs": [run_id]}


def test_unicode_is_verified_on_the_bytes_as_sent(door: FrontDoor) -> None:
    raw = '{"zen": "café ☃",\n  "hook_id":1}'.encode()
    assert send(door, "ping", None, raw=raw).status_code == 200


@pytest.mark.parametrize("raw", [b"", b"x", b"[]", b"[" * 200_000, b"\xff\xfe", b"17"])
def test_signed_junk_is_400(door: FrontDoor, raw: bytes) -> None:
    assert send(door, "check_run", None, raw=raw).status_code == 400


def test_a_wrong_signature_is_401(door: FrontDoor) -> None:
    url, body = f"{door.url}/hooks/github", b"{}"
    right = "sha256=" + hmac.new(GITHUB_SECRET.encode(), body, hashlib.sha256).hexdigest()
    name = "x-hub-signature-256"
    junk: list[list[tuple[str, str]]] = [
        [],
        [("x-hub-signature", "sha1=" + "0" * 40)],
        [(name, right[:-1])],
        [(name, right.upper())],
        [(name, right), (name, right)],
        [(name, "")],
        [(name, "sha256=" + "0" * 5000)],
    ]
    for headers in junk:
        assert door.http.post(url, content=body, headers=headers).status_code == 401, headers
    assert send(door, "ping", {}, secret="8f742231b10e8888abcd99yyyzzz85a5").status_code == 401
    raw = [(name.encode(), "sha256=é".encode("latin-1"))]
    assert door.http.request("POST", url, content=body, headers=raw).status_code == 401


def test_twenty_five_megabytes_are_too_much(door: FrontDoor) -> None:
    where = urlsplit(door.url)
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=20) as wire:
        size = 25 * 1024 * 1024 + 1
        wire.sendall(f"POST /hooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
        assert b" 413 " in wire.recv(200)


def test_both_secrets_count_while_one_is_being_replaced(tmp_path: Path) -> None:
    both = GitHubSettings(webhook_secret=SecretStr("new"), previous_webhook_secret=SecretStr("old"))
    with front_door(tmp_path, github=both) as door:
        assert send(door, "ping", {"hook_id": 1}, secret="old").status_code == 200
        assert send(door, "ping", {"hook_id": 1}, secret="new").status_code == 200
        assert send(door, "ping", {"hook_id": 1}, secret="").status_code == 401


def test_without_a_secret_nobody_is_believed(tmp_path: Path) -> None:
    with front_door(tmp_path, github=GitHubSettings()) as door:
        assert send(door, "ping", {"hook_id": 1}, secret="").status_code == 401


def test_health_and_security_headers(door: FrontDoor) -> None:
    for path in ("/healthz", "/readyz"):
        answer = door.http.get(door.url + path)
        assert answer.status_code == 200
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert door.http.get(f"{door.url}/docs").status_code == 404


REPO = {"full_name": "acme/api", "default_branch": "main"}


def reverting(number: int = 15) -> dict[str, Any]:
    """A merged pull request of somebody else, in GitHub's own words."""
    pull = {
        "number": number, "state": "closed", "merged": True, "title": 'Revert "Return 422"', "body": "Reverts acme/api#7",
        "head": {"sha": "b" * 40, "ref": "revert-7"}, "base": {"ref": "main"}, "merge_commit_sha": "c" * 40,
    }  # fmt: skip
    return {"action": "closed", "number": number, "pull_request": pull, "repository": REPO, "sender": BEN}


def pushing(message: str, *, ref: str = "refs/heads/main") -> dict[str, Any]:
    commit = {"id": "d" * 40, "message": message, "added": [], "modified": ["a.py"], "removed": []}
    return {"ref": ref, "commits": [commit], "repository": REPO, "sender": BEN}


BEN = {"login": "ben", "id": 2, "type": "User"}


def undone(door: FrontDoor, run_id: str) -> list[str]:
    with door.store.reading() as tx:
        run = tx.load(run_id)
    assert run is not None
    return [f"{u.how} {u.by}" for u in run.undone]


def test_a_merged_pull_request_of_somebody_else_that_reverts_ours_is_kept_with_our_run(
    door: FrontDoor,
) -> None:
    run_id = pushed_run(door)
    assert send(door, "pull_request", reverting()).json()["ignored"]
    merged = pull_request("closed", merged=True)
    assert send(door, "pull_request", merged, delivery="d-2").status_code == 202
    assert send(door, "pull_request", reverting(16), delivery="d-3").status_code == 202
    assert undone(door, run_id) == ["revert #16"]
    assert send(door, "pull_request", reverting(17), delivery="d-4").json()["ignored"]


def test_a_pushed_revert_of_our_commit_is_kept_on_the_default_branch_alone(door: FrontDoor) -> None:
    run_id = pushed_run(door)
    send(door, "pull_request", pull_request("closed", merged=True))
    words = f'Revert "Return 422"\n\nThis reverts commit {HEAD}.'
    assert send(door, "push", pushing(words, ref="refs/heads/x"), delivery="d-2").json()["ignored"]
    assert send(door, "push", pushing("Add a page"), delivery="d-3").json()["ignored"]
    assert undone(door, run_id) == []
    assert send(door, "push", pushing(words), delivery="d-4").status_code == 202
    assert undone(door, run_id) == ["revert " + "d" * 40]
