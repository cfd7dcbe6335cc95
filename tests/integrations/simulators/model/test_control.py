"""The control API, and the process as `sortie demo` starts it."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from anthropic import BadRequestError

from integrations.simulators.model.loading import parse_script
from tests.integrations.simulators.model.conftest import DEMO
from tests.integrations.simulators.model.serving import API_KEY, Served, request_body, script_of, serve


@pytest.fixture
def simulator() -> Iterator[Served]:
    with serve(script_of({"label": "hi", "say": "hello"}), DEMO / "scripts") as served:
        yield served


def test_the_log_keeps_whole_requests_and_no_key(simulator: Served) -> None:
    body = request_body({"role": "user", "content": "a prompt of a reviewer"}, system="Sortie-Role: x")
    simulator.messages(body)
    simulator.messages({"model": "nope"})
    first, second = simulator.requests()
    assert first["body"] == body
    assert (first["role"], first["label"], first["turn"], first["status"]) == ("worker", "hi", 0, 200)
    assert first["usage"]["output_tokens"] > 0
    assert (second["status"], second["role"]) == (404, None)
    assert API_KEY not in json.dumps([first, second])


def test_the_log_shows_an_answer_that_no_utf_8_can_carry() -> None:
    with serve(script_of({"say": "half a letter: \ud83d"})) as simulator:
        simulator.messages(request_body())
        assert simulator.requests()[0]["answer"][0]["text"] == "half a letter: \ud83d"


def test_half_a_letter_in_a_request_is_refused_as_the_api_does(simulator: Served) -> None:
    status, _, answer = simulator.messages(request_body({"role": "user", "content": "half: \ud83d"}))
    assert status == 400 and "no low surrogate" in answer["error"]["message"]
    assert [entry["status"] for entry in simulator.requests()] == [400]


def test_the_log_can_be_read_by_role_and_from_a_number(simulator: Served) -> None:
    for _ in range(3):
        simulator.messages(request_body())
    assert len(simulator.requests("worker")) == 3
    assert simulator.requests("reviewer:tests") == []
    assert [entry["number"] for entry in simulator.get("/_sim/requests?since=2")] == [3]


def test_a_refused_request_is_in_the_log_too(simulator: Served) -> None:
    simulator.post("/v1/messages", request_body(), authorization="Bearer wrong")
    assert [entry["status"] for entry in simulator.requests()] == [401]


def test_the_script_can_be_replaced_and_reset(simulator: Served) -> None:
    other = {
        "name": "other",
        "include": ["parts/reviewers.json"],
        "roles": {"me": {"match": {}, "steps": [{"say": "?"}]}},
    }
    status, _, answer = simulator.post("/_sim/script", other)
    assert (status, answer["roles"][0], len(answer["roles"])) == (200, "me", 5)
    assert simulator.messages(request_body())[2]["content"][0]["text"] == "?"
    simulator.fault("refusal")
    simulator.post("/_sim/reset")
    assert (simulator.requests(), simulator.get("/_sim/faults")) == ([], [])
    assert simulator.messages(request_body())[2]["content"][0]["text"] == "hello"
    assert simulator.get("/_sim/script")["roles"] == ["worker"]


def test_a_bad_script_is_refused_and_the_old_one_stays(simulator: Served) -> None:
    status, _, answer = simulator.post(
        "/_sim/script", {"roles": {"worker": {"match": {}, "steps": [{"sai": "x"}]}}}
    )
    assert status == 422
    assert answer["problems"] == ['script:1: roles.worker.steps[0].sai: unknown key; did you mean "say"?']
    assert simulator.messages(request_body())[0] == 200


def test_a_bad_fault_is_refused(simulator: Served) -> None:
    status, _, answer = simulator.post("/_sim/faults", {"kind": "earthquake", "tims": 2})
    assert status == 422
    assert any("tims" in problem for problem in answer["problems"])


def test_a_conversation_no_role_knows_is_told_so() -> None:
    text = '{"roles": {"worker": {"match": {"system": "Sortie-Role: worker"}, "steps": [{"say": "x"}]}}}'
    with (
        serve(parse_script(text, name="narrow", base=Path())) as simulator,
        pytest.raises(
            BadRequestError, match="no role of narrow matches; the system prompt begins 'You are lost'"
        ),
    ):
        simulator.client().messages.create(**request_body(system="You are lost"))


def test_the_process_prints_its_url_when_it_listens() -> None:
    script = DEMO / "scripts" / "happy.json"
    arguments = ["--script", str(script), "--port", "0", "--host", "127.0.0.2", "--api-key", "sk-other"]
    with subprocess.Popen(
        [sys.executable, "-m", "integrations.simulators.model", *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            url = json.loads(process.stdout.readline())["url"]
            assert url.startswith("http://127.0.0.2:")
            with urllib.request.urlopen(f"{url}/_sim/script", timeout=10) as response:
                assert json.load(response)["name"] == "happy"
        finally:
            process.terminate()
        assert process.wait(10) is not None


def test_the_process_refuses_a_script_it_cannot_play(tmp_path: Path) -> None:
    script = tmp_path / "bad.json"
    script.write_text('{\n "roles": {\n  "worker": {"match": {}, "steps": [\n   {"goto": "nowhere"}]}}}')
    done = subprocess.run(
        [sys.executable, "-m", "integrations.simulators.model", "--script", str(script)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert 'there is no label "nowhere"' in done.stderr
