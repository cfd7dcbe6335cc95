"""schemathesis over our HTTP, from the schema that the application makes of itself: no answer is a 5xx.

The three doors that read a raw body have no schema of their own, and Slack's no place in it; theirs is written here. What is
made of it is signed as Slack, GitHub or the token's owner would sign it, so that it gets past the signature.
"""

import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from pydantic import SecretStr
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema

from bot.app import create_app
from tasks.settings import Settings
from tasks.store.engine import open_engine
from tasks.store.store import Store
from tests.support.front_door import GITHUB_SECRET, SLACK_SECRET, FrontDoor, front_door
from tests.support.web import NotedBell

TOKEN = "dashboard-token-of-this-test"
some = settings(
    max_examples=12, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
_ANY: dict[str, Any] = {"type": "object"}
_TEXT = {"type": "string"}
_BODIES: dict[str, dict[str, Any]] = {
    "/slack/events": {
        "type": "object",
        "required": ["type", "event", "event_id", "team_id"],
        "properties": {
            "type": {"enum": ["event_callback", "url_verification"]},
            "event_id": _TEXT,
            "team_id": _TEXT,
            "challenge": _TEXT,
            "event": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"enum": ["app_mention", "message", "reaction_added", "agent_session_stopped"]},
                    **dict.fromkeys(("user", "channel", "ts", "thread_ts", "text", "reaction"), _TEXT),
                    "item": _ANY,
                },
            },
        },
    },
    "/hooks/github": {
        "type": "object",
        "required": ["action", "repository", "sender"],
        "properties": {
            "action": {"enum": ["created", "closed", "submitted", "completed", "opened", "dismissed"]},
            "sender": {"type": "object", "properties": {"id": {"type": "integer"}, "login": _TEXT}},
            "repository": {"type": "object", "properties": {"full_name": _TEXT}},
            **dict.fromkeys(("issue", "comment", "pull_request", "review", "check_run"), _ANY),
        },
    },
    "/api/kill-switch": {
        "type": "object",
        "required": ["on"],
        "properties": {"on": {"type": "boolean"}, "reason": _TEXT},
    },
}
_EVENTS = {
    "enum": ["issue_comment", "pull_request", "pull_request_review", "check_run", "check_suite", "status"]
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    """A door with a run behind it, whose token is set."""
    with front_door(tmp_path_factory.mktemp("schema"), dashboard_token=SecretStr(TOKEN)) as running:
        running.says("<@U0SORTIE01> fix the currency bug in acme/api")
        yield running


@pytest.fixture(scope="module")
def described(known: FrontDoor, tmp_path_factory: pytest.TempPathFactory) -> BaseSchema:
    """The application's own schema, with the bodies of the raw doors."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'x.db'}")
    blank = Settings(_env_file=None, dashboard_token=SecretStr(TOKEN))
    document = create_app(blank, store=Store(engine), waker=NotedBell()).openapi()
    engine.dispose()
    document["paths"]["/slack/events"] = {"post": {"responses": {"200": {"description": "heard"}}}}
    for path, body in _BODIES.items():
        document["paths"][path]["post"]["requestBody"] = {"content": {"application/json": {"schema": body}}}
    named = {"name": "x-github-event", "in": "header", "required": True, "schema": _EVENTS}
    document["paths"]["/hooks/github"]["post"]["parameters"] = [named]
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=known.url)
    return schema


def test_no_answer_is_a_server_error(described: BaseSchema) -> None:
    asked: Counter[str] = Counter()
    for found in described.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()

        @given(case=operation.as_strategy())
        @some
        def answers(case: schemathesis.Case[Any]) -> None:
            raw = json.dumps(case.body).encode() if isinstance(case.body, dict) else b""
            case.body = raw if raw else case.body
            case.headers.update(_signed(case.path, raw))
            answer = case.call()
            case.validate_response(answer, checks=[not_a_server_error])
            asked[f"{case.method} {case.path} {answer.status_code}"] += 1

        answers()
    for taken in ("POST /slack/events 200", "POST /hooks/github 200", "POST /api/kill-switch 200"):
        assert asked[taken], f"nothing that was sent got this far: {taken} of {asked}"


def _signed(path: str, raw: bytes) -> dict[str, str]:
    match path:
        case "/slack/events":
            stamp = str(int(time.time()))
            base = f"v0:{stamp}:".encode() + raw
            return {
                "x-slack-request-timestamp": stamp,
                "x-slack-signature": f"v0={_hmac(SLACK_SECRET, base)}",
            }
        case "/hooks/github":
            return {"x-hub-signature-256": f"sha256={_hmac(GITHUB_SECRET, raw)}"}
    return {"authorization": f"Bearer {TOKEN}"}


def _hmac(secret: str, raw: bytes) -> str:
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
