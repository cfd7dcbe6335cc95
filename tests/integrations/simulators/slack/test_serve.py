"""The simulator as its own process."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from slack_sdk import WebClient

SEED = {
    "team_name": "Globex",
    "users": [
        {"id": "U0HANK0001", "name": "hank", "real_name": "Hank"},
        {"id": "U0SORTIE01", "name": "sortie", "real_name": "Sortie", "is_bot": True},
    ],
    "channels": [{"id": "C0OPS00001", "name": "ops", "members": ["U0HANK0001", "U0SORTIE01"]}],
}


def test_it_says_its_url_serves_its_seed_and_stops_while_a_page_watches(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(SEED))
    command = [
        sys.executable,
        "-m",
        "integrations.simulators.slack",
        "--bot-token",
        "xoxb-1",
        "--host",
        "127.0.0.2",
        "--seed",
        str(seed),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        url = json.loads(process.stdout.readline())["url"]
        assert url.startswith("http://127.0.0.2:")
        slack = WebClient(token="xoxb-1", base_url=f"{url}/api/")
        assert slack.team_info()["team"]["name"] == "Globex"
        assert [channel["name"] for channel in slack.conversations_list()["channels"]] == ["ops"]
        with urllib.request.urlopen(f"{url}/_page/changes") as stream:
            assert stream.readline() == b"data: 0\n"
            started = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(10)
        assert time.monotonic() - started < 5
        assert "Traceback" not in process.stderr.read()


def test_it_imports_nothing_of_ours_but_itself() -> None:
    script = (
        "import sys, integrations.simulators.slack.serve\n"
        "names = [n for n in sys.modules if n.split('.')[0] in ('bot', 'tasks', 'integrations')]\n"
        "print([n for n in names if not n.startswith('integrations.simulators.slack')])"
    )
    seen = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert seen.strip() == "['integrations', 'integrations.simulators']"
