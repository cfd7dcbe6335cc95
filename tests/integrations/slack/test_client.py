"""The Slack client against a Slack that answers, refuses, limits, breaks and stays silent."""

import base64
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from integrations.errors import Denied, NotFound, RateLimited, Rejected, Retryable, Unknown
from integrations.slack.client import SlackChat
from integrations.types.chat import (
    Button,
    Buttons,
    MessageRef,
    OutgoingMessage,
    Plain,
    Quoted,
    Section,
    ThreadRef,
)
from tests.integrations.slack.conftest import Workspace
from tests.support.ports import free_port

MESSAGE = OutgoingMessage(
    "R-1 working",
    (
        Section("hdr", (Plain("R-1 ", bold=True), Quoted("<!channel> fix `x` & <@U0BEN00001>"))),
        Buttons("act", (Button("task_open", "Open", url="http://127.0.0.1/t/R-1"),)),
    ),
)


def test_a_post_stands_in_the_thread_and_is_found_by_its_outbox_id(workspace: Workspace) -> None:
    ref = workspace.chat.post(workspace.thread, MESSAGE, outbox_id="ob-1")
    found = workspace.chat.find_post(workspace.thread, outbox_id="ob-1")
    assert found is not None and found.ref == ref and found.outbox_id == "ob-1"
    assert workspace.chat.find_post(workspace.thread, outbox_id="ob-2") is None


def test_a_post_is_sent_without_unfurling_and_without_mentions_of_others(workspace: Workspace) -> None:
    workspace.chat.post(workspace.thread, MESSAGE, outbox_id="ob-1")
    [call] = workspace.calls("chat.postMessage")
    args = call["args"]
    assert (args["unfurl_links"], args["unfurl_media"], args["link_names"], args["parse"]) == (
        False,
        False,
        False,
        "none",
    )
    assert args["metadata"] == {"event_type": "sortie", "event_payload": {"outbox_id": "ob-1"}}
    assert "<!channel>" not in str(args["blocks"]) and "<@U0BEN00001>" not in str(args["blocks"])


def test_an_edit_replaces_the_blocks(workspace: Workspace) -> None:
    ref = workspace.chat.post(workspace.thread, MESSAGE, outbox_id="ob-1")
    workspace.chat.update(ref, OutgoingMessage("R-1 ready", (Section("hdr", (Plain("done"),)),), version=2))
    [call] = workspace.calls("chat.update")
    assert call["ok"] and call["args"]["blocks"][0]["block_id"] == "hdr-2"


def test_a_whisper_reaches_one_person(workspace: Workspace) -> None:
    workspace.chat.whisper(workspace.thread, user="U0ADA00001", content=MESSAGE)
    [call] = workspace.calls("chat.postEphemeral")
    assert call["ok"] and call["args"]["user"] == "U0ADA00001"


def test_only_the_newest_reaction_is_left_and_setting_it_twice_is_fine(workspace: Workspace) -> None:
    origin = MessageRef(workspace.thread.channel, workspace.thread.thread_ts)
    workspace.chat.set_reaction(origin, name="eyes", previous=())
    for _ in range(2):
        workspace.chat.set_reaction(origin, name="warning", previous=("eyes",))
    replies = workspace.ask(f"channels/{origin.channel}/messages")["messages"]
    [root] = [m for m in replies if m["ts"] == origin.ts]
    assert [r["name"] for r in root["reactions"]] == ["warning"]


def test_the_session_follows_the_run(workspace: Workspace) -> None:
    workspace.chat.set_session(workspace.thread, status="processing", title="R-1 · fix", user="U0ADA00001")
    workspace.chat.set_session(workspace.thread, status="closed", title="R-1 · fix", user="U0ADA00001")
    assert [call["args"]["status"] for call in workspace.calls("agents.sessions.setStatus")] == [
        "processing",
        "closed",
    ]


