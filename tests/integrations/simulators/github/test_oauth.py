"""The web application flow, as GitHub documents it: consent, a code for one use, a token that says who somebody is."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.model.oauth import challenge_of
from integrations.simulators.github.server import GitHubSimulator

CLIENT, SECRET, BACK = "Iv1.0123456789abcdef", "f" * 40, "http://127.0.0.1:9/link/callback"
VERIFIER = "v" * 43
ASKED = {
    "client_id": CLIENT,
    "redirect_uri": BACK,
    "state": "xyz",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
GIVEN = {"client_id": CLIENT, "client_secret": SECRET, "redirect_uri": BACK, "code_verifier": VERIFIER}


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    config = GitHubSimConfig(
        root=tmp_path_factory.mktemp("github"),
        client_id=CLIENT,
        client_secret=SECRET,
        callback_url=BACK,
        seed={"users": [{"login": "ada"}, {"login": "ben"}]},
    )
    with GitHubSimulator(config) as simulator:
        yield simulator.url


def agree(github: str, **changes: str) -> dict[str, str]:
    """What the callback is sent."""
    form = ASKED | {"as": "ada"} | changes
    answer = requests.post(f"{github}/login/oauth/authorize", data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 302 and answer.headers["location"].startswith(BACK)
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(github: str, code: str, changes: dict[str, str] | None = None) -> dict[str, str]:
    answer = requests.post(
        f"{github}/login/oauth/access_token",
        data=GIVEN | {"code": code} | (changes or {}),
        headers={"accept": "application/json"},
        timeout=10,
    )
    assert answer.status_code == 200
    found: dict[str, str] = answer.json()
    return found


def test_the_page_has_a_button_for_each_person_and_a_way_out(github: str) -> None:
    page = requests.get(f"{github}/login/oauth/authorize", params=ASKED, timeout=10)
    assert page.status_code == 200
    assert "Continue as ada" in page.text and "Continue as ben" in page.text and "Cancel" in page.text
    assert f"form-action 'self' {BACK.rsplit('/link', 1)[0]}" in page.headers["content-security-policy"]
    unknown = requests.get(f"{github}/login/oauth/authorize", params=ASKED | {"client_id": "x"}, timeout=10)
    assert unknown.status_code == 404


def test_a_code_is_exchanged_once_for_a_token_that_says_who_it_is(github: str) -> None:
    sent = agree(github)
    assert sent["state"] == "xyz"
    token = exchange(github, sent["code"])
    assert token["token_type"] == "bearer" and token["access_token"].startswith("ghu_")
    headers = {"authorization": f"Bearer {token['access_token']}"}
    me = requests.get(f"{github}/user", headers=headers, timeout=10)
    assert me.json()["login"] == "ada" and isinstance(me.json()["id"], int)
    assert exchange(github, sent["code"])["error"] == "bad_verification_code"


def test_without_json_asked_for_the_answer_is_a_form(github: str) -> None:
    code = agree(github)["code"]
    answer = requests.post(f"{github}/login/oauth/access_token", data=GIVEN | {"code": code}, timeout=10)
    assert answer.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert parse_qs(answer.text)["access_token"][0].startswith("ghu_")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "0" * 40}, "incorrect_client_credentials"),
        ({"client_id": "Iv1.ffff"}, "incorrect_client_credentials"),
        ({"code_verifier": "w" * 43}, "bad_verification_code"),
        ({"code_verifier": ""}, "bad_verification_code"),
        ({"code": "0" * 20}, "bad_verification_code"),
        ({"redirect_uri": "http://evil.example/"}, "redirect_uri_mismatch"),
    ],
)
def test_anything_wrong_in_the_exchange_is_an_error_by_its_name(
    github: str, changes: dict[str, str], error: str
) -> None:
    found = exchange(github, agree(github)["code"], changes)
    assert found["error"] == error and found["error_description"] and found["error_uri"]
    assert "access_token" not in found


def test_a_code_lives_ten_minutes(github: str) -> None:
    code = agree(github)["code"]
    assert requests.post(f"{github}/_sim/codes/expire", json={}, timeout=10).json()["expired"] >= 1
    assert exchange(github, code)["error"] == "bad_verification_code"


def test_who_declines_and_who_asks_for_another_address_is_sent_to_ours_with_an_error(github: str) -> None:
    assert agree(github, **{"as": ""})["error"] == "access_denied"
    assert agree(github, redirect_uri="http://evil.example/")["error"] == "redirect_uri_mismatch"


def test_without_an_application_nobody_is_asked(tmp_path: Path) -> None:
    with GitHubSimulator(GitHubSimConfig(root=tmp_path)) as plain:
        page = requests.get(f"{plain.url}/login/oauth/authorize", params={"client_id": ""}, timeout=10)
        assert page.status_code == 404
