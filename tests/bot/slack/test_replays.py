"""What was delivered once and is sent again, signed again, with something changed: nothing happens twice."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

from tests.bot.slack.test_front_door import ASK, button, one_run, posted
from tests.bot.slack.test_signatures import signed
from tests.support.eventually import until
from tests.support.front_door import ADA, CHANNEL, TEAM, FrontDoor, front_door


def test_a_click_that_is_replayed_with_another_address_to_answer_to_does_nothing(tmp_path: Path) -> None:
    """D5: the same click, signed again with a response_url of somebody else's, is known and not even answered."""
    with front_door(tmp_path) as door:
        _replayed(door)


def _replayed(door: FrontDoor) -> None:
    root = door.says(ASK)
    run_id = one_run(door)
    ts = posted(door, root, button("task_stop", "Stop", t=run_id))
    action = {
        "action_id": "task_stop",
        "type": "button",
        "action_ts": "1.5",
        "value": json.dumps({"t": run_id}),
    }
    clicked = {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": ADA},
        "channel": {"id": CHANNEL},
        "container": {"channel_id": CHANNEL, "message_ts": ts, "thread_ts": root},
        "message": {"ts": ts, "thread_ts": root},
        "actions": [action],
    }
    told: list[str] = []
    with listening(told) as elsewhere:
        for address in (f"{elsewhere}/first", f"{elsewhere}/second"):
            body = urlencode({"payload": json.dumps(clicked | {"response_url": address})}).encode()
            headers = signed(body) | {"content-type": "application/x-www-form-urlencoded"}
            assert (
                door.http.post(f"{door.url}/slack/events", content=body, headers=headers).status_code == 200
            )
        again = clicked | {"actions": [action | {"action_ts": "1.6"}], "response_url": f"{elsewhere}/third"}
        body = urlencode({"payload": json.dumps(again)}).encode()
        headers = signed(body) | {"content-type": "application/x-www-form-urlencoded"}
        assert door.http.post(f"{door.url}/slack/events", content=body, headers=headers).status_code == 200
        until(lambda: told, what="the answer to a new click")
    assert told == ["/third"], "a new click on an ended run is answered, a replayed one is not"
    assert door.facts(run_id).count("StopRequested") == 1


@contextmanager
def listening(told: list[str]) -> Iterator[str]:
    """An address that notes what is sent to it."""

    class Notes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Notes)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)
