"""Webhooks on the wire: signature, headers, shape of every payload, faults."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.hooks.deliveries import sign
from integrations.simulators.github.server import GitHubSimulator
from tests.integrations.simulators.github.conftest import APP_ID, SECRET, TOKENS, Inbox, Stage, until

SHAPES: dict[str, Any] = json.loads((Path(__file__).parent / "fixtures" / "webhooks.json").read_text())
JSON_NAMES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
# Every sample has these, but they depend on who owns the hook or the repository, or on what an App may do.
OPTIONAL = {
    "check_run.check_run.deployment",
    "ping.hook.last_response",
    "ping.hook.ping_url",
    "ping.hook.url",
    "ping.sender",
    "workflow_run.organization",
}


# Nullable in GitHub's OpenAPI description, never null in the few samples.
NULLABLE = ("description", "email", "language", "merge_commit_sha")


def problems(value: Any, shape: dict[str, Any], path: str) -> Iterator[str]:
    """Where a payload differs in type from GitHub's samples, or lacks a key that all of them have."""
    if value is None and path.rpartition(".")[2] in NULLABLE:
        return
    kind = "null" if value is None else JSON_NAMES[type(value)]
    if kind not in shape["types"] and shape["types"] != ["null"]:
        yield f"{path}: {kind}, the samples have {shape['types']}"
        return
    if isinstance(value, dict) and "keys" in shape:
        for key in () if path.endswith(".permissions") else shape["all"]:
            if key not in value and f"{path}.{key}" not in OPTIONAL:
                yield f"{path}.{key}: missing"
        for key, inner in value.items():
            if key in shape["keys"]:
                yield from problems(inner, shape["keys"][key], f"{path}.{key}")
    if isinstance(value, list) and "items" in shape:
        for inner in value:
            yield from problems(inner, shape["items"], f"{path}[]")


@pytest.fixture(scope="module")
def story(stage: Stage) -> str:
    """A repository in which everything happened that sends a webhook; its name."""
    name = stage.new_repo(ci={"jobs": [{"name": "tests", "command": "true"}]})
    stage.branch(name, "t", {"app.py": "def answer():\n    return 42\n"})
    repo = stage.as_app(name)
    pull = repo.create_pull("main", "t", title="T", body="B", draft=True)
    pull.mark_ready_for_review()
    pull.convert_to_draft()
    pull.mark_ready_for_review()
    pull.edit(title="New title")
    pull.add_to_labels("risk:low")
    pull.create_review_request(reviewers=["marco"])
    comment = pull.create_review_comment("why", repo.get_commit(pull.head.sha), "app.py", line=2)
    stage.act("priya", "reply", name, number=1, comment_id=comment.id, body="because")
    stage.act("marco", "approve", name, number=1)
    stage.act("priya", "resolve", name, number=1, comment_id=comment.id)
    stage.act("priya", "comment", name, number=1, body="@sortie help")
    repo.get_commit(pull.head.sha).create_status(
        "success", context="c", target_url="http://x.test", description="d"
    )
    repo.create_check_run("r", pull.head.sha, status="completed", conclusion="success")
    stage.branch(name, "t", {"more.py": "x = 1\n"})
    pull.edit(state="closed")
    pull.edit(state="open")
    stage.act("priya", "merge", name, number=1)
    stage.idle()
    return name


EXPECTED = {
    "check_run.completed",
    "check_run.created",
    "check_suite.completed",
    "check_suite.requested",
    "create",
    "issue_comment.created",
    "pull_request.closed",
    "pull_request.converted_to_draft",
    "pull_request.edited",
    "pull_request.labeled",
    "pull_request.opened",
    "pull_request.ready_for_review",
    "pull_request.reopened",
    "pull_request.review_requested",
    "pull_request.synchronize",
    "pull_request_review.submitted",
    "pull_request_review_comment.created",
    "pull_request_review_thread.resolved",
    "push",
    "status",
    "workflow_run.completed",
    "workflow_run.in_progress",
    "workflow_run.requested",
}


