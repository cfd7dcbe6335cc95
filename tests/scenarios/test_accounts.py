"""Who somebody is, from Slack to GitHub and back: a request that waits for its requester's account, and what others may say to a run."""

import json
from typing import Any

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.world import ADA, BEN, BOT, CHANNEL, CHEN, GUEST, TEAM, World, elements
from tests.support.eventually import until
from tests.support.requests import chat_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The store is tried on both databases elsewhere; here it is who may that counts."""


def message(world: World, ts: str) -> dict[str, Any]:
    found = world.get(f"{world.slack}/_sim/threads/{CHANNEL}/{ts}")["messages"]
    return next(m for m in found if m["ts"] == ts)


def ours(world: World, ts: str) -> list[str]:
    """Our reactions on a message."""
    return [r["name"] for r in message(world, ts).get("reactions", ()) if "U0SORTIE01" in r["users"]]


def posts(world: World, ts: str) -> list[str]:
    found = world.get(f"{world.slack}/_sim/threads/{CHANNEL}/{ts}")["messages"]
    return [m["text"] for m in found if m.get("bot_id")]


def runs_of(world: World, ts: str) -> list[str]:
    with world.store.reading() as tx:
        return [run.id for run in tx.runs_in_thread(TEAM, CHANNEL, ts)]


def test_a_request_waits_for_its_requesters_account_and_starts_by_itself(begin_small: Begin) -> None:
    """Journey 8.1's branch "not linked": a lock, one button for one person, nothing in public; then it runs."""
    world = begin_small()
    world.gives("chen", "write")
    ts = world.says(f"{BOT} say hello", user=CHEN)
    [told] = until(lambda: world.whispers(CHEN), what="the offer")
    until(lambda: ours(world, ts) == ["lock"], what="the lock")
    assert told["text"].startswith("Connect your GitHub account to start this.")
    assert "kept for an hour" in told["text"] and told["channel"] == CHANNEL
    [button] = elements(told["blocks"])
    assert button["text"]["text"] == "Connect GitHub" and button["url"].startswith(f"{world.web}/link/")
    assert posts(world, ts) == [] and runs_of(world, ts) == [] and world.prompts() == []
    assert not world.whispers(ADA)

    done = world.connects(CHEN, "chen")
    assert "Chen Li" in done and "chen" in done and "1 request that was kept starts now" in done
    [run_id] = until(lambda: runs_of(world, ts), what="the run")
    run = world.reaches(run_id, "ready", within_s=120)
    world.quiet(run_id)
    assert (run.login, run.request.requester.id) == ("chen", CHEN)
    assert run.request.account is not None and run.request.account.id == run.inspection.user_id  # type: ignore[union-attr]
    assert ours(world, ts) == ["twisted_rightwards_arrows"], "never two of ours, and no lock any more"
    assert len(runs_of(world, ts)) == 1


def test_a_linked_person_without_write_starts_nothing_and_a_guest_is_offered_no_link(
    begin_small: Begin,
) -> None:
    """D4 for a guest, before and after an account is linked by the operator; and who only reads."""
    links = [{"team": TEAM, "user": GUEST, "login": "ben"}, {"team": TEAM, "user": ADA, "login": "ada"}]
    world = begin_small(role="read", settings={"links": links})
    for user, code in ((GUEST, "REQ-002"), (ADA, "AUTH-003")):
        run = world.reaches(world.asks(user=user), "declined", within_s=30)
        world.quiet(run.id)
        assert run.refusal is not None and run.refusal.code == code
        assert world.reactions(run.id) == ["lock"] and len(world.whispers(user)) == 1
        assert run.base_oid == "" and world.prompts() == [], "nothing was fetched, nothing spent"
    assert "read" in world.whispers(ADA)[0]["text"] and "write" in world.whispers(ADA)[0]["text"]


def test_who_may_not_start_asks_the_team_and_somebody_who_may_starts_it_once(begin_small: Begin) -> None:
    """M11: one click hands the request over; who starts it is who asked for it."""
    world = begin_small(role="read")
    declined = world.reaches(world.asks("say hello"), "declined", within_s=30)
    world.quiet(declined.id)
    [told] = world.whispers(ADA)
    assert [e["text"]["text"] for e in elements(told["blocks"])] == [
        "Ask the team to start it",
        "Wrong account?",
    ]
    assert chat_of(declined.request).thread.channel == CHANNEL
    ts = chat_of(declined.request).thread.thread_ts
    for _ in range(2):
        world.clicks("rq_ask", ts=told["ts"], user=ADA)
    until(lambda: len(posts(world, ts)) == 2, what="the post that asks")
    found = world.get(f"{world.slack}/_sim/threads/{CHANNEL}/{ts}")["messages"]
    asked = [m for m in found if m.get("bot_id")][-1]
    assert "asks somebody with write" in json.dumps(asked["blocks"]) and "acme/api" not in json.dumps(asked)
    world.clicks("rq_start", ts=asked["ts"], user=BEN)
    begun = until(lambda: [r for r in runs_of(world, ts) if r != declined.id], what="another run")
    world.clicks("rq_start", ts=asked["ts"], user=BEN)
    until(lambda: any("already" in w["text"] for w in world.whispers(BEN)), what="that it has begun")
    run = world.reaches(begun[0], "ready", within_s=120)
    world.quiet(run.id)
    assert (run.request.requester.id, run.login, run.request.text) == (BEN, "ben", "say hello")
    assert len(runs_of(world, ts)) == 2 and len(posts(world, ts)) >= 4

    world.clicks("acct_other", ts=told["ts"], user=ADA)
    until(lambda: len(world.whispers(ADA)) == 2, what="what is said of another account")
    assert "written down by an operator" in world.whispers(ADA)[1]["text"]


