"""A web process that is older than a run's last event: it answers "later", loses nothing, and still serves every other run."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.front_door import ADA, BOT, CHANNEL, FrontDoor, front_door
from tests.support.newer import tell_from_the_future

ASK = f"{BOT} /v1/refunds 500s when currency is null, should be a 422"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[FrontDoor]:
    with front_door(tmp_path) as running:
        yield running


def test_a_reply_to_a_newer_run_is_refused_for_now_and_starts_no_second_run(door: FrontDoor) -> None:
    root = door.says(ASK)
    (run_id,) = door.runs()
    tell_from_the_future(door.store.engine, run_id)
    door.says(f"{BOT} and /charges too", thread_ts=root)
    told = [d for d in door.seen("deliveries")["deliveries"] if d["type"] == "app_mention"][-1]
    assert told["state"] == "failed" and {a["status"] for a in told["attempts"]} == {503}
    assert door.runs() == (run_id,)
    door.says(ASK)
    assert len(door.runs()) == 2


def test_a_click_on_a_newer_run_is_refused_for_now(door: FrontDoor) -> None:
    root = door.says(ASK)
    (run_id,) = door.runs()
    tell_from_the_future(door.store.engine, run_id)
    stop = {"type": "button", "action_id": "task_stop", "text": {"type": "plain_text", "text": "Stop"}}
    blocks = [{"type": "actions", "elements": [stop | {"value": json.dumps({"t": run_id})}]}]
    ts = door.api("chat.postMessage", channel=CHANNEL, thread_ts=root, text="?", blocks=blocks)["ts"]
    assert door.sim("click", user=ADA, action_id="task_stop", channel=CHANNEL, ts=ts)["status"] == 503


def test_the_page_of_a_newer_run_says_so_and_the_list_still_shows_it(door: FrontDoor) -> None:
    door.says(ASK)
    (run_id,) = door.runs()
    tell_from_the_future(door.store.engine, run_id)
    for path in (f"/t/{run_id}", f"/t/{run_id}/live"):
        answer = door.http.get(door.url + path, headers={"accept": "text/html"})
        assert answer.status_code == 503 and "SYS-005" in answer.text and "retry-after" in answer.headers
    assert run_id in door.http.get(door.url).text
