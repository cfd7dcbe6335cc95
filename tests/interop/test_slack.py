"""Our Slack client against `emulate` and against our simulator; what both are asked and answer, against Slack's own types."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running
from integrations.slack.client import SlackChat
from integrations.types.chat import ThreadRef
from tests.interop.acting import Note, play
from tests.interop.relay import Relay, relaying
from tests.interop.servers import emulate
from tests.interop.slack_acts import ACTS, Act, Workspace
from tests.interop.slack_types import UNKNOWN_TO_THEM, complaints
from tests.interop.table import Gap, Row

EMULATE, SIMULATOR = "emulate 0.12.2, Slack Web API", "our Slack simulator"
TYPES = "@slack/web-api 8.2.0, types"
TOKEN = "xoxb-interop-bot"
GAPS: dict[str, dict[str, Gap]] = {
    EMULATE: {
        "a_token_that_nobody_gave_out_is_denied": Gap("theirs", "any unknown token is let in"),
    },
    SIMULATOR: {},
}
KNOWN: dict[str, dict[str, Gap]] = {
    EMULATE: {
        "answered: chat.postMessage: TS2353": Gap(
            "theirs", "its messages carry `parse`, which Slack's do not"
        ),
        "answered: chat.update: TS2353": Gap(
            "theirs", "its edited message carries `ts`, which Slack's does not"
        ),
        "answered: conversations.replies: TS2353": Gap(
            "theirs", "its messages carry `parse`, which Slack's do not"
        ),
    },
    SIMULATOR: {},
}
"""How complaints about answers begin, and whose they are. There is no known complaint about what we ask."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    name: str
    workspace: Workspace
    relay: Relay


@pytest.fixture(scope="module", params=[SIMULATOR, EMULATE])
def counterpart(request: pytest.FixtureRequest, folder: Path) -> Iterator[Counterpart]:
    with ExitStack() as stack:
        if request.param == EMULATE:
            url, thread, person = stack.enter_context(_emulate(folder))
        else:
            url, thread, person = stack.enter_context(_simulator())
        relay = stack.enter_context(relaying(url))
        ours, other = (
            SlackChat(token, api_url=f"{relay.url}/api/", timeout_s=20) for token in (TOKEN, "xoxb-nobody")
        )
        yield Counterpart(request.param, Workspace(ours, other, thread, person), relay)


@contextmanager
def _emulate(folder: Path) -> Iterator[tuple[str, ThreadRef, str]]:
    tokens = [{"token": TOKEN, "user": "sortie", "type": "bot", "scopes": []}]
    seed = {
        "slack": {
            "users": [{"name": "ada"}, {"name": "sortie"}],
            "channels": [{"name": "payments"}],
            "tokens": tokens,
        }
    }
    with emulate("slack", seed, folder) as url:

        def call(method: str, **form: str) -> dict[str, Any]:
            found: dict[str, Any] = httpx2.post(
                f"{url}/api/{method}", data=form, headers={"Authorization": f"Bearer {TOKEN}"}
            ).json()
            assert found["ok"], found
            return found

        channel = next(c["id"] for c in call("conversations.list")["channels"] if c["name"] == "payments")
        ada = next(u for u in call("users.list")["members"] if u["name"] == "ada")
        said = call("chat.postMessage", channel=channel, text="it broke")
        yield url, ThreadRef(str(ada["team_id"]), channel, str(said["ts"])), str(ada["id"])


@contextmanager
def _simulator() -> Iterator[tuple[str, ThreadRef, str]]:
    config = SlackSimConfig(bot_token=TOKEN)
    with running(config) as url:
        body = {"user": "U0ADA00001", "channel": "C0PAYMENTS", "text": "it broke"}
        said = httpx2.post(f"{url}/_sim/messages", json=body).json()
        yield url, ThreadRef(config.team_id, "C0PAYMENTS", str(said["ts"])), "U0ADA00001"


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_our_client_does_what_a_run_does(counterpart: Counterpart, act: Act, note: Note) -> None:
    name, gaps = counterpart.name, GAPS[counterpart.name]
    play(lambda: act(counterpart.workspace), name=act.__name__, against=name, gaps=gaps, note=note)


def test_what_we_ask_and_what_is_answered_has_the_published_types(
    counterpart: Counterpart, note: Note, folder: Path
) -> None:
    seen = counterpart.relay.seen
    assert len(seen) > 20, "the acts above go first"
    found = complaints(seen, folder)
    known = KNOWN[counterpart.name]
    assert not [each for each in found if not each.startswith(tuple(known))]
    assert all(any(each.startswith(start) for each in found) for start in known), "no longer so: strike it"
    note(Row(TYPES, f"requests of our client to {counterpart.name}"))
    if known:
        for start, gap in known.items():
            note(Row(TYPES, f"answers of {counterpart.name}, {start.split()[1].rstrip(':')}", gap))
    else:
        note(Row(TYPES, f"answers of {counterpart.name}"))
        for key in sorted(UNKNOWN_TO_THEM):
            why = "the types of conversations.history know it, those of conversations.replies do not"
            note(Row(TYPES, f"`{key}` of a reply", Gap("the description's", why)))
