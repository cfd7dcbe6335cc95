"""The kill switch turned where people talk: by an operator, at once, with a word in the thread."""

import pytest

from tasks.domain.grants import Switch
from tasks.store import switches
from tests.scenarios.conftest import Begin
from tests.scenarios.world import ADA, BEN, BOT, CHANNEL, World
from tests.support.eventually import until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The store is not what is tested here."""

REASON = "main is broken <!channel>"


def stands(world: World) -> Switch:
    with world.store.reading() as tx:
        return switches.state(tx.conn)


def told(world: World, ts: str) -> list[str]:
    """What we posted under a message."""
    found = world.get(f"{world.slack}/_sim/threads/{CHANNEL}/{ts}")["messages"]
    return [str(m["blocks"]) for m in found if m.get("bot_id")]


def test_an_operator_stops_every_landing_from_the_chat_and_nobody_else_does(begin_small: Begin) -> None:
    world = begin_small(workers=False, settings={"operators": ("Ada",), "dashboard_token": "right"})
    refused = world.says(f"{BOT} kill-switch on", user=BEN)
    until(lambda: world.get(f"{world.slack}/_sim/ephemerals")["ephemerals"], what="the refusal")
    assert stands(world) is Switch.off and told(world, refused) == []

    ts = world.says(f"{BOT} kill-switch on {REASON}", user=ADA)
    until(lambda: stands(world) is Switch.on, what="the switch")
    post = until(lambda: told(world, ts), what="the confirmation")
    assert len(post) == 1 and f"*Kill switch on*, turned by <@{ADA}> at <!date^" in post[0]
    assert "main is broken" in post[0] and "<!channel>" not in post[0]

    world.says(f"{BOT} kill-switch status", user=BEN, thread=ts)
    asked = until(lambda: world.get(f"{world.slack}/_sim/ephemerals")["ephemerals"][1:], what="the answer")
    assert f"Kill switch on: turned on by Slack: ada ({ADA})" in asked[0]["text"]
    answer = world.http.get(f"{world.web}/api/kill-switch", headers={"authorization": "Bearer right"}).json()
    assert answer["state"] == "on" and [t["reason"] for t in answer["turns"]] == ["main is broken channel"]

    world.says(f"{BOT} kill-switch off", user=ADA, thread=ts)
    until(lambda: stands(world) is Switch.off, what="the switch is off")
    until(lambda: len(told(world, ts)) == 2, what="the second confirmation")
    with world.store.reading() as tx:
        assert [t.on for t in switches.turns(tx.conn)] == [False, True]
        assert tx.recent(10) == (), "no run began"
