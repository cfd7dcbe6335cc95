"""Content of files: from Slack's file host or the API's own, with the token, and from nowhere else."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx2
import pytest

from integrations.errors import Denied, NotFound, Rejected, Retryable
from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running
from integrations.slack.files import Files

CHANNEL, ADA = "C0PAYMENTS", "U0ADA00001"


@pytest.fixture(scope="module")
def slack() -> Iterator[str]:
    with running(SlackSimConfig()) as url:
        yield url


def uploaded(slack: str, content: str) -> str:
    """The address of a file that somebody has put on a message."""
    body = {
        "user": ADA,
        "channel": CHANNEL,
        "text": "look",
        "files": [{"name": "a log.txt", "content": content}],
    }
    ts = httpx2.post(f"{slack}/_sim/messages", json=body).json()["ts"]
    found = httpx2.get(f"{slack}/_sim/channels/{CHANNEL}/messages").json()["messages"]
    file = next(m for m in found if m["ts"] == ts)["files"][0]
    assert file["size"] == len(content) and file["name"] == "a log.txt"
    return str(file["url_private"])


def files(api: str, token: str = "xoxb-simulated-bot") -> Files:
    return Files(token, api_url=api, timeout_s=5.0)


def test_a_file_is_read_with_the_token_and_no_further_than_allowed(slack: str) -> None:
    url = uploaded(slack, "E  assert 1 == 2")
    assert files(f"{slack}/api/").read(url, limit=100) == b"E  assert 1 == 2"
    with pytest.raises(Rejected, match="larger"):
        files(f"{slack}/api/").read(url, limit=5)


def test_without_the_right_token_one_is_sent_to_log_in_and_does_not_go(slack: str) -> None:
    with pytest.raises(Rejected, match="did not give"):
        files(f"{slack}/api/", "xoxb-wrong").read(uploaded(slack, "x"), limit=100)
    with pytest.raises(NotFound):
        files(f"{slack}/api/").read(f"{slack}/files-pri/T0ACME0001-F0/none.txt", limit=100)


class _Greedy(BaseHTTPRequestHandler):
    """Notes what it was asked with, and sends whoever comes elsewhere."""

    seen: list[str] = []

    def do_GET(self) -> None:
        _Greedy.seen.append(str(self.headers.get("Authorization")))
        self.send_response(302)
        self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Not on the test's output."""


@pytest.fixture
def greedy() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Greedy)
    Thread(target=server.serve_forever, daemon=True).start()
    _Greedy.seen.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_token_goes_to_no_other_host(slack: str, greedy: str) -> None:
    reader = files(f"{slack}/api/")
    port = slack.rsplit(":", 1)[1]
    for url in (
        f"{greedy}/files-pri/x",
        f"http://files.slack.com@{greedy.removeprefix('http://')}/x",
        f"http://127.0.0.1:{port}@{greedy.removeprefix('http://')}/x",
        "http://files.slack.com/x",
        "https://files.slack.com.evil.example/x",
        "https://evil.example/files.slack.com",
        "https://files.slack.com:8443/x",
        "file:///etc/passwd",
        "gopher://files.slack.com/x",
        f"https://127.0.0.1:{port}/x",
        f"http://localhost:{port}/x",
        "http://[::1/x",
        "https://files.slack.com\\@evil.example/x",
        "https://files.slack.com/\r\nHost: evil.example",
        "",
    ):
        with pytest.raises(Denied):
            reader.read(url, limit=100)
    assert _Greedy.seen == []


def test_a_redirect_is_refused_where_the_host_is_ours(greedy: str) -> None:
    with pytest.raises(Rejected, match="did not give"):
        files(f"{greedy}/api/").read(f"{greedy}/files-pri/x", limit=100)
    assert len(_Greedy.seen) == 1


def test_slacks_own_file_host_is_let_in_with_the_real_api_and_the_api_is_not() -> None:
    reader = files("https://slack.com/api/")
    with pytest.raises(Denied):
        reader.read("https://slack.com/files-pri/x", limit=1)


def test_a_host_that_does_not_answer_is_asked_again_later() -> None:
    with pytest.raises(Retryable):
        files("http://127.0.0.1:9/api/").read("http://127.0.0.1:9/x", limit=1)