def test_a_workspace_without_agent_sessions_is_asked_once(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    workspace.fault("agents.sessions.setStatus", "error", error="unknown_method", times=5)
    for _ in range(3):
        workspace.chat.set_session(workspace.thread, status="processing", title="R-1", user="U0ADA00001")
    assert len(workspace.calls("agents.sessions.setStatus")) == 1
    assert len([r for r in caplog.records if "agent sessions" in r.message]) == 1


def test_a_server_that_has_no_such_method_is_asked_once(workspace: Workspace) -> None:
    workspace.fault("agents.sessions.setStatus", "status", status=404, times=5)
    for _ in range(3):
        workspace.chat.set_session(workspace.thread, status="processing", title="R-1", user="U0ADA00001")
    assert len(workspace.calls("agents.sessions.setStatus")) == 1


def test_a_guest_is_restricted_and_a_colleague_is_not(workspace: Workspace) -> None:
    assert workspace.chat.user("U0DANA0001").restricted
    ada = workspace.chat.user("U0ADA00001")
    assert not ada.restricted and not ada.is_bot and ada.team == "T0ACME0001" and ada.name


def test_a_rate_limit_says_how_long_to_wait(workspace: Workspace) -> None:
    workspace.fault("chat.postMessage", "ratelimit", retry_after_s=30)
    with pytest.raises(RateLimited) as caught:
        workspace.chat.post(workspace.thread, MESSAGE, outbox_id="ob-1")
    assert caught.value.retry_after_s == 30


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("channel_not_found", NotFound),
        ("is_archived", NotFound),
        ("not_in_channel", Denied),
        ("invalid_auth", Denied),
        ("token_revoked", Denied),
        ("invalid_blocks", Rejected),
        ("service_unavailable", Retryable),
        ("internal_error", Unknown),
    ],
)
def test_each_refusal_of_a_post_has_its_kind(workspace: Workspace, error: str, kind: type[Exception]) -> None:
    workspace.fault("chat.postMessage", "error", error=error)
    with pytest.raises(kind) as caught:
        workspace.chat.post(workspace.thread, MESSAGE, outbox_id="ob-1")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 503}, {"kind": "reset"}, {"kind": "timeout", "seconds": 3.0}]
)
def test_a_post_whose_answer_is_lost_is_unknown_and_can_be_found(
    workspace: Workspace, fault: dict[str, object]
) -> None:
    workspace.ask("faults", {"method": "chat.postMessage", "when": "after_commit", **fault})
    with pytest.raises(Unknown):
        workspace.chat.post(workspace.thread, MESSAGE, outbox_id="ob-9")
    assert workspace.chat.find_post(workspace.thread, outbox_id="ob-9") is not None


def test_an_edit_whose_answer_is_lost_may_simply_be_tried_again(workspace: Workspace) -> None:
    ref = workspace.chat.post(workspace.thread, MESSAGE, outbox_id="ob-1")
    workspace.fault("chat.update", "reset", when="after_commit")
    with pytest.raises(Retryable):
        workspace.chat.update(ref, MESSAGE)


def test_a_thread_that_cannot_be_read_leaves_the_post_unknown(workspace: Workspace) -> None:
    workspace.fault("conversations.replies", "error", error="missing_scope")
    with pytest.raises(Unknown):
        workspace.chat.find_post(workspace.thread, outbox_id="ob-1")


def test_a_post_in_a_long_thread_is_found_on_a_later_page(workspace: Workspace) -> None:
    for _ in range(205):
        workspace.ask(
            "messages",
            {
                "user": "U0ADA00001",
                "channel": workspace.thread.channel,
                "thread_ts": workspace.thread.thread_ts,
                "text": "…",
            },
        )
    ref = workspace.chat.post(workspace.thread, MESSAGE, outbox_id="late")
    found = workspace.chat.find_post(workspace.thread, outbox_id="late")
    assert found is not None and found.ref == ref
    assert len(workspace.calls("conversations.replies")) == 2


def test_nobody_listening_means_that_nothing_was_done() -> None:
    chat = SlackChat("xoxb-x", api_url=f"http://127.0.0.1:{free_port()}/api/")
    with pytest.raises(Retryable):
        chat.post(ThreadRef("T1", "C1", "1.0"), MESSAGE, outbox_id="ob-1")


