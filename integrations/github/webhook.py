"""GitHub's deliveries: verified over the raw bytes, then parsed into typed values. No I/O; junk never raises."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from integrations.github.inbound import (
    ButtonPressed,
    ChecksMoved,
    Ignored,
    Inbound,
    Ping,
    PullRequestChanged,
    Pushed,
    PushedCommit,
    ReviewDismissed,
    Sender,
    Wrote,
)
from integrations.signatures import Headers, SignatureCheck, decoded, same, single

_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class GitHubSignature:
    """X-Hub-Signature-256 (https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries).

    `previous` is the secret before the last rotation, "" for none. Raises ValueError when `secret` is empty.
    """

    secret: str
    previous: str = ""

    def __post_init__(self) -> None:
        if not self.secret.strip():
            raise ValueError("the GitHub webhook secret is empty")

    def check(self, headers: Headers, body: bytes) -> SignatureCheck:
        """`headers` as pairs lets a repeated header be seen."""
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        signature = single(pairs, "x-hub-signature-256")
        if signature is None:
            return SignatureCheck.missing
        if not re.fullmatch(r"sha256=[0-9a-f]{64}", signature):
            return SignatureCheck.malformed
        secrets = [s for s in (self.secret, self.previous) if s.strip()]
        matches = [same("sha256=" + _digest(s, body), signature) for s in secrets]
        return SignatureCheck.ok if any(matches) else SignatureCheck.mismatch


def _digest(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def parse(headers: Headers, body: bytes) -> Inbound:
    """A verified delivery; JSON, or the form variant with JSON in `payload`. Anything else is Ignored."""
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    event = single(pairs, "x-github-event") or ""
    delivery = single(pairs, "x-github-delivery") or ""
    raw = body
    if body.startswith(b"payload="):
        try:
            raw = parse_qs(body.decode("utf-8"), max_num_fields=10)["payload"][0].encode()
        except (ValueError, KeyError):
            return Ignored("a form without payload")
    return parse_event(event, delivery, decoded(raw))


def parse_event(event: str, delivery_id: str, payload: object) -> Inbound:
    """One event by its name and decoded body (https://docs.github.com/webhooks/webhook-events-and-payloads)."""
    body = _map(payload)
    if not body:
        return Ignored("no JSON object")
    if event == "ping":
        return Ping(delivery_id, _int(body, "hook_id"))
    repo = _str(_map(body.get("repository")), "full_name")
    if not repo:
        return Ignored(f"{event[:60]} without a repository")
    if event == "pull_request":
        return _pull_request(delivery_id, repo, body)
    if event == "issue_comment":
        return _comment(delivery_id, repo, body)
    if event == "pull_request_review":
        return _review(delivery_id, repo, body)
    if event == "pull_request_review_comment":
        return _inline(delivery_id, repo, body)
    if event == "check_run" and body.get("action") == "requested_action":
        return _button(delivery_id, repo, body)
    if event == "push":
        return _push(delivery_id, repo, body)
    if event == "status":
        return _checks(delivery_id, repo, body, source=event, subject=body)
    if event in ("check_run", "check_suite", "workflow_run"):
        return _checks(delivery_id, repo, body, source=event, subject=_map(body.get(event)))
    return Ignored(f"event {event[:60]}" if event else "no event name")


def _checks(
    delivery_id: str, repo: str, body: Mapping[str, Any], *, source: str, subject: Mapping[str, Any]
) -> Inbound:
    head = _str(subject, "sha" if source == "status" else "head_sha")
    if not _OID.fullmatch(head):
        return Ignored(f"{source} without a commit")
    action = _str(body, "state" if source == "status" else "action")
    name = _str(subject, "context" if source == "status" else "name") or _str(
        _map(subject.get("app")), "slug"
    )
    pulls = subject.get("pull_requests")
    numbers = [_int(_map(p), "number") for p in pulls] if isinstance(pulls, list) else []
    return ChecksMoved(
        delivery_id=delivery_id,
        repo=repo,
        head_oid=head,
        source=source,
        action=action,
        name=name,
        sender=_sender(body),
        pull_requests=tuple(n for n in numbers if n > 0),
    )


def _pull_request(delivery_id: str, repo: str, body: Mapping[str, Any]) -> Inbound:
    pull = _map(body.get("pull_request"))
    number = _int(pull, "number") or _int(body, "number")
    head = _map(pull.get("head"))
    oid = _str(head, "sha")
    if number <= 0 or not _OID.fullmatch(oid):
        return Ignored("pull_request without number or head")
    return PullRequestChanged(
        delivery_id=delivery_id,
        repo=repo,
        number=number,
        action=_str(body, "action"),
        state=_str(pull, "state"),
        merged=pull.get("merged") is True or isinstance(pull.get("merged_at"), str),
        draft=pull.get("draft") is True,
        head_oid=oid,
        head_ref=_str(head, "ref"),
        sender=_sender(body),
        title=_str(pull, "title"),
        body=_str(pull, "body"),
        merge_oid=_str(pull, "merge_commit_sha"),
        to_default=_str(_map(pull.get("base")), "ref")
        == _str(_map(body.get("repository")), "default_branch")
        != "",
    )


def _push(delivery_id: str, repo: str, body: Mapping[str, Any]) -> Inbound:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#push"""
    ref, default = _str(body, "ref"), _str(_map(body.get("repository")), "default_branch")
    found = body.get("commits")
    commits = tuple(map(_pushed, map(_map, found))) if isinstance(found, list) else ()
    return Pushed(
        delivery_id, repo, ref, bool(default) and ref == f"refs/heads/{default}", commits, _sender(body)
    )


def _pushed(commit: Mapping[str, Any]) -> PushedCommit:
    listed = [commit.get(kind) for kind in ("added", "modified", "removed")]
    paths = [path for part in listed if isinstance(part, list) for path in part if isinstance(path, str)]
    return PushedCommit(_str(commit, "id"), _str(commit, "message"), tuple(dict.fromkeys(paths)))


def _comment(delivery_id: str, repo: str, body: Mapping[str, Any]) -> Inbound:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#issue_comment"""
    issue, said = _map(body.get("issue")), _map(body.get("comment"))
    if body.get("action") != "created" or not (_int(issue, "number") and _int(said, "id")):
        return Ignored(f"issue_comment {_str(body, 'action')[:60]}")
    return Wrote(
        delivery_id,
        repo,
        _int(issue, "number"),
        on_pull=isinstance(issue.get("pull_request"), dict),
        place="comment",
        id=_int(said, "id"),
        body=_str(said, "body"),
        sender=_sender(body),
        by_app=isinstance(said.get("performed_via_github_app"), dict),
        title=_str(issue, "title"),
        text=_str(issue, "body"),
        installation=_int(_map(body.get("installation")), "id"),
    )


def _review(delivery_id: str, repo: str, body: Mapping[str, Any]) -> Inbound:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request_review"""
    pull, said = _map(body.get("pull_request")), _map(body.get("review"))
    action, number = _str(body, "action"), _int(pull, "number")
    if action == "dismissed" and number:
        return ReviewDismissed(delivery_id, repo, number)
    if action != "submitted" or not (number and _int(said, "id")):
        return Ignored(f"pull_request_review {action[:60]}")
    return Wrote(
        delivery_id,
        repo,
        number,
        on_pull=True,
        place="review",
        id=_int(said, "id"),
        body=_str(said, "body"),
        sender=_sender(body),
        by_app=isinstance(said.get("performed_via_github_app"), dict),
        state=_str(said, "state").lower(),
        head_oid=_str(said, "commit_id"),
        title=_str(pull, "title"),
        text=_str(pull, "body"),
        installation=_int(_map(body.get("installation")), "id"),
    )


def _inline(delivery_id: str, repo: str, body: Mapping[str, Any]) -> Inbound:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request_review_comment"""
    pull, said = _map(body.get("pull_request")), _map(body.get("comment"))
    if body.get("action") != "created" or not (_int(pull, "number") and _int(said, "id")):
        return Ignored(f"pull_request_review_comment {_str(body, 'action')[:60]}")
    return Wrote(
        delivery_id,
        repo,
        _int(pull, "number"),
        on_pull=True,
        place="inline",
        id=_int(said, "id"),
        body=_str(said, "body"),
        sender=_sender(body),
        by_app=isinstance(said.get("performed_via_github_app"), dict),
        path=_str(said, "path"),
        line=_int(said, "line") if said.get("side") != "LEFT" else 0,
        thread=_int(said, "in_reply_to_id") or _int(said, "id"),
        review=_int(said, "pull_request_review_id"),
        head_oid=_str(said, "commit_id"),
        title=_str(pull, "title"),
        text=_str(pull, "body"),
        installation=_int(_map(body.get("installation")), "id"),
    )


def _button(delivery_id: str, repo: str, body: Mapping[str, Any]) -> Inbound:
    """https://docs.github.com/rest/guides/using-the-rest-api-to-interact-with-checks#check-runs-and-requested-actions"""
    run = _map(body.get("check_run"))
    head, action = _str(run, "head_sha"), _str(_map(body.get("requested_action")), "identifier")
    if not _OID.fullmatch(head) or not action:
        return Ignored("a button without a commit or an action")
    external = _str(run, "external_id")
    return ButtonPressed(delivery_id, repo, head, _int(run, "id"), external, action, _sender(body))


def _sender(body: Mapping[str, Any]) -> Sender:
    sender = _map(body.get("sender"))
    return Sender(_str(sender, "login"), _int(sender, "id"), _str(sender, "type"))


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _str(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _int(values: Mapping[str, Any], key: str) -> int:
    value = values.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
