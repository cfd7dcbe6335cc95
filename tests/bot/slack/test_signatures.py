"""What strangers send to the Slack door: always a plain refusal, never a crash (SECURITY E1–E6)."""

import gzip
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from tasks.settings import SlackSettings
from tests.support.front_door import SLACK_SECRET, FrontDoor, front_door

CHALLENGE = b'{"type":"url_verification","challenge":"abc"}'


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(tmp_path_factory.mktemp("door")) as running:
        yield running


def signed(body: bytes, *, secret: str = SLACK_SECRET, at: float | None = None) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={digest}",
        "content-type": "application/json",
    }


def post(door: FrontDoor, body: bytes, headers: dict[str, str] | list[tuple[str, str]]) -> httpx2.Response:
    return door.http.post(f"{door.url}/slack/events", content=body, headers=headers)


def test_a_right_signature_is_answered(door: FrontDoor) -> None:
    answer = post(door, CHALLENGE, signed(CHALLENGE))
    assert answer.status_code == 200 and "abc" in answer.text


def wrong_ones() -> list[tuple[str, dict[str, str]]]:
    good = signed(CHALLENGE)
    bare = {"content-type": "application/json"}
    name, stamp = "x-slack-signature", "x-slack-request-timestamp"
    return [
        ("no headers", bare),
        ("no signature", {stamp: good[stamp]}),
        ("no timestamp", {name: good[name]}),
        ("another secret", signed(CHALLENGE, secret="other")),
        ("an empty secret", signed(CHALLENGE, secret="")),
        ("truncated", good | {name: good[name][:-1]}),
        ("upper case", good | {name: good[name].upper().replace("V0", "v0")}),
        ("another version", good | {name: good[name].replace("v0=", "v1=")}),
        ("two values", good | {name: f"{good[name]},{good[name]}"}),
        ("empty", good | {name: ""}),
        ("a timestamp of words", good | {stamp: "abc"}),
        ("a fractional timestamp", good | {stamp: "1531420618.5"}),
        ("a very long timestamp", good | {stamp: "1" * 5000}),
        ("a negative timestamp", good | {stamp: "-1"}),
        ("other digits", good | {stamp: "١٢٣".encode().decode("latin-1")}),
        ("an accent in the signature", good | {name: "v0=é" + good[name][4:]}),
        ("too old", signed(CHALLENGE, at=time.time() - 3600)),
        ("from the future", signed(CHALLENGE, at=time.time() + 3600)),
    ]


@pytest.mark.parametrize(("why", "headers"), wrong_ones(), ids=[why for why, _ in wrong_ones()])
def test_a_wrong_signature_is_401_and_says_nothing_more(
    door: FrontDoor, why: str, headers: dict[str, str]
) -> None:
    raw = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
    answer = door.http.request("POST", f"{door.url}/slack/events", content=CHALLENGE, headers=raw)
    assert answer.status_code == 401, why
    assert answer.json() == {"detail": "Unauthorized"}


def test_two_signature_headers_are_one_too_many(door: FrontDoor) -> None:
    good = list(signed(CHALLENGE).items())
    answer = post(door, CHALLENGE, [*good, ("x-slack-signature", dict(good)["x-slack-signature"])])
    assert answer.status_code == 401


def test_githubs_secret_does_not_open_slacks_door(door: FrontDoor) -> None:
    assert post(door, CHALLENGE, signed(CHALLENGE, secret="It's a Secret to Everybody")).status_code == 401


def test_a_body_that_is_not_utf8_is_refused(door: FrontDoor) -> None:
    assert post(door, b"\xff\xfe", {"content-type": "application/json"}).status_code == 401
    assert post(door, b"\xff\xfe", signed(b"\xff\xfe")).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"17",
        b"null",
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_a_signed_body_that_is_no_json_object_is_400(door: FrontDoor, body: bytes) -> None:
    assert post(door, body, signed(body)).status_code == 400


@pytest.mark.parametrize("payload", ["{", "[" * 50_000, "17"])
def test_a_signed_form_with_a_junk_payload_is_400(door: FrontDoor, payload: str) -> None:
    body = f"payload={quote(payload)}".encode()
    headers = signed(body) | {"content-type": "application/x-www-form-urlencoded"}
    assert post(door, body, headers).status_code == 400


def test_a_signed_payload_of_no_known_kind_is_not_a_crash(door: FrontDoor) -> None:
    for value in (
        {},
        {"type": "event_callback"},
        {"type": "event_callback", "event": []},
        {"type": 7},
        {"event": NAN},
    ):
        body = json.dumps(value).encode()
        assert post(door, body, signed(body)).status_code < 500


NAN = float("nan")


def test_a_megabyte_is_too_much(door: FrontDoor) -> None:
    body = b"x" * (1024 * 1024 + 1)
    assert post(door, body, signed(body)).status_code == 413


def test_a_body_that_claims_to_be_small_is_still_counted(door: FrontDoor) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    try:
        answer = door.http.post(f"{door.url}/slack/events", content=chunks(), headers={"content-type": "a/b"})
        assert answer.status_code == 413
    except httpx2.WriteError:
        pass  # the server answered and closed before all was sent


def test_a_compressed_body_is_not_inflated(door: FrontDoor) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    assert post(door, bomb, headers).status_code == 401
    assert post(door, bomb, signed(bomb) | headers).status_code == 400


def test_the_window_is_five_minutes_on_both_sides(door: FrontDoor) -> None:
    for seconds, status in ((-303, 401), (-290, 200), (290, 200), (310, 401)):
        answer = post(door, CHALLENGE, signed(CHALLENGE, at=time.time() + seconds))
        assert answer.status_code == status, seconds


def test_an_endless_body_is_cut_off(door: FrontDoor) -> None:
    where = urlsplit(door.url)
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=20) as wire:
        wire.sendall(
            b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"
        )
        assert b" 408 " in wire.recv(200)


def test_without_a_signing_secret_nobody_comes_in(tmp_path: Path) -> None:
    with front_door(tmp_path, slack=SlackSettings(signing_secret=SecretStr(""))) as shut:
        assert post(shut, CHALLENGE, signed(CHALLENGE, secret="")).status_code == 401