def test_a_proxy_in_the_environment_is_not_asked_for_a_server_on_this_machine(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    chat = SlackChat("xoxb-simulated-bot", api_url=f"{workspace.url}/api/")
    assert chat.post(workspace.thread, MESSAGE, outbox_id="ob-1").ts


class _Proxy(ThreadingHTTPServer):
    """A proxy that takes a whole request, and hangs up without an answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _HangsUp)
        self.taken: list[tuple[str, str]] = []


class _HangsUp(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, _Proxy)
        self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append((self.path, self.headers.get("proxy-authorization", "")))
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Nothing is written about it."""


def test_a_post_that_a_proxy_took_and_did_not_answer_may_have_happened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And the proxy is told the name and the password that stand in its address."""
    with _Proxy() as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://ada:p%40ss@127.0.0.1:{proxy.server_port}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        chat = SlackChat("xoxb-x", api_url="http://slack.test/api/")
        with pytest.raises(Unknown):
            chat.post(ThreadRef("T1", "C1", "1.0"), MESSAGE, outbox_id="ob-1")
        proxy.shutdown()
    who = "Basic " + base64.b64encode(b"ada:p@ss").decode()
    assert proxy.taken == [("http://slack.test/api/chat.postMessage", who)]


def test_a_proxy_that_is_not_there_took_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    chat = SlackChat("xoxb-x", api_url="http://slack.test/api/")
    with pytest.raises(Retryable):
        chat.post(ThreadRef("T1", "C1", "1.0"), MESSAGE, outbox_id="ob-1")


class _Counting(ThreadingHTTPServer):
    """Says yes to every call; `impatient` ends a connection as soon as it was answered once, without announcing it."""

    daemon_threads = True

    def __init__(self, *, impatient: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Yes)
        self.impatient = impatient
        self.connections = 0

    def get_request(self) -> tuple[socket.socket, Any]:
        self.connections += 1
        return super().get_request()


class _Yes(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, _Counting)
        self.rfile.read(int(self.headers["content-length"]))
        answer = b'{"ok": true, "channel": "C1", "ts": "2.0"}'
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = self.server.impatient

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.parametrize(("impatient", "connections"), [(False, 1), (True, 4)])
def test_connections_are_kept_and_one_that_slack_has_ended_is_replaced(
    impatient: bool, connections: int
) -> None:
    with _Counting(impatient=impatient) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        chat = SlackChat("xoxb-x", api_url=f"http://127.0.0.1:{server.server_port}/api/")
        for number in range(4):
            assert chat.post(ThreadRef("T1", "C1", "1.0"), MESSAGE, outbox_id=f"ob-{number}").ts == "2.0"
            time.sleep(0.05)
        assert server.connections == connections
        server.shutdown()


class _Closing(_Counting):
    """Ends every connection just when the second request comes in on it: that one gets no answer, and nothing is done."""

    def __init__(self) -> None:
        super().__init__(impatient=False)
        self.RequestHandlerClass = _YesOnce
        self.done: list[str] = []


class _YesOnce(_Yes):
    used = False

    def do_POST(self) -> None:
        assert isinstance(self.server, _Closing)
        if self.used:
            self.close_connection = True
            return
        self.used = True
        self.server.done.append(self.path.rpartition("/")[2])
        super().do_POST()


def test_a_whisper_which_cannot_be_looked_up_is_never_sent_where_slack_may_be_hanging_up() -> None:
    with _Closing() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        chat = SlackChat("xoxb-x", api_url=f"http://127.0.0.1:{server.server_port}/api/")
        thread = ThreadRef("T1", "C1", "1.0")
        chat.post(thread, MESSAGE, outbox_id="ob-1")
        for _ in range(2):
            chat.whisper(thread, user="U1", content=MESSAGE)
        with pytest.raises(Unknown):
            chat.post(thread, MESSAGE, outbox_id="ob-2")
        server.shutdown()
    assert server.done == ["chat.postMessage", "chat.postEphemeral", "chat.postEphemeral"]
