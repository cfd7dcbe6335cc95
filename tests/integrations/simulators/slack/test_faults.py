"""Faults and limits that a client must survive, seen through the real slack_sdk."""

import http.client
import time
import urllib.error

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from tests.integrations.simulators.slack.conftest import PAYMENTS, Control

LOST = (urllib.error.URLError, ConnectionError, http.client.HTTPException)


@pytest.fixture
def bare(sim: Control) -> WebClient:
    """A client that never retries by itself."""
    return WebClient(token="xoxb-test", base_url=f"{sim.url}/api/", retry_handlers=[], timeout=1)


def posts(sim: Control) -> list[str]:
    return [message["text"] for message in sim.get(f"channels/{PAYMENTS}/messages")["messages"]]


def test_a_response_lost_after_the_post_leaves_the_post(bare: WebClient, sim: Control) -> None:
    sim.post("faults", {"method": "chat.postMessage", "kind": "reset", "when": "after_commit"})
    with pytest.raises(LOST):
        bare.chat_postMessage(channel=PAYMENTS, text="did it happen?")
    assert posts(sim) == ["did it happen?"]
    (row,) = sim.get("requests?method=chat.postMessage")["requests"]
    assert row["committed"] and row["status"] == 0 and row["ts"] and not row["ok"]


def test_a_connection_cut_before_the_post_leaves_nothing(bare: WebClient, sim: Control) -> None:
    sim.post("faults", {"method": "chat.postMessage", "kind": "reset", "when": "before"})
    with pytest.raises(LOST):
        bare.chat_postMessage(channel=PAYMENTS, text="no")
    assert posts(sim) == []
    bare.chat_postMessage(channel=PAYMENTS, text="yes")
    assert posts(sim) == ["yes"]


def test_a_timeout_is_seen_as_one(bare: WebClient, sim: Control) -> None:
    fault = {"method": "chat.postMessage", "kind": "timeout", "when": "after_commit", "seconds": 1.5}
    sim.post("faults", fault)
    with pytest.raises((TimeoutError, urllib.error.URLError)):
        bare.chat_postMessage(channel=PAYMENTS, text="slow")
    assert posts(sim) == ["slow"]


def test_errors_statuses_and_rate_limits_on_demand(bare: WebClient, sim: Control) -> None:
    sim.post("faults", {"method": "chat.update", "kind": "error", "error": "fatal_error"})
    sim.post("faults", {"method": "chat.postMessage", "kind": "status", "status": 502})
    sim.post("faults", {"method": "chat.postMessage", "kind": "ratelimit", "retry_after_s": 7})
    with pytest.raises(SlackApiError) as fatal:
        bare.chat_update(channel=PAYMENTS, ts="1.000100", text="x")
    assert fatal.value.response["error"] == "fatal_error"
    with pytest.raises(SlackApiError) as gateway:
        bare.chat_postMessage(channel=PAYMENTS, text="x")
    assert gateway.value.response.status_code == 502
    with pytest.raises(SlackApiError) as limited:
        bare.chat_postMessage(channel=PAYMENTS, text="x")
    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "7"
    assert bare.chat_postMessage(channel=PAYMENTS, text="x")["ok"]


def test_a_fault_can_wait_and_can_choose_its_calls(bare: WebClient, sim: Control) -> None:
    fault = {"method": "chat.postMessage", "kind": "error", "skip": 1, "match": {"text": "second"}}
    sim.post("faults", fault)
    bare.chat_postMessage(channel=PAYMENTS, text="second")
    bare.chat_postMessage(channel=PAYMENTS, text="first")
    with pytest.raises(SlackApiError):
        bare.chat_postMessage(channel=PAYMENTS, text="second")
    assert sim.get("faults")["faults"] == []


def test_a_fault_that_makes_no_sense_is_refused(sim: Control) -> None:
    sim.post("faults", {"method": "chat.postMessage", "kind": "explode"}, status=422)
    sim.post("faults", {"method": "chat.postMessage", "kind": "error", "wen": "before"}, status=422)
    assert sim.get("faults")["faults"] == []


def test_limits_are_off_until_asked_for(bare: WebClient, sim: Control) -> None:
    for number in range(12):
        bare.chat_postMessage(channel=PAYMENTS, text=str(number))
    sim.post("config", {"rate_limits": True})
    with pytest.raises(SlackApiError) as limited:
        for number in range(12):
            bare.chat_postMessage(channel=PAYMENTS, text=str(number))
    assert limited.value.response["error"] == "ratelimited"
    assert limited.value.response.headers["Retry-After"] == "1"
    assert bare.chat_postMessage(channel="C0CHECKOUT", text="another channel has its own second")["ok"]


def test_the_sdks_own_handler_waits_out_a_limit(sim: Control) -> None:
    sim.post("faults", {"method": "chat.postMessage", "kind": "ratelimit", "retry_after_s": 1})
    patient = WebClient(token="xoxb-test", base_url=f"{sim.url}/api/")
    patient.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    started = time.monotonic()
    assert patient.chat_postMessage(channel=PAYMENTS, text="x")["ok"]
    assert time.monotonic() - started >= 1
