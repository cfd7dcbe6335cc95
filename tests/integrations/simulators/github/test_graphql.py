"""GraphQL: the language, nodes, and what goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.simulators.github.gql.language import Execution, GraphQLError, Parser
from tests.integrations.simulators.github.conftest import TOKENS, Stage


def ask(stage: Stage, query: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
    body = {"query": query, "variables": variables}
    answer = stage.rest("POST", "/graphql", token=token or TOKENS["priya"], body=body)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def name(stage: Stage) -> str:
    made = stage.new_repo()
    stage.branch(made, "t", {"x": "1\n"})
    stage.as_app(made).create_pull("main", "t", title="T", body="B", draft=True)
    return made


def test_a_query_with_aliases_fragments_and_variables(stage: Stage, name: str) -> None:
    query = """
    query Q($o: String!, $n: String!, $k: Int = 1) { # a comment
      repo: repository(owner: $o, name: $n) { ...R pullRequest(number: $k) { ... on PullRequest { number state isDraft
        author { __typename login } } } }
      viewer { login }
    }
    fragment R on Repository { nameWithOwner defaultBranchRef { name target { oid } } }
    """
    owner, short = name.split("/")
    data = ask(stage, query, o=owner, n=short)["data"]
    assert data["viewer"] == {"login": "priya"}
    assert data["repo"]["nameWithOwner"] == name
    assert data["repo"]["defaultBranchRef"]["name"] == "main"
    pull = data["repo"]["pullRequest"]
    assert (pull["number"], pull["state"], pull["isDraft"]) == (1, "OPEN", True)
    assert pull["author"] == {"__typename": "Bot", "login": "sortie"}


def test_lists_of_pull_requests_are_paged(stage: Stage, name: str) -> None:
    owner, short = name.split("/")
    stage.branch(name, "second", {"x": "2\n"})
    stage.as_app(name).create_pull("main", "second", title="Second", body="")
    query = """query($o: String!, $n: String!, $c: String) { repository(owner: $o, name: $n) {
      pullRequests(first: 1, after: $c, states: [OPEN]) { totalCount nodes { title } pageInfo { hasNextPage endCursor } } } }"""
    first = ask(stage, query, o=owner, n=short)["data"]["repository"]["pullRequests"]
    assert (first["totalCount"], first["nodes"], first["pageInfo"]["hasNextPage"]) == (
        2,
        [{"title": "T"}],
        True,
    )
    then = ask(stage, query, o=owner, n=short, c=first["pageInfo"]["endCursor"])
    assert then["data"]["repository"]["pullRequests"]["nodes"] == [{"title": "Second"}]


def test_an_unknown_field_or_node_is_an_error_in_a_200(stage: Stage, name: str) -> None:
    owner, short = name.split("/")
    wrong = ask(stage, f'{{ repository(owner: "{owner}", name: "{short}") {{ nonsense }} }}')
    assert wrong["errors"][0]["message"] == "Field 'nonsense' doesn't exist on type 'Repository'"
    gone = ask(stage, '{ node(id: "PR_nope") { id } }')
    assert gone["errors"][0]["type"] == "NOT_FOUND"
    assert gone["data"] == {"node": None}
    private = ask(stage, f'{{ repository(owner: "{owner}", name: "{short}") {{ id }} }}', TOKENS["mallory"])
    assert private["errors"][0]["type"] == "NOT_FOUND"


def test_a_reader_may_not_change_a_pull_request(stage: Stage, name: str) -> None:
    node = stage.as_app(name).get_pull(1).raw_data["node_id"]
    mutation = (
        "mutation($i: MarkPullRequestReadyForReviewInput!) { markPullRequestReadyForReview(input: $i) {"
        " pullRequest { isDraft } } }"
    )
    refused = ask(stage, mutation, TOKENS["rosa"], i={"pullRequestId": node})
    assert refused["errors"][0]["type"] == "FORBIDDEN"
    assert stage.as_app(name).get_pull(1).draft
    done = ask(stage, mutation, i={"pullRequestId": node})
    assert done["data"]["markPullRequestReadyForReview"]["pullRequest"]["isDraft"] is False


def test_without_credentials_it_is_401(stage: Stage) -> None:
    assert stage.rest("POST", "/graphql", body={"query": "{ viewer { login } }"}).status_code == 401
    assert stage.rest("POST", "/api/graphql", token="ghp_no", body={"query": "{}"}).status_code == 401


@pytest.mark.parametrize(
    "text", ["", "{", "{ a(", "query { a { b }", "{ a: }", "%", "{ ...missing }", "{" * 60]
)
def test_a_broken_document_is_a_graphql_error_not_a_crash(stage: Stage, text: str) -> None:
    assert ask(stage, text)["errors"]


def test_values_of_every_kind_are_read() -> None:
    seen: dict[str, Any] = {}

    def f(arguments: dict[str, Any]) -> str:
        seen.update(arguments)
        return "ok"

    text = 'query($v: [Int!]! = [1, 2]) { f(a: 1, b: -2.5, c: "x\\n", d: [true, null], e: {k: $v}, g: ENUM, h: """ block """) }'
    document = Parser(text).document()
    assert Execution(document, {}).select({"__typename": "Q", "f": f}, document.selection, []) == {"f": "ok"}
    assert seen == {
        "a": 1,
        "b": -2.5,
        "c": "x\n",
        "d": [True, None],
        "e": {"k": [1, 2]},
        "g": "ENUM",
        "h": "block",
    }


def test_a_document_without_an_operation_is_refused() -> None:
    with pytest.raises(GraphQLError):
        Parser("fragment F on X { a }").document()