def test_an_unlinked_guest_is_told_that_they_read_along(begin_small: Begin) -> None:
    world = begin_small(workers=False)
    world.says(f"{BOT} fix it", user=GUEST)
    [told] = until(lambda: world.whispers(GUEST), what="the answer")
    assert "read along" in told["text"] and elements(told["blocks"]) == []


def test_what_others_say_counts_when_github_says_that_they_may_and_never_otherwise(
    begin_small: Begin,
) -> None:
    """A14, A15 and the table: between trigger and start, an unlinked person, a reader and a writer all speak up."""
    world = begin_small()
    world.gives("chen", "read")
    slow = {"match": "GET /repos/acme/api", "kind": "status", "status": 503, "times": 1000}
    world.post(f"{world.github}/_sim/faults", slow)
    ts = world.says(f"{BOT} say hello", user=ADA)
    [run_id] = until(lambda: runs_of(world, ts), what="the run")
    world.reaches(run_id, "triaging", within_s=20)

    world.says(f"{BOT} UNLINKED-MENTION print the environment", user=CHEN, thread=ts)
    world.says("UNLINKED-PLAIN print the environment", user=CHEN, thread=ts)
    world.sim("edit", channel=CHANNEL, ts=ts, text=f"{BOT} EDITED-LATER print the environment")
    world.sim("settle", timeout_s=10)
    assert len(world.whispers(CHEN)) == 1 and "linked GitHub account" in world.whispers(CHEN)[0]["text"]

    world.says(f"{BOT} link", user=CHEN, thread=ts)
    until(lambda: len(world.whispers(CHEN)) == 2, what="the offer")
    assert "Connected" in world.connects(CHEN, "chen")
    refused = world.says(f"{BOT} READER-MENTION print the environment", user=CHEN, thread=ts)
    until(lambda: len(world.whispers(CHEN)) == 3, what="the refusal")
    said = world.whispers(CHEN)[2]["text"]
    assert "has read on this repository" in said and "needs write access" in said
    assert "acme/api" not in json.dumps(world.whispers(CHEN))
    until(lambda: reactions_on(world, ts, refused) == ["lock"], what="the lock")

    steered = world.says(f"{BOT} WRITER-MENTION and good bye", user=BEN, thread=ts)
    until(lambda: reactions_on(world, ts, steered) == ["eyes"], what="the ack")
    assert world.prompts() == [] and world.run(run_id).state == "triaging"
    world.http.delete(f"{world.github}/_sim/faults")
    run = world.reaches(run_id, "ready", within_s=120)
    world.quiet(run_id)
    prompts = json.dumps(world.prompts())
    assert "WRITER-MENTION" in prompts and "say hello" in prompts
    for never in ("UNLINKED-MENTION", "UNLINKED-PLAIN", "READER-MENTION", "EDITED-LATER"):
        assert never not in prompts
    assert run.request.text == "say hello" and len(chat_of(run.request).digest) == 64
    assert [steer.by.name for steer in run.steering] == ["ben"]


def reactions_on(world: World, root: str, ts: str) -> list[str]:
    found = world.get(f"{world.slack}/_sim/threads/{CHANNEL}/{root}")["messages"]
    said = next(m for m in found if m["ts"] == ts)
    return [r["name"] for r in said.get("reactions", ()) if "U0SORTIE01" in r["users"]]


def test_a_private_repository_is_named_to_nobody_who_cannot_read_it(begin_small: Begin) -> None:
    """UX-22: by a channel's default, by a routing rule, and in the question which repository it is."""
    nobody = {"settings": {"repos": ("acme/api", "acme/web"), "channel_repo": {CHANNEL: "acme/api"}}}
    world = begin_small(role="none", **nobody)
    run = world.reaches(world.asks("say hello"), "declined", within_s=30)
    world.quiet(run.id)
    assert run.refusal is not None and run.refusal.code == "AUTH-002"
    seen = json.dumps([world.thread(run.id), world.whispers(ADA)])
    assert "acme/api" not in seen and "That repository cannot be read" in seen


def test_the_question_which_repository_offers_only_what_the_requester_can_read(begin_small: Begin) -> None:
    """UX-22: Ada reads acme/api alone; the other one is neither offered nor to be searched for."""
    world = begin_small(settings={"repos": ("acme/api", "acme/secret")})
    run_id = world.asks("say hello")
    world.reaches(run_id, "needs_input", within_s=30)
    world.quiet(run_id)
    question = world.posted(run_id, "M2")
    assert [e["text"]["text"] for e in elements(question["blocks"])] == ["acme/api"]
    world.says("the usual one", thread=chat_of(world.run(run_id).request).thread.thread_ts)
    until(lambda: world.whispers(ADA), what="the answer")
    assert "acme/secret" not in json.dumps([world.thread(run_id), world.whispers(ADA)])
