"""Cards in workspaces that have the plan block and in those that do not (UX-04), by a Slack that answers HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running
from integrations.slack.client import SlackChat
from integrations.slack.profile import Workspace, ask
from integrations.types.chat import MessageRef, OutgoingMessage, Plain, PlanPart, PlanStep, Section, ThreadRef
from tasks.settings import Settings, SlackSettings
from tasks.store.engine import open_engine
from tasks.store.store import Store
from tasks.store.workspaces import profile_of
from tasks.wiring.outside import card_profile

TOKEN, TEAM = "xoxb-simulated-bot", "T0ACME0001"
STEPS = (PlanStep("a", "Reproduce the failure", "complete"), PlanStep("b", "Fix it", "in_progress"))
CARD = OutgoingMessage("R-1 working.", (Section("hdr", (Plain("R-1"),)), PlanPart("plan", "Plan", STEPS)))


@pytest.fixture
def older() -> Iterator[str]:
    with running(SlackSimConfig(unknown_blocks=("plan", "task_card"))) as url:
        yield url


@pytest.fixture
def newer() -> Iterator[str]:
    with running(SlackSimConfig()) as url:
        yield url


def blocks_in(url: str, ts: str) -> list[dict[str, Any]]:
    found = httpx2.get(f"{url}/_sim/channels/C0PAYMENTS/messages").json()["messages"]
    blocks: list[dict[str, Any]] = next(m for m in found if m["ts"] == ts)["blocks"]
    return blocks


def test_slack_is_asked_with_a_plan(older: str, newer: str) -> None:
    assert ask(TOKEN, api_url=f"{newer}/api/") == Workspace(TEAM, "plan")
    assert ask(TOKEN, api_url=f"{older}/api/") == Workspace(TEAM, "classic")
    assert ask("xoxb-wrong", api_url=f"{older}/api/") is None
    assert ask(TOKEN, api_url="http://127.0.0.1:9/api/") is None


def test_a_slack_that_cannot_say_decides_nothing(older: str) -> None:
    fault = {"method": "blocks.validate", "kind": "error", "error": "unknown_method"}
    httpx2.post(f"{older}/_sim/faults", json=fault).raise_for_status()
    assert ask(TOKEN, api_url=f"{older}/api/") == Workspace(TEAM, None)


def test_what_a_workspace_takes_is_kept_and_holds_while_slack_is_away(
    older: str, newer: str, database_url: str
) -> None:
    store = Store(open_engine(database_url))
    assert card_profile(_settings(older), store) == "classic"
    assert card_profile(_settings("http://127.0.0.1:9"), store) == "classic"
    assert card_profile(_settings(older, card_profile="plan"), store) == "plan"
    assert card_profile(_settings(newer), store) == "plan"
    with store.reading() as tx:
        assert profile_of(tx.conn, TEAM) == profile_of(tx.conn) == "plan"
    store.engine.dispose()


def test_a_workspace_that_refuses_the_plan_after_all_gets_the_classic_card_at_once(older: str) -> None:
    chat = SlackChat(TOKEN, api_url=f"{older}/api/")
    root = httpx2.post(
        f"{older}/_sim/messages", json={"user": "U0ADA00001", "channel": "C0PAYMENTS", "text": "hi"}
    ).json()["ts"]
    posted = chat.post(ThreadRef(TEAM, "C0PAYMENTS", root), CARD, outbox_id="R-1:1")
    text = blocks_in(older, posted.ts)[0]["text"]["text"]
    assert "Done: Reproduce the failure" in text and "*Now: Fix it*" in text
    chat.update(MessageRef("C0PAYMENTS", posted.ts), CARD)
    log = httpx2.get(f"{older}/_sim/requests").json()["requests"]
    assert [row["ok"] for row in log if row["method"] in ("chat.postMessage", "chat.update")] == [
        False,
        True,
        True,
    ]


def _settings(url: str, **slack: Any) -> Settings:
    told = SlackSettings(api_url=f"{url}/api/", bot_token=TOKEN, **slack)
    return Settings(_env_file=None, slack=told)