def test_everything_that_happened_was_told(stage: Stage, story: str) -> None:
    assert {h.name for h in stage.inbox.of(story)} >= EXPECTED


def test_every_payload_has_the_shape_of_github_s_samples(stage: Stage, story: str) -> None:
    found = {
        problem for h in stage.inbox.of(story) for problem in problems(h.payload, SHAPES[h.event], h.event)
    }
    assert not found, "\n".join(sorted(found))


def test_the_ping_and_installation_payloads_have_the_shape_of_the_samples(stage: Stage) -> None:
    first = [h for h in stage.inbox.hits if h.event in ("ping", "installation")]
    assert {h.name for h in first} == {"ping", "installation.created"}
    for hit in first:
        found = sorted(problems(hit.payload, SHAPES[hit.event], hit.event))
        assert not found, "\n".join(found)


def test_a_payload_of_another_shape_would_be_noticed() -> None:
    shape = SHAPES["pull_request"]
    assert "pull_request.number: string, the samples have ['number']" in problems(
        {"number": "1"}, shape, "pull_request"
    )
    assert "pull_request.action: missing" in problems({}, shape, "pull_request")


def test_headers_are_github_s_and_the_signature_is_over_the_raw_body(stage: Stage, story: str) -> None:
    hit = stage.inbox.of(story, "pull_request.opened")[0]
    expected = hmac.new(SECRET.encode(), hit.body, hashlib.sha256).hexdigest()
    assert hit.headers["X-Hub-Signature-256"] == f"sha256={expected}"
    assert re.fullmatch(r"GitHub-Hookshot/[0-9a-f]{7}", hit.headers["User-Agent"])
    assert str(uuid.UUID(hit.headers["X-GitHub-Delivery"])) == hit.headers["X-GitHub-Delivery"]
    assert hit.headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    assert hit.headers["X-GitHub-Hook-Installation-Target-ID"] == str(APP_ID)
    assert hit.headers["Content-Type"] == "application/json"
    assert hit.payload["installation"]["id"] > 0
    assert hit.payload["organization"]["login"] == "acme"
    guids = [h.headers["X-GitHub-Delivery"] for h in stage.inbox.of(story)]
    assert len(set(guids)) == len(guids)


@pytest.mark.parametrize(
    ("secret", "body", "digest"),
    [
        (
            "It's a Secret to Everybody",
            "Hello, World!",
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        ),
        (
            "s3crét",
            '{"title":"café ☃"}',
            "eb728492294a989671bebf7ed244d9136ae0db2cf42e3d83efbd99cb1590bfce",
        ),
    ],
)
def test_the_signature_matches_known_vectors(secret: str, body: str, digest: str) -> None:
    assert sign(secret, body.encode()) == f"sha256={digest}"


def pushed(stage: Stage, name: str) -> list[str]:
    return [h.payload["ref"].removeprefix("refs/heads/") for h in stage.inbox.of(name, "push")]


def test_a_dropped_delivery_never_comes(stage: Stage) -> None:
    name = stage.new_repo()
    stage.control("POST", "/faults", {"event": "push", "kind": "drop"})
    stage.branch(name, "lost", {"x": "1\n"})
    stage.branch(name, "seen", {"x": "2\n"})
    stage.inbox.wait(name, "push")
    assert pushed(stage, name) == ["seen"]
    listed = [d for d in stage.control("GET", "/deliveries") if d["event"] == "push"]
    lost = next(d for d in listed if d["payload"]["ref"] == "refs/heads/lost")
    stage.control("POST", f"/deliveries/{lost['id']}/attempts")
    stage.inbox.wait(name, "push", 2)
    assert pushed(stage, name) == ["seen", "lost"]


