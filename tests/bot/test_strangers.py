"""Whatever is sent to any of our routes, the answer is never a 5xx: generated requests, on SQLite and on PostgreSQL.

A quick sample runs with the suite; SORTIE_FUZZ_EXAMPLES=5000 looks longer, and elsewhere each time.
"""

import gc
import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.routing import Route

from bot.app import create_app
from tasks.settings import Settings
from tasks.store.engine import open_engine
from tasks.store.store import Store
from tests.conftest import fresh_postgres
from tests.support.front_door import BOT, GITHUB_SECRET, SLACK_SECRET, FrontDoor, front_door
from tests.support.payloads import (
    COMMAND,
    EVENTS,
    GITHUB,
    INTERACTIONS,
    JUNK,
    REPOSITORY,
    SENDER,
    TEXTS,
    damaged,
    event,
)
from tests.support.web import NotedBell

LONG = int(os.environ.get("SORTIE_FUZZ_EXAMPLES", "0"))
TOKEN = "dashboard-token-of-this-test"
some = settings(
    max_examples=LONG or 40,
    derandomize=not LONG,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def door(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    folder, url = tmp_path_factory.mktemp("strangers"), ""
    if request.param == "postgresql":
        url = fresh_postgres(request.getfixturevalue("postgres_url"), folder.name)
    with front_door(folder, database_url=url) as running:
        running.says(f"{BOT} fix the currency bug in acme/api")
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def keyed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    """A door whose token is set, so that its API lets somebody in."""
    folder, url = tmp_path_factory.mktemp("keyed"), ""
    if request.param == "postgresql":
        url = fresh_postgres(request.getfixturevalue("postgres_url"), folder.name)
    with front_door(folder, database_url=url, dashboard_token=SecretStr(TOKEN)) as running:
        yield running


def fine(answer: httpx2.Response) -> None:
    assert answer.status_code < 500, (answer.status_code, answer.request.url, answer.text[:300])


def slack(door: FrontDoor, body: bytes, kind: str) -> None:
    """Sent with a right signature: what is inside is believed to be Slack's."""
    stamp = str(int(time.time()))
    digest = hmac.new(SLACK_SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    pairs = {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}", "content-type": kind}
    headers = [(name.encode(), value.encode()) for name, value in pairs.items()]
    fine(door.http.request("POST", f"{door.url}/slack/events", content=body, headers=headers))


def form(**fields: Any) -> bytes:
    return urlencode({name: str(value) for name, value in fields.items()}, errors="surrogatepass").encode()


@some
@given(body=damaged(EVENTS))
def test_slack_events_of_any_shape(door: FrontDoor, body: dict[str, Any]) -> None:
    slack(door, json.dumps(body).encode(), "application/json")


@some
@given(body=damaged(INTERACTIONS))
def test_slack_interactions_of_any_shape(door: FrontDoor, body: dict[str, Any]) -> None:
    slack(door, form(payload=json.dumps(body)), "application/x-www-form-urlencoded")


CURSED = ("half \ud800 a letter", "a \x00 in it", "\udfff", "\ud83d\ude00")


@pytest.mark.parametrize("text", CURSED, ids=ascii)
def test_letters_that_no_database_takes(door: FrontDoor, text: str) -> None:
    """In what a person says, in a name, in an id, in a click and in a reason."""
    for place in ("text", "user", "thread_ts", "channel"):
        said = event("app_mention", **({"text": "<@U0SORTIE01> do it"} | {place: f"<@U0SORTIE01> {text}"}))
        slack(door, json.dumps(said | {"event_id": f"{place}{text}"}).encode(), "application/json")
        slack(door, json.dumps(said | {"team_id": text}).encode(), "application/json")
    for body in INTERACTIONS:
        for place in ("user", "channel", "team"):
            named = body | {place: {"id": text}, "message": {"ts": text, "thread_ts": text}}
            slack(door, form(payload=json.dumps(named)), "application/x-www-form-urlencoded")


@some
@given(
    body=damaged((COMMAND,)) | st.dictionaries(st.text(max_size=8), JUNK, max_size=4),
    kind=st.sampled_from(("application/x-www-form-urlencoded", "application/json", "text/plain", "", "é")),
)
def test_slack_forms_of_any_shape(door: FrontDoor, body: dict[str, Any], kind: str) -> None:
    raw = urlencode(
        {k.encode("utf-8", "surrogatepass"): str(v) for k, v in body.items()}, errors="surrogatepass"
    )
    slack(door, raw.encode(), kind)


@some
@given(
    sent=st.sampled_from(GITHUB).flatmap(
        lambda g: st.tuples(
            st.just(g[0]) | TEXTS, damaged((g[1] | {"repository": REPOSITORY, "sender": SENDER},))
        )
    ),
    delivery=TEXTS,
)
def test_github_deliveries_of_any_shape(
    door: FrontDoor, sent: tuple[str, dict[str, Any]], delivery: str
) -> None:
    name, body = sent
    raw = json.dumps(body).encode()
    digest = hmac.new(GITHUB_SECRET.encode(), raw, hashlib.sha256).hexdigest()
    given_headers = {"x-github-event": name, "x-github-delivery": delivery}
    headers = [(k.encode(), _header(v)) for k, v in given_headers.items()]
    headers += [(b"x-hub-signature-256", f"sha256={digest}".encode()), (b"content-type", b"application/json")]
    fine(door.http.request("POST", f"{door.url}/hooks/github", content=raw, headers=headers))


def _header(value: str) -> bytes:
    """As much of it as HTTP allows in a header."""
    raw = value.encode("utf-8", "surrogatepass")[:2_000]
    return bytes(b for b in raw if b >= 32 and b != 127).strip()


RUN_PAGES = ("/t/{run_id}", "/t/{run_id}/live", "/t/{run_id}/receipt.json", "/t/{run_id}/stop")
LINKING = ("/link/{note}", "/link/callback", "/link/confirm")
PAGES = ("/", *RUN_PAGES, *LINKING, "/login", "/healthz", "/readyz", "/api/kill-switch")
HOOKS = ("/slack/events", "/hooks/github")
IDS = st.one_of(
    TEXTS,
    st.sampled_from(("R-1001", "R-1", "R-01001", "R-999999999999", "r-1001", "R-１００１", "..", "%00")),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ("host", "accept", "cookie", "origin", "referer", "content-type", "x-forwarded-for", "range")
    ),
    TEXTS
    | st.sampled_from(
        ("127.0.0.1", "[", "http://[", "sortie_session=\xff", "text/html", "a:b:c", "bytes=9-1")
    ),
    max_size=3,
)
QUERIES = st.dictionaries(st.sampled_from(("seen", "show", "next", "token")), TEXTS, max_size=3)


def at(path: str, run_id: str, query: dict[str, str]) -> str:
    """The path with this id in it, every byte escaped."""
    escaped = quote(run_id.encode("utf-8", "surrogatepass"), safe="")
    asked = urlencode(query, errors="surrogatepass")
    return path.replace("{run_id}", escaped).replace("{note}", escaped).replace("{path}", escaped) + (
        f"?{asked}" if asked else ""
    )


@some
@given(
    path=st.sampled_from((*PAGES, *HOOKS, "/static/{path}", "/static/../{path}", "/{path}")),
    method=st.sampled_from(("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "X")),
    run_id=IDS,
    query=QUERIES,
    headers=HEADERS,
    body=st.binary(max_size=200),
)
def test_every_route_with_anything(
    door: FrontDoor,
    path: str,
    method: str,
    run_id: str,
    query: dict[str, str],
    headers: dict[str, str],
    body: bytes,
) -> None:
    raw = [(k.encode(), _header(v)) for k, v in headers.items()]
    fine(door.http.request(method, door.url + at(path, run_id, query), headers=raw, content=body))


@some
@given(
    fields=st.dictionaries(st.sampled_from(("token", "next", "x")), TEXTS, max_size=3),
    run_id=IDS,
    login=st.booleans(),
)
def test_forms_of_the_pages_with_anything(
    door: FrontDoor, fields: dict[str, str], run_id: str, login: bool
) -> None:
    where = "/t/{run_id}/stop"
    body = urlencode(fields, errors="surrogatepass").encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    fine(door.http.post(door.url + at(where, run_id, {}), content=body, headers=headers))
    if login and "token" not in fields:
        fine(door.http.post(f"{door.url}/login", content=body, headers=headers))


@some
@given(
    body=JUNK
    | st.fixed_dictionaries({"on": JUNK, "reason": JUNK})
    | st.fixed_dictionaries({"on": st.booleans(), "reason": TEXTS})
)
def test_the_kill_switch_turned_with_anything(keyed: FrontDoor, body: Any) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    fine(keyed.http.post(f"{keyed.url}/api/kill-switch", content=json.dumps(body), headers=headers))
    turned = keyed.http.post(f"{keyed.url}/api/kill-switch", content='{"on": true}', headers=headers)
    assert (turned.status_code, turned.json()["state"]) == (200, "on")


def test_a_body_that_cannot_be_read_is_named_by_its_fields_and_not_sent_back(keyed: FrontDoor) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    for body, fields in (('{"on": "maybe"}', ["on"]), ('{"on": "\\ud800 maybe"}', [""])):
        answer = keyed.http.post(f"{keyed.url}/api/kill-switch", content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (422, "REQ-422")
        assert answer.json()["fields"] == fields and "maybe" not in answer.text


def test_the_kill_switch_reads_nothing_of_strangers_and_little_of_anybody(keyed: FrontDoor) -> None:
    much = b"{" + b" " * 1_000_000
    place = f"{keyed.url}/api/kill-switch"
    assert keyed.http.post(place, content=much).status_code == 403
    known = {"authorization": f"Bearer {TOKEN}"}
    assert keyed.http.post(place, content=much, headers=known).status_code == 413


def test_nothing_broke_behind_the_answers(door: FrontDoor, caplog: pytest.LogCaptureFixture) -> None:
    """After all of the above: the door still takes requests, and no task of it ended with an error nobody saw."""
    gc.collect()
    assert [r.getMessage() for r in caplog.get_records("call") if r.name == "asyncio"] == []
    before = door.runs()
    door.says(f"{BOT} fix the other bug in acme/api")
    assert len(door.runs()) == len(before) + 1


def test_no_route_is_left_out(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    app = create_app(
        Settings(_env_file=None, dashboard_token=SecretStr(TOKEN)), store=Store(engine), waker=NotedBell()
    )
    plain = {route.path for route in app.routes if type(route) is Route}
    assert {*app.openapi()["paths"], *plain} == {*PAGES, *HOOKS}
    engine.dispose()
