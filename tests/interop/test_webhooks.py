"""Every published example of GitHub's webhooks, signed by GitHub's own library, through our real door."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from integrations.github.inbound import (
    ButtonPressed,
    ChecksMoved,
    Ignored,
    Ping,
    PullRequestChanged,
    Pushed,
    ReviewDismissed,
    Wrote,
)
from integrations.github.webhook import parse
from tests.interop.acting import Note
from tests.interop.programs import evaluated
from tests.interop.table import Row
from tests.support.front_door import GITHUB_SECRET, FrontDoor, front_door

EXAMPLES = "@octokit/webhooks-examples 7.6.1, signed by @octokit/webhooks-methods 6.0.0"
HEARD: dict[str, tuple[type, ...]] = {
    "check_run": (ChecksMoved, ButtonPressed),
    "check_suite": (ChecksMoved,),
    "issue_comment": (Wrote, Ignored),
    "ping": (Ping,),
    "pull_request": (PullRequestChanged,),
    "pull_request_review": (Wrote, ReviewDismissed, Ignored),
    "pull_request_review_comment": (Wrote, Ignored),
    "push": (Pushed, Ignored),
    "status": (ChecksMoved,),
    "workflow_run": (ChecksMoved,),
}
"""The events we subscribe to, and what each becomes."""
_SIGN = """
const examples = require('@octokit/webhooks-examples');
import('@octokit/webhooks-methods').then(async ({ sign }) => {
  const rows = [];
  for (const { name, examples: bodies } of examples)
    for (const body of bodies) {
      const text = JSON.stringify(body);
      rows.push({ name, text, signature: await sign(input, text) });
    }
  console.log(JSON.stringify(rows));
});
"""


@pytest.fixture(scope="module")
def examples() -> list[dict[str, str]]:
    found: list[dict[str, str]] = evaluated(_SIGN, GITHUB_SECRET)
    return found


@pytest.fixture
def door(tmp_path: Path) -> Iterator[FrontDoor]:
    with front_door(tmp_path) as running:
        yield running


def test_each_example_is_heard_or_ignored_with_a_reason(
    door: FrontDoor, examples: list[dict[str, str]], note: Note
) -> None:
    outcomes: dict[str, Counter[str]] = {}
    for number, example in enumerate(examples):
        answer = _deliver(door, example, number)
        assert answer.status_code in (200, 202), (example["name"], answer.status_code, answer.text)
        outcomes.setdefault(example["name"], Counter())[_outcome(example, answer.json())] += 1
    assert len(examples) > 300 and set(HEARD) < set(outcomes)
    for name in HEARD:
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes[name].items()))
        note(Row(EXAMPLES, f"{name}: {told}"))
    others = {name: sum(seen.values()) for name, seen in outcomes.items() if name not in HEARD}
    assert all(set(outcomes[name]) == {"ignored, not subscribed"} for name in others)
    note(Row(EXAMPLES, f"{len(others)} other events: {sum(others.values())} ignored, not subscribed"))


def test_a_signature_under_another_secret_is_refused(
    door: FrontDoor, examples: list[dict[str, str]], note: Note
) -> None:
    first, second = examples[:2]
    assert _deliver(door, {**first, "signature": second["signature"]}, 1).status_code == 401
    other = evaluated(_SIGN, "another secret")[0]
    assert other["text"] == first["text"] and _deliver(door, other, 2).status_code == 401
    note(Row(EXAMPLES, "a signature under another secret, or of another body, is refused"))


def _deliver(door: FrontDoor, example: dict[str, str], number: int) -> httpx2.Response:
    headers = {
        "x-github-event": example["name"],
        "x-github-delivery": f"interop-{number}",
        "x-hub-signature-256": example["signature"],
        "content-type": "application/json",
    }
    return door.http.post(f"{door.url}/hooks/github", content=example["text"].encode(), headers=headers)


def _outcome(example: dict[str, str], answer: dict[str, Any]) -> str:
    heard = parse({"x-github-event": example["name"], "x-github-delivery": "d"}, example["text"].encode())
    if example["name"] not in HEARD:
        assert isinstance(heard, Ignored) and answer == {"ignored": heard.reason}
        assert heard.reason.startswith((f"event {example['name']}", f"{example['name']} without"))
        return "ignored, not subscribed"
    assert isinstance(heard, HEARD[example["name"]]), heard
    if isinstance(heard, Ignored):
        assert answer == {"ignored": heard.reason}
        return f"ignored ({heard.reason})"
    return f"understood ({answer['ignored']})" if "ignored" in answer else "understood"
