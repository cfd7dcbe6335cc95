"""Stop, at every state a person can catch: nothing more happens, and what is left is listed."""

import time
from typing import Any

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.scripts import CHANGE, script, works
from tests.scenarios.test_repairs import DOCS_CI
from tests.scenarios.world import ADA, BEN, BOT, World
from tests.support.eventually import until
from tests.support.requests import chat_of

CAUGHT = ("received", "coding", "verifying", "pr_open", "reviewing", "ready")


WAITING = (
    ("needs_input", {"settings": {"repos": ("acme/api", "acme/web")}}),
    ("disputed", {"script": "disputed"}),
    ("ci_fixing", {"script": "red_ci_then_repair", "ci": DOCS_CI}),
    ("revising", {"script": "block_then_revise"}),
)


def stop(world: World, run_id: str) -> None:
    thread = chat_of(world.run(run_id).request).thread.thread_ts
    world.says(f"{BOT} stop", user=BEN, thread=thread)


@pytest.mark.parametrize("state", CAUGHT)
def test_stop_ends_a_run_wherever_it_is(begin_small: Begin, state: str) -> None:
    slow = script(*works(f"sleep 1; {CHANGE}"))
    world = begin_small(workers=state != "received", script=slow)
    run_id = world.asks()
    world.reaches(run_id, state, "ready")
    stop(world, run_id)
    world.reaches(run_id, "cancelled", within_s=10)
    world.quiet(run_id)
    assert world.reactions(run_id) == ["octagonal_sign"]
    assert any("stopped" in p["text"].lower() for p in world.thread(run_id))
    until(lambda: not world.held(run_id), within_s=5, what="the worker lets go")
    prompts, writes = len(world.prompts()), _pushes(world)
    time.sleep(1.5)
    assert (len(world.prompts()), _pushes(world)) == (prompts, writes)


@pytest.mark.parametrize(("state", "scene"), WAITING)
def test_stop_ends_a_run_that_waits_or_repairs(begin: Begin, state: str, scene: dict[str, Any]) -> None:
    world = begin(**scene)
    run_id = world.asks()
    world.reaches(run_id, state, within_s=120)
    stop(world, run_id)
    world.reaches(run_id, "cancelled", within_s=10)
    world.quiet(run_id)
    run = world.run(run_id)
    assert world.reactions(run_id) == ["octagonal_sign"] and run.clock.paused_since is None
    if run.pr:
        assert f"#{run.pr.number}" in str(world.posted(run_id, "M14"))


def test_the_cards_button_stops_the_run(begin_small: Begin) -> None:
    world = begin_small(workers=False)
    run_id = world.asks()
    card = until(lambda: world.run(run_id).card, what="the card")
    world.clicks("task_stop", ts=card.ts, user=ADA)
    run = world.reaches(run_id, "cancelled", within_s=10)
    assert run.stopped_by is not None and run.stopped_by.id == ADA


def test_words_that_begin_with_stop_steer_and_do_not_stop(begin_small: Begin) -> None:
    world = begin_small(workers=False)
    run_id = world.asks()
    thread = chat_of(world.run(run_id).request).thread.thread_ts
    world.says(f"{BOT} stop using moment.js", thread=thread)
    run = until(lambda: r if (r := world.run(run_id)).steering else None, what="the steering")
    assert run.state == "received" and run.steering[0].text == "stop using moment.js"


def _pushes(world: World) -> int:
    log = world.get(f"{world.github}/_sim/requests")
    return sum("git-receive-pack" in entry["path"] or entry["method"] != "GET" for entry in log)
