"""GitHub Apps: JWTs, installation tokens and what they may touch, deliveries."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from github import Auth

from integrations.simulators.github.seed import new_key
from tests.integrations.simulators.github.conftest import APP_ID, TOKENS, Stage


def made_jwt(stage: Stage, **changes: Any) -> str:
    """A `timedelta` is counted from now, which is later than when the tests were collected."""
    now = int(time.time())
    told = {k: now + int(v.total_seconds()) if isinstance(v, timedelta) else v for k, v in changes.items()}
    claims = {"iat": now - 30, "exp": now + 300, "iss": str(APP_ID), **told}
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, stage.key, algorithm="RS256")


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_pygithub_finds_the_installation_and_works_with_its_token(stage: Stage, prefix: str) -> None:
    repo = stage.new_repo()
    integration = stage.integration(prefix)
    assert integration.get_app().slug == "sortie"
    found = integration.get_repo_installation(*repo.split("/"))
    token = integration.get_access_token(found.id)
    assert token.token.startswith(f"ghs_{APP_ID}_")
    assert 450 <= len(token.token) <= 600
    assert token.expires_at.timestamp() == pytest.approx(time.time() + 3600, abs=30)
    gh = stage.github(token.token, prefix)
    names = [r.full_name for r in gh.get_repo(repo).owner.get_repos()]
    assert repo in names
    listed = stage.rest("GET", f"{prefix}/installation/repositories?per_page=100", token=token.token).json()
    assert repo in [r["full_name"] for r in listed["repositories"]]
    assert all(r["url"].startswith(f"{stage.url}{prefix}/repos/") for r in listed["repositories"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exp": 1000}, "'Expiration time' claim ('exp') must be a numeric value"),
        ({"exp": timedelta(seconds=5000)}, "too far in the future"),
        ({"iat": timedelta(seconds=900), "exp": timedelta(seconds=500)}, "'Issued at' claim"),
        ({"iss": "99"}, "Integration not found"),
        ({"iss": None}, "'Issuer' claim"),
        ({"exp": None}, "could not be decoded"),
    ],
)
def test_a_jwt_with_bad_claims_is_401(stage: Stage, changes: dict[str, Any], message: str) -> None:
    answer = stage.rest("GET", "/app", token=made_jwt(stage, **changes))
    assert answer.status_code == 401
    assert message in answer.json()["message"]


def test_a_jwt_of_another_key_or_junk_is_401(stage: Stage) -> None:
    now = int(time.time())
    claims = {"iat": now, "exp": now + 60, "iss": str(APP_ID)}
    forged = jwt.encode(claims, new_key(), algorithm="RS256")
    unsigned = jwt.encode(claims, "", algorithm="none")
    for token in (forged, unsigned, "a.b.c", "junk", ""):
        assert stage.rest("GET", "/app", token=token).status_code == 401
    assert stage.rest("GET", "/app", token=made_jwt(stage)).status_code == 200


def test_the_client_id_may_issue_the_jwt(stage: Stage) -> None:
    client_id = stage.rest("GET", "/app", token=made_jwt(stage)).json()["client_id"]
    assert stage.rest("GET", "/app", token=made_jwt(stage, iss=client_id)).status_code == 200


def test_a_token_for_one_repository_does_not_see_the_others(stage: Stage) -> None:
    one, two = stage.new_repo(), stage.new_repo()
    token = stage.installation_token(one, repositories=[one.split("/")[1]])
    assert stage.rest("GET", f"/repos/{one}", token=token).status_code == 200
    assert stage.rest("GET", f"/repos/{two}", token=token).status_code == 404
    listed = stage.rest("GET", "/installation/repositories", token=token).json()
    assert [r["full_name"] for r in listed["repositories"]] == [one]
    assert listed["repository_selection"] == "selected"


def test_a_token_carries_only_the_permissions_asked_for(stage: Stage) -> None:
    repo = stage.new_repo()
    token = stage.installation_token(repo, permissions={"contents": "read", "pull_requests": "read"})
    body = {"ref": "refs/heads/x", "sha": "0" * 40}
    refused = stage.rest("POST", f"/repos/{repo}/git/refs", token=token, body=body)
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    assert refused.headers["X-Accepted-GitHub-Permissions"] == "contents=write"
    assert stage.rest("GET", f"/repos/{repo}/pulls", token=token).status_code == 200


def test_empty_permissions_mean_all_that_were_granted(stage: Stage) -> None:
    repo = stage.new_repo()
    token = stage.installation_token(repo, permissions={})
    stage.branch(repo, "t", {"x": "1\n"})
    pull = stage.github(token).get_repo(repo).create_pull("main", "t", title="T", body="")
    assert (pull.user.login, pull.user.type) == ("sortie[bot]", "Bot")
    assert pull.user.url.endswith("/users/sortie%5Bbot%5D") and pull.user.avatar_url


@pytest.mark.parametrize(
    "body", [{"permissions": {"workflows": "write"}}, {"repositories": ["no-such-repository"]}]
)
def test_more_than_was_granted_cannot_be_asked_for(stage: Stage, body: dict[str, Any]) -> None:
    repo = stage.new_repo()
    token = made_jwt(stage)
    inst = stage.rest("GET", f"/repos/{repo}/installation", token=token).json()["id"]
    refused = stage.rest("POST", f"/app/installations/{inst}/access_tokens", token=token, body=body)
    assert refused.status_code == 422


def test_an_expired_token_is_401_and_a_new_one_works(stage: Stage) -> None:
    repo = stage.new_repo()
    token = stage.installation_token(repo)
    assert stage.rest("GET", f"/repos/{repo}", token=token).status_code == 200
    assert stage.control("POST", "/tokens/expire")["expired"] >= 1
    expired = stage.rest("GET", f"/repos/{repo}", token=token)
    assert (expired.status_code, expired.json()["message"]) == (401, "Bad credentials")
    fresh = stage.installation_token(repo)
    assert stage.rest("GET", f"/repos/{repo}", token=fresh).status_code == 200


def test_a_revoked_token_is_401(stage: Stage) -> None:
    repo = stage.new_repo()
    token = stage.installation_token(repo)
    assert stage.control("POST", "/tokens/revoke", {"token": token}) == {"revoked": 1}
    assert stage.rest("GET", f"/repos/{repo}", token=token).status_code == 401


def test_an_app_is_not_a_user(stage: Stage) -> None:
    repo = stage.new_repo()
    assert stage.rest("GET", "/user", token=stage.installation_token(repo)).status_code == 403
    assert stage.rest("GET", "/app", token=TOKENS["priya"]).status_code == 401
    assert stage.rest("GET", f"/repos/{repo}", token=made_jwt(stage)).status_code == 403


def test_a_repository_without_the_app_has_no_installation(stage: Stage) -> None:
    stage.control("POST", "/repos", {"full_name": "elsewhere/thing"})
    answer = stage.rest("GET", "/repos/elsewhere/thing/installation", token=made_jwt(stage))
    assert answer.status_code == 404


def test_a_delivery_can_be_found_and_sent_again_under_its_guid(stage: Stage) -> None:
    repo = stage.new_repo()
    stage.inbox.answer = 500
    try:
        stage.branch(repo, "t", {"x": "1\n"})
        first = stage.inbox.wait(repo, "push")[0]
        stage.idle()
    finally:
        stage.inbox.answer = 204
    guid = first.headers["X-GitHub-Delivery"]
    token = made_jwt(stage)
    listed = stage.rest("GET", "/app/hook/deliveries?status=failure&per_page=100", token=token).json()
    mine = next(d for d in listed if d["guid"] == guid)
    assert (mine["status_code"], mine["redelivery"], mine["event"]) == (500, False, "push")
    assert len(stage.inbox.of(repo, "push")) == 1, "GitHub never retries by itself"
    whole = stage.rest("GET", f"/app/hook/deliveries/{mine['id']}", token=token).json()
    assert whole["request"]["payload"]["repository"]["full_name"] == repo
    again = stage.rest("POST", f"/app/hook/deliveries/{mine['id']}/attempts", token=token)
    assert again.status_code == 202
    second = stage.inbox.wait(repo, "push", 2)[1]
    assert second.headers["X-GitHub-Delivery"] == guid
    assert second.body == first.body


def test_deliveries_are_paged_by_cursor(stage: Stage) -> None:
    repo = stage.new_repo()
    for n in range(3):
        stage.branch(repo, f"b{n}", {"x": f"{n}\n"})
    stage.idle()
    token = made_jwt(stage)
    page = stage.rest("GET", "/app/hook/deliveries?per_page=2", token=token)
    assert len(page.json()) == 2
    following = stage.rest("GET", page.links["next"]["url"].removeprefix(stage.url), token=token)
    assert following.json()[0]["id"] < page.json()[-1]["id"]


def test_pygithub_refreshes_its_own_installation_token(stage: Stage) -> None:
    repo = stage.new_repo()
    inst = stage.integration().get_repo_installation(*repo.split("/"))
    auth = Auth.AppAuth(APP_ID, stage.key).get_installation_auth(inst.id)
    assert stage.integration().get_github_for_installation(inst.id).get_repo(repo).full_name == repo
    assert auth.installation_id == inst.id
