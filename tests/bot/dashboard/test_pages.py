"""The pages over HTTP: what they show, who may see them, and that nobody's words become markup."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from bot.dashboard.render import STATIC
from tasks.domain.decisions import Submitted
from tasks.domain.facts import PullRequestMoved
from tasks.domain.results import PullRequestOpened
from tests.support.front_door import FrontDoor, front_door
from tests.support.requests import a_request
from tests.support.stories import STORIES, ready

NASTY = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}'


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(tmp_path_factory.mktemp("pages")) as running:
        yield running


def tell(door: FrontDoor, story: str, *, title: str = "Return 422") -> str:
    """A run with this history; returns its id."""
    with door.store.writing() as tx:
        run = tx.start_run(a_request(), title)
        for event in STORIES[story]():
            tx.append(run.id, event)
    return run.id


def see(door: FrontDoor, path: str, **headers: str) -> httpx2.Response:
    return door.http.get(door.url + path, headers={"accept": "text/html"} | headers)


@pytest.mark.parametrize("story", STORIES)
def test_every_story_has_a_page(door: FrontDoor, story: str) -> None:
    answer = see(door, f"/t/{tell(door, story)}")
    assert answer.status_code == 200
    for anchor in ("plan", "findings", "checks", "gates", "diff", "log", "sent", "why", "evidence"):
        assert f'id="{anchor}"' in answer.text


def test_a_ready_run_shows_its_evidence(door: FrontDoor) -> None:
    text = see(door, f"/t/{tell(door, 'ready')}").text
    assert "min min" not in text
    for said in ("Ready for review", "Review PR #812", "pass, 1 note", "channel default", "$0.32", "python3 -m pytest -q",
                 "The empty string is not covered.", "Network: none", "isolation full", "38 −4"):  # fmt: skip
        assert said in text, said
    assert 'href="http://127.0.0.1:9/acme/api/pull/812"' in text


def test_a_receipt_stands_on_the_page_and_says_when_it_is_void(door: FrontDoor) -> None:
    run_id = tell(door, "ready")
    told = see(door, f"/t/{run_id}/receipt.json").json()
    page = see(door, f"/t/{run_id}").text
    assert told["sha256"] in page and told["receipt"]["head_oid"] in page and "Void" not in page
    with door.store.writing() as tx:
        tx.append(run_id, PullRequestMoved(812, "open", False, "e" * 40, "ben"))
    assert "Void: <code>eeeeeeeeee</code> stands on the branch now" in see(door, f"/t/{run_id}").text
    assert see(door, f"/t/{run_id}/receipt.json").json()["void_by"] == "e" * 40
    assert see(door, "/t/R-999/receipt.json").status_code == 404


def test_a_failed_run_says_why_with_its_code(door: FrontDoor) -> None:
    text = see(door, f"/t/{tell(door, 'failed')}").text
    assert "No useful change in 10 min" in text and "AGT-003" in text and "@sortie retry" in text


def test_a_blocking_finding_shows_its_evidence_and_its_anchor(door: FrontDoor) -> None:
    text = see(door, f"/t/{tell(door, 'blocked')}").text
    assert 'id="f3"' in text and "$ python3 -m payments.probe" in text
    assert "could not review: the model is overloaded" in text


def test_nobodys_words_become_markup(door: FrontDoor) -> None:
    with door.store.writing() as tx:
        request = replace(a_request(), text=NASTY)
        run = tx.start_run(request, NASTY)
        for event in ready():
            if isinstance(event, Submitted):
                event = replace(event, title=NASTY, summary=NASTY, diff=f"+{NASTY}\n", not_done=(NASTY,))
            if isinstance(event, PullRequestOpened):
                event = replace(event, url="javascript:alert(1)")
            tx.append(run.id, event)
    for path in (f"/t/{run.id}", f"/t/{run.id}/live", "/"):
        text = see(door, path).text
        assert "<script>alert" not in text and "<img" not in text and "javascript:" not in text
        assert "{{7*7}}" in text


def test_pages_have_no_inline_script_or_style_and_load_nothing_from_elsewhere(door: FrontDoor) -> None:
    for path in (f"/t/{tell(door, 'ready')}", "/", "/login", "/t/R-1"):
        answer = see(door, path)
        assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
        assert not re.search(r"<[^>]*\s(?:on\w+|style)=|<style|<script(?![^>]*\ssrc=)", answer.text), path
        assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1)[^"]*"', answer.text)


def test_the_list_shows_the_newest_run_first(door: FrontDoor) -> None:
    newest = tell(door, "asking", title="The newest of all")
    text = see(door, "/").text
    assert text.index(newest) < text.index("The newest of all")
    assert re.findall(r"/t/(R-\d+)", text)[0] == newest
    assert "Needs you" in text


def test_the_live_part_answers_nothing_until_something_happens(door: FrontDoor) -> None:
    run_id = tell(door, "working")
    stamp = re.search(r'data-stamp="([^"]+)"', see(door, f"/t/{run_id}").text)
    assert stamp is not None
    assert see(door, f"/t/{run_id}/live?seen={stamp[1]}").status_code == 204
    with door.store.writing() as tx:
        intent = tx.claim(claim_id="x", ttl_s=60)
        assert intent is not None
        tx.settle(intent, state="done")
    changed = {
        run: see(door, f"/t/{run}/live?seen={stamp[1]}").status_code for run in (run_id, intent.run_id)
    }
    assert changed[intent.run_id] == 200


def test_the_timeline_can_be_narrowed(door: FrontDoor) -> None:
    run_id = tell(door, "failed")
    people = see(door, f"/t/{run_id}?show=people").text
    assert "steered the agent" in people and "Prepared a workspace" not in people
    problems = see(door, f"/t/{run_id}?show=problems").text
    assert "Gave up" in problems and "steered the agent" not in problems


@pytest.mark.parametrize("run_id", ["R-99999", "R-1%27", "R-1%0a", "R-" + "9" * 40, "x"])
def test_an_unknown_run_is_a_page_that_says_so(door: FrontDoor, run_id: str) -> None:
    assert see(door, f"/t/{run_id}").status_code == 404


def test_stop_on_the_page_needs_the_pages_own_token(door: FrontDoor) -> None:
    run_id = tell(door, "working")
    url = f"{door.url}/t/{run_id}/stop"
    token = re.search(r'name="token" value="([0-9a-f]+)"', see(door, f"/t/{run_id}").text)
    assert token is not None
    assert door.http.post(url, data={"token": "0" * 64}).status_code == 403
    assert door.http.post(url, data={}).status_code == 403
    foreign = door.http.post(url, data={"token": token[1]}, headers={"origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert "StopRequested" not in door.facts(run_id)
    other = tell(door, "working")
    assert door.http.post(f"{door.url}/t/{other}/stop", data={"token": token[1]}).status_code == 403
    assert door.http.post(url, data={"token": token[1]}).status_code == 303
    assert door.facts(run_id)[-1] == "StopRequested"
    assert door.http.get(url).status_code == 405


def test_another_name_for_this_machine_is_not_served(door: FrontDoor) -> None:
    for path in ("/", f"/t/{tell(door, 'ready')}"):
        assert see(door, path, host="rebound.example").status_code == 404


def test_with_a_token_everything_asks_for_it_once(tmp_path: Path) -> None:
    with front_door(tmp_path, dashboard_token=SecretStr("long-random-text")) as shut:
        run_id = tell(shut, "ready")
        for path in ("/", f"/t/{run_id}"):
            answer = see(shut, path)
            assert answer.status_code == 303 and urlsplit(answer.headers["location"]).path == "/login"
        assert see(shut, f"/t/{run_id}/live").status_code == 401
        assert shut.http.post(f"{shut.url}/t/{run_id}/stop", data={"token": "x"}).status_code == 303
        assert "StopRequested" not in shut.facts(run_id)
        wrong = shut.http.post(f"{shut.url}/login", data={"token": "guess", "next": "/"})
        assert wrong.status_code == 401 and "set-cookie" not in wrong.headers
        right = shut.http.post(
            f"{shut.url}/login", data={"token": "long-random-text", "next": f"/t/{run_id}"}
        )
        cookie = right.headers["set-cookie"]
        assert right.headers["location"] == f"/t/{run_id}"
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "long-random-text" not in cookie
        assert see(shut, f"/t/{run_id}").status_code == 200
        forged = see(shut, f"/t/{run_id}", cookie="sortie_session=" + "0" * 64)
        assert forged.status_code == 303


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil", "/a?b", "javascript:x"]
)
def test_logging_in_never_leads_elsewhere(tmp_path: Path, elsewhere: str) -> None:
    with front_door(tmp_path, dashboard_token=SecretStr("t0ken")) as shut:
        answer = shut.http.post(f"{shut.url}/login", data={"token": "t0ken", "next": elsewhere})
        assert answer.headers["location"] == "/"


def test_vendored_files_are_what_their_manifest_says() -> None:
    manifest = json.loads((STATIC / "vendor/manifest.json").read_text())
    there = {path.name for path in (STATIC / "vendor").iterdir()} - {"manifest.json"}
    assert there == set(manifest)
    for name, entry in manifest.items():
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == entry["sha256"]


def test_a_page_is_light(door: FrontDoor) -> None:
    weight = len(see(door, f"/t/{tell(door, 'ready')}").content)
    weight += sum(p.stat().st_size for p in STATIC.rglob("*") if p.suffix in (".js", ".css", ".svg"))
    assert weight < 150_000
