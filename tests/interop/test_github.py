"""Our GitHub client against `emulate` and against our simulator, with Prism in between that knows GitHub's published API."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from integrations.github.client import GitHubHost
from integrations.github.connection import AppCredentials
from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.seed import new_key
from integrations.simulators.github.server import GitHubSimulator
from tests.interop.acting import Note, play
from tests.interop.github_acts import ACTS, Act
from tests.interop.programs import evaluated
from tests.interop.published import PRISM, UNDESCRIBED, note_answers, note_requests
from tests.interop.relay import Relay
from tests.interop.servers import emulate
from tests.interop.stage import CODE, REPO, Stage
from tests.interop.table import Gap, Row
from tests.interop.violations import violations

EMULATE, SIMULATOR = "emulate 0.12.2, GitHub REST", "our GitHub simulator"
APP_ID, INSTALLATION = 4242, 77
_RIGHTS = {
    "actions": "read",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}

GAPS: dict[str, dict[str, Gap]] = {
    EMULATE: {
        "a_token_that_nobody_gave_out_is_denied": Gap("theirs", "any unknown token acts as the first user"),
        "a_second_pull_request_for_the_branch_is_a_conflict": Gap(
            "theirs", "takes a second pull request for the same head; GitHub answers 422"
        ),
        "a_pull_request_without_a_branch_is_rejected": Gap(
            "theirs", "takes a head that does not exist; GitHub answers 422"
        ),
        "follows_the_head_after_a_push": Gap("theirs", "a pull request's head stays where it was opened"),
        "takes_a_draft_out_of_draft": Gap("not offered", "no GraphQL, and REST cannot undraft"),
        "appends_annotations_beyond_the_first_fifty": Gap(
            "theirs", "an update replaces the annotations; GitHub appends them"
        ),
        "reports_as_a_commit_status_with_a_plain_token": Gap("not offered", "no commit statuses"),
        "lists_what_others_check_and_leaves_its_own_out": Gap("not offered", "no combined commit status"),
        "comments_on_lines_in_a_review": Gap(
            "theirs", "review comments need the old `position`; any `line` is refused, in the diff or not"
        ),
    },
    SIMULATOR: {},
}


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A code host behind Prism behind a relay that notes everything."""

    name: str
    stage: Stage
    relay: Relay


@pytest.fixture(scope="module", params=[SIMULATOR, EMULATE])
def counterpart(
    request: pytest.FixtureRequest, checked: tuple[Relay, Relay], folder: Path
) -> Iterator[Counterpart]:
    front, back = checked
    key = new_key()
    with ExitStack() as stack:
        if request.param == EMULATE:
            url = stack.enter_context(emulate("github", _emulate_seed(key), folder))
        else:
            url = stack.enter_context(GitHubSimulator(_simulator(key, folder))).url
        back.target = url
        front.seen.clear()
        http = stack.enter_context(httpx2.Client(timeout=30))
        app, plain, stranger = (
            GitHubHost(credentials, api_url=front.url, git_url=url, timeout_s=30)
            for credentials in (AppCredentials(APP_ID, key), "tok_bot", "ghp_nobody")
        )
        stage = Stage(app, plain, stranger, url, "tok_ada", http)
        stage.rest("PUT", "/contents/app.py", stage.upload(CODE, "main"))
        yield Counterpart(request.param, stage, front)


def _emulate_seed(key: str) -> dict[str, object]:
    app = {
        "app_id": APP_ID,
        "slug": "sortie",
        "name": "Sortie",
        "private_key": key,
        "permissions": _RIGHTS,
        "events": ["*"],
        "installations": [
            {"installation_id": INSTALLATION, "account": "acme", "repository_selection": "all"}
        ],
    }
    members = [{"login": login, "role": "admin"} for login in ("ada", "sortie-bot")]
    return {
        "tokens": {
            "tok_ada": {"login": "ada", "scopes": ["repo"]},
            "tok_bot": {"login": "sortie-bot", "scopes": ["repo"]},
        },
        "github": {
            "users": [{"login": "ada"}, {"login": "mallory"}, {"login": "sortie-bot"}],
            "orgs": [{"login": "acme", "members": members}],
            "repos": [{"owner": "acme", "name": "api", "default_branch": "main"}],
            "apps": [app],
        },
    }


def _simulator(key: str, folder: Path) -> GitHubSimConfig:
    source = folder / "source"
    source.mkdir(exist_ok=True)
    (source / "README.md").write_text("# api\n")
    repo = {
        "full_name": REPO,
        "from_path": str(source),
        "default_branch": "main",
        "ci": {"runner": "none"},
        "collaborators": {"ada": "admin", "sortie-bot": "write"},
    }
    seed = {
        "users": [{"login": "ada", "token": "tok_ada"}, {"login": "mallory"}],
        "orgs": [{"login": "acme"}],
        "repos": [repo],
        "installations": [{"id": INSTALLATION, "account": "acme"}],
    }
    return GitHubSimConfig(root=folder / "github", token="tok_bot", app_id=APP_ID, app_key_pem=key, seed=seed)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_our_client_does_what_a_run_does(counterpart: Counterpart, act: Act, note: Note) -> None:
    name, gaps = counterpart.name, GAPS[counterpart.name]
    play(lambda: act(counterpart.stage), name=act.__name__, against=name, gaps=gaps, note=note)


def test_what_we_ask_and_what_is_answered_follows_the_published_api(
    counterpart: Counterpart, note: Note
) -> None:
    seen = counterpart.relay.seen
    assert len(seen) > 60, "the acts above go first"
    found = violations(seen)
    note_requests(found, f"requests of our client to {counterpart.name}", note)
    answers = {v for v in found if v.side == "response"} - set(UNDESCRIBED)
    if counterpart.name == EMULATE:
        assert answers, "its answers are right now: strike the gap"
        calls = sorted({f"{v.call}" for v in answers})
        gap = Gap(
            "theirs", f"fields left out, or `[bot]` unquoted in addresses, in {len(calls)} kinds of call"
        )
        note(Row(PRISM, f"answers of {EMULATE}", gap))
    else:
        note_answers(found, f"answers of {SIMULATOR}", note)


def test_our_mutation_is_one_of_githubs(counterpart: Counterpart, note: Note) -> None:
    asked = {json.loads(e.body)["query"] for e in counterpart.relay.seen if e.path == "/graphql"}
    assert asked, "the acts above go first"
    code = "import('@octokit/graphql-schema').then(({ validate }) =>"
    code += "console.log(JSON.stringify(input.map((query) => validate(query).map(String)))));"
    assert evaluated(code, sorted(asked)) == [[] for _ in asked]
    assert evaluated(code, ["mutation{markReady(input:{}){id}}"]) != [[]]
    note(Row("@octokit/graphql-schema 15.26.1", "the mutation that undrafts"))
