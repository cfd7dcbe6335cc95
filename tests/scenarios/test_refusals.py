"""Bad input: a clear sentence, a stable code, nothing lost."""

import pytest
from pydantic import SecretStr

from tasks.settings import GitHubSettings
from tasks.store import kept
from tests.scenarios.conftest import Begin
from tests.scenarios.world import ADA, BOT, CHANNEL, CHEN, TEAM, World
from tests.support.eventually import until
from tests.support.requests import chat_of


def whispers(world: World, user: str) -> list[str]:
    found = world.get(f"{world.slack}/_sim/ephemerals")["ephemerals"]
    return [e["text"] for e in found if e["user"] == user]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_nobody_can_link_an_account_only_an_operator_helps_and_nothing_is_kept(
    begin_small: Begin,
) -> None:
    hub = GitHubSettings(token=SecretStr("ghp_none"))
    world = begin_small(workers=False, settings={"github": hub})
    world.says(f"{BOT} fix it", user=CHEN)
    told = until(lambda: whispers(world, CHEN), what="the refusal")
    assert "ask an operator" in told[0] and "kept" not in told[0] and not whispers(world, ADA)
    with world.store.reading() as tx:
        assert tx.recent(5) == () and list(kept.waiting(tx.conn, (TEAM, CHEN))) == []


@pytest.mark.parametrize("role", ["read", "triage"])
def test_a_person_without_write_is_refused_with_the_rule(begin_small: Begin, role: str) -> None:
    world = begin_small(role=role)
    run = world.reaches(world.asks(), "declined", within_s=20)
    world.quiet(run.id)
    assert run.refusal is not None and run.refusal.code == "AUTH-003"
    assert any(role in text and "write" in text for text in whispers(world, ADA))


def test_a_repository_the_app_cannot_see_is_refused(begin_small: Begin) -> None:
    world = begin_small(settings={"repos": ("acme/api", "acme/gone")})
    run = world.reaches(world.asks("fix the thing in acme/gone"), "declined", within_s=20)
    assert run.refusal is not None and run.refusal.code == "REPO-002"


def test_an_ambiguous_request_is_asked_about_and_goes_on_with_the_answer(begin_small: Begin) -> None:
    world = begin_small(settings={"repos": ("acme/api", "acme/web")})
    run_id = world.asks()
    run = world.reaches(run_id, "needs_input", within_s=20)
    world.quiet(run_id)
    assert run.clock.paused_since is not None
    assert world.reactions(run_id) == ["raising_hand"]
    question = world.posted(run_id, "M2")
    world.clicks("repo_pick_0", ts=question["ts"])
    run = world.reaches(run_id, "ready", within_s=120)
    world.quiet(run_id)
    assert run.repo == "acme/api" and run.repo_reason == "you picked it"
    assert "Answered" in str(world.posted(run_id, "M2"))


def test_a_question_answered_by_typing_goes_on_too(begin_small: Begin) -> None:
    world = begin_small(settings={"repos": ("acme/api", "acme/web")})
    run_id = world.asks()
    run = world.reaches(run_id, "needs_input", within_s=20)
    world.says("acme/api", user=ADA, thread=chat_of(run.request).thread.thread_ts)
    assert world.reaches(run_id, "queued", "planning", "coding", within_s=30).repo == "acme/api"


def test_a_click_of_somebody_without_a_link_changes_nothing(begin_small: Begin) -> None:
    world = begin_small(settings={"repos": ("acme/api", "acme/web")})
    run_id = world.asks()
    world.reaches(run_id, "needs_input", within_s=20)
    world.quiet(run_id)
    world.clicks("repo_pick_0", ts=world.posted(run_id, "M2")["ts"], user=CHEN)
    world.sim("settle", timeout_s=10)
    assert world.run(run_id).state == "needs_input"
    assert whispers(world, CHEN)


def test_a_mention_without_words_is_answered_with_help_and_starts_nothing(begin_small: Begin) -> None:
    world = begin_small(workers=False)
    world.says(f"{BOT}", channel=CHANNEL)
    world.sim("settle", timeout_s=10)
    with world.store.reading() as tx:
        assert tx.recent(5) == ()
    assert whispers(world, ADA)
