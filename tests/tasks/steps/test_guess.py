"""Guessing the repository: what counts as an answer, when it is taken, and whose words are never read."""

import json
from dataclasses import replace

import pytest

from integrations.types.model import ModelReply, StopReason, Usage
from tasks.domain.decisions import QuestionAsked, RepoChosen, RepoGuessed
from tasks.domain.next_step import Decide, Do, next_step
from tasks.domain.policy import Link, Policy, choose_repo
from tasks.domain.request import Person, RequestOptions
from tasks.domain.run import Run
from tasks.steps.run.guess import likely
from tests.support.histories import Story
from tests.support.requests import NOON

REPOS = ("acme/api", "acme/web", "acme/doc")
POLICY = Policy(
    repos=REPOS, links=(Link("T1", "U1", "ada"),), routing=(("refund", "acme/api"), ("login", "acme/web"))
)


def asked(text: str = "the shop is slow", *, user: str = "U1", repo: str | None = None) -> Run:
    run = Story().run
    request = replace(
        run.request, text=text, requester=Person("slack", "T1", user), options=RequestOptions(repo)
    )
    return replace(run, request=request)


def guessed(*likely: tuple[str, float]) -> Run:
    return replace(asked(), repo_guess=RepoGuessed(likely))


def reply(answer: object, stop: StopReason = StopReason.end_turn) -> ModelReply:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return ModelReply(({"type": "text", "text": text},), stop, Usage(1, 1), "m")


def test_it_is_read_once_where_nothing_else_decides() -> None:
    assert next_step(asked(), POLICY, NOON) == Do("guess")
    assert isinstance(next_step(guessed(), POLICY, NOON), Decide)


@pytest.mark.parametrize(
    "run",
    [asked(user="U9"), asked("refund"), asked("refund after login"), asked(repo="acme/doc")],
    ids=["not linked", "a rule", "two rules", "named"],
)
def test_it_is_not_read_for_a_stranger_or_where_a_rule_decides_or_two_do(run: Run) -> None:
    assert isinstance(next_step(run, POLICY, NOON), Decide)


@pytest.mark.parametrize(
    ("likely", "taken"),
    [
        ((("acme/web", 0.9),), True),
        ((("acme/web", 0.85), ("acme/api", 0.6)), True),
        ((("acme/web", 0.84),), False),
        ((("acme/web", 0.9), ("acme/api", 0.7)), False),
        ((), False),
    ],
)
def test_only_a_sure_guess_is_taken_and_said_to_be_one(
    likely: tuple[tuple[str, float], ...], taken: bool
) -> None:
    found = choose_repo(guessed(*likely), POLICY)
    if taken:
        assert found == RepoChosen("acme/web", "guessed from the request", None, "ada")
    else:
        assert isinstance(found, QuestionAsked)
        assert found.options[0] == (likely[0][0] if likely else "acme/api") and set(found.options) == set(
            REPOS
        )


def test_an_answer_is_proven_before_it_counts() -> None:
    rows = [
        {"repository": "evil/repo", "probability": 1.0},
        {"repository": "ACME/Web", "probability": 0.3},
        {"repository": "acme/api", "probability": 0.6},
        {"repository": "acme/api", "probability": 0.9},
        {"repository": "acme/doc", "probability": 7},
    ]
    assert likely(reply({"unknown": False, "likely": rows}), REPOS) == (("acme/api", 0.6), ("acme/web", 0.3))


@pytest.mark.parametrize(
    "answer",
    [
        {"unknown": True, "likely": [{"repository": "acme/api", "probability": 1}]},
        {"likely": []},
        {"unknown": False, "likely": [{"repository": "acme/api", "probability": "many"}]},
        {"unknown": False, "likely": 7},
        "acme/api",
        "[]",
        '{"unknown": false, "likely": [{"repository": "acme/api", "probability": NaN}]}',
    ],
)
def test_unknown_and_nonsense_are_no_guess(answer: object) -> None:
    assert likely(reply(answer), REPOS) == ()


def test_an_answer_that_was_cut_off_is_none() -> None:
    whole = {"unknown": False, "likely": [{"repository": "acme/api", "probability": 1}]}
    assert likely(reply(whole, StopReason.max_tokens), REPOS) == ()
