"""Socket Mode's connection itself: refreshed, cut, refused, late; what Slack tells meanwhile is not lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from bot.app import create_app
from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running
from tasks.settings import Settings, SlackSettings
from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tasks.store.store import Store
from tests.support.eventually import until
from tests.support.front_door import ADA, APP_TOKEN, BOT, CHANNEL, FrontDoor, front_door
from tests.support.ports import free_port
from tests.support.web import NotedBell, serving

ASK = f"{BOT} /v1/refunds 500s when currency is null, should be a 422"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[FrontDoor]:
    with front_door(tmp_path, mode="socket") as running_door:
        yield running_door


def heard(door: FrontDoor, ts: str) -> str:
    """The one run that was asked for by this message."""

    def one() -> str | None:
        with door.store.reading() as tx:
            runs = tx.runs_in_thread("T0ACME0001", CHANNEL, ts)
        assert len(runs) <= 1
        return runs[0].id if runs else None

    return until(one, within_s=20, what="the run")


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "link_disabled"])
def test_told_to_disconnect_it_comes_back_and_what_was_said_meanwhile_is_heard(
    door: FrontDoor, reason: str
) -> None:
    before = door.connected()
    assert door.sim("socket/disconnect", reason=reason)["closed"] == 1
    ts = str(door.sim("messages", user=ADA, channel=CHANNEL, text=ASK)["ts"])
    door.connected(after=before)
    run_id = heard(door, ts)
    door.settle()
    assert door.facts(run_id) == ["RunRequested"] and door.runs() == (run_id,)


def test_a_cut_wire_is_noticed_and_replaced(door: FrontDoor) -> None:
    before = door.connected()
    assert door.sim("socket/disconnect", abrupt=True)["closed"] == 1
    ts = str(door.sim("messages", user=ADA, channel=CHANNEL, text=ASK)["ts"])
    door.connected(after=before)
    assert door.facts(heard(door, ts)) == ["RunRequested"]


def test_an_address_that_refuses_is_given_up_for_a_new_one(door: FrontDoor) -> None:
    before = door.connected()
    door.sim("socket/refuse", times=1)
    door.sim("socket/disconnect")
    door.connected(after=before)
    assert door.seen("socket")["refused"] == 1
    heard(door, door.says(ASK))


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "error", "error": "invalid_auth"},
        {"kind": "ratelimit", "retry_after_s": 1},
        {"kind": "reset"},
    ],
    ids=lambda f: f["kind"],
)
def test_a_slack_that_gives_no_address_is_asked_again(door: FrontDoor, fault: dict[str, object]) -> None:
    before = door.connected()
    door.sim("faults", method="apps.connections.open", times=3, **fault)
    door.sim("socket/disconnect", abrupt=True)
    ts = str(door.sim("messages", user=ADA, channel=CHANNEL, text=ASK)["ts"])
    door.connected(after=before)
    heard(door, ts)


def test_an_acknowledgement_that_is_lost_with_its_connection_makes_no_second_run(door: FrontDoor) -> None:
    """The envelope is told twice, on the old connection and on the new one: each is answered, one is stored."""
    door.sim("faults", method="event:app_mention", kind="duplicate", times=3)
    before = door.connected()
    ts = str(door.sim("messages", user=ADA, channel=CHANNEL, text=ASK)["ts"])
    door.sim("socket/disconnect", abrupt=True)
    door.connected(after=before)
    door.settle()
    assert door.facts(heard(door, ts)) == ["RunRequested"]


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "event_callback", "event": "not an object"},
        {"type": "event_callback", "event": {"type": ["app_mention"]}},
        {"type": "block_actions", "actions": [{"value": "no action id"}]},
    ],
    ids=["event", "type", "action"],
)
def test_what_has_no_known_shape_is_acknowledged_once_and_the_next_mention_is_heard(
    door: FrontDoor, payload: dict[str, object]
) -> None:
    door.connected()
    assert door.sim("socket/send", type="events_api", payload=payload)["acknowledged"]
    heard(door, door.says(ASK))
    assert len(door.runs()) == 1


def test_a_slack_that_is_away_at_the_start_keeps_no_page_from_being_shown(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'sortie.db'}")
    upgrade(engine)
    slack = SlackSettings(api_url=f"http://127.0.0.1:{free_port()}/api/", app_token=SecretStr(APP_TOKEN))
    settings = Settings(_env_file=None, home=tmp_path, slack=slack)
    with serving(create_app(settings, store=Store(engine), waker=NotedBell())) as url:
        assert httpx2.get(f"{url}/readyz").status_code == 200
    engine.dispose()


def web_process(home: Path, said: Path, **env: str) -> subprocess.Popen[bytes]:
    """`python -m bot.web` with a fresh database; what it says goes to `said`."""
    engine = open_engine(f"sqlite:///{home / 'sortie.db'}")
    upgrade(engine)
    engine.dispose()
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SORTIE_")}
    clean |= {"SORTIE_HOME": str(home), "SORTIE_PORT": str(free_port())} | env
    with said.open("wb") as out:
        return subprocess.Popen([sys.executable, "-m", "bot.web"], env=clean, stdout=out, stderr=out)


def until_said(process: subprocess.Popen[bytes], said: Path, line: str) -> None:
    def there() -> bool:
        assert process.poll() is None, said.read_text()
        return line in said.read_text()

    until(there, within_s=30, what=line)


def test_the_web_process_says_that_it_is_connected_and_no_ticket_or_token(tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    with running(SlackSimConfig(app_token=APP_TOKEN)) as slack, httpx2.Client() as http:
        http.post(f"{slack}/_sim/socket/refuse", json={"times": 1})
        process = web_process(
            tmp_path, said, SORTIE_SLACK__API_URL=f"{slack}/api/", SORTIE_SLACK__APP_TOKEN=APP_TOKEN
        )
        try:
            until_said(process, said, "Slack: Socket Mode, not connected (TimeoutError)")
            until_said(process, said, "Slack: Socket Mode, connected")
            process.send_signal(signal.SIGTERM)
            before = time.monotonic()
            process.wait(10)
            assert time.monotonic() - before < 5
        finally:
            process.kill()
            process.wait(10)
        text = said.read_text()
    assert "/link/?ticket=[redacted]" in text and APP_TOKEN not in text
    assert "Task was destroyed" not in text and "Unclosed" not in text


@pytest.mark.parametrize(
    ("secret", "line"),
    [
        ("a-signing-secret", "Slack: HTTP events at http://127.0.0.1:8080/slack/events"),
        (" ", "Slack is not heard: neither SORTIE_SLACK__APP_TOKEN nor SORTIE_SLACK__SIGNING_SECRET"),
    ],
)
def test_without_an_app_token_the_web_process_says_where_it_listens(
    tmp_path: Path, secret: str, line: str
) -> None:
    said = tmp_path / "said.txt"
    process = web_process(tmp_path, said, SORTIE_SLACK__SIGNING_SECRET=secret)
    try:
        until_said(process, said, line)
    finally:
        process.kill()
        process.wait(10)