def test_a_duplicated_delivery_comes_twice_with_one_guid(stage: Stage) -> None:
    name = stage.new_repo()
    stage.control("POST", "/faults", {"event": "push", "kind": "duplicate"})
    stage.branch(name, "t", {"x": "1\n"})
    one, two = stage.inbox.wait(name, "push", 2)
    assert one.headers["X-GitHub-Delivery"] == two.headers["X-GitHub-Delivery"]
    assert one.body == two.body


def test_reordered_deliveries_come_backwards(stage: Stage) -> None:
    name = stage.new_repo()
    stage.control("POST", "/faults", {"event": "push", "kind": "reorder", "times": 3})
    for branch in ("one", "two", "three"):
        stage.branch(name, branch, {"x": branch})
    stage.inbox.wait(name, "push", 3)
    assert pushed(stage, name) == ["three", "two", "one"]


def test_a_delayed_delivery_is_overtaken(stage: Stage) -> None:
    name = stage.new_repo()
    stage.control("POST", "/faults", {"event": "push", "kind": "delay", "delay_s": 0.7})
    stage.branch(name, "late", {"x": "1\n"})
    stage.branch(name, "early", {"x": "2\n"})
    stage.inbox.wait(name, "push", 2)
    assert pushed(stage, name) == ["early", "late"]


def test_an_action_can_be_singled_out(stage: Stage) -> None:
    name = stage.new_repo()
    stage.branch(name, "t", {"x": "1\n"})
    stage.control("POST", "/faults", {"event": "pull_request", "action": "closed", "kind": "drop"})
    pull = stage.as_app(name).create_pull("main", "t", title="T", body="")
    pull.edit(state="closed")
    pull.edit(state="open")
    stage.inbox.wait(name, "pull_request.reopened")
    assert [h.name for h in stage.inbox.of(name, "pull_request")] == [
        "pull_request.opened",
        "pull_request.reopened",
    ]


def test_a_repository_hook_is_made_pinged_and_called(stage: Stage, inbox: Inbox) -> None:
    name = stage.new_repo()
    repo = stage.as_person("ada", name)
    url = inbox.url + "/repo-hook"
    hook = repo.create_hook("web", {"url": url, "content_type": "json", "secret": "k"}, ["push"], active=True)
    assert hook.config["secret"] == "********"
    ping = inbox.wait(name, "ping")[0]
    assert ping.payload["hook_id"] == hook.id
    stage.branch(name, "t", {"x": "1\n"})
    stage.idle()
    both = inbox.wait(name, "push", 2)
    kinds = {h.headers["X-GitHub-Hook-Installation-Target-Type"]: h for h in both}
    assert set(kinds) == {"integration", "repository"}
    mine = kinds["repository"]
    assert mine.headers["X-Hub-Signature-256"] == sign("k", mine.body)
    assert "installation" not in mine.payload
    assert [d.event for d in repo.get_hook_deliveries(hook.id)] == ["push", "ping"]
    hook.delete()
    assert list(repo.get_hooks()) == []


def test_only_admins_see_hooks(stage: Stage) -> None:
    name = stage.new_repo()
    assert stage.rest("GET", f"/repos/{name}/hooks", token=TOKENS["priya"]).status_code == 403
    assert stage.rest("GET", f"/repos/{name}/hooks", token=stage.installation_token(name)).status_code == 403


def test_a_receiver_that_hangs_or_is_gone_is_noted_and_not_tried_again(tmp_path: Path) -> None:
    config = GitHubSimConfig(
        root=tmp_path / "sim",
        webhook_url="http://127.0.0.1:9/closed",
        token=TOKENS["priya"],
        login="priya",
        webhook_timeout_s=0.3,
        seed={"repos": [{"full_name": "acme/x"}]},
    )
    with GitHubSimulator(config) as simulator:
        until(lambda: simulator.sim.deliveries.pending == 0, "the ping")
        attempts = [(d.event, d.status, d.status_code) for d in simulator.sim.deliveries.log]
        assert attempts == [("ping", "failed to connect to host", 0)]
