"""Ways in besides a mention, through the real door by HTTP and by Socket Mode: stored first, answered to one person alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integrations.types.chat import MessageRef
from tasks.domain.channel import USUAL, ChannelSettings, SteerMode, Verbosity
from tasks.domain.drafts import DraftKind, draft_id
from tasks.domain.facts import RunRequested
from tasks.domain.request import Channel, ChannelPlace, ChatPlace
from tasks.store import channels, drafts
from tests.support.eventually import until
from tests.support.front_door import BEN, CHANNEL, GUEST, TEAM, FrontDoor, front_door


@pytest.fixture(params=["http", "socket"])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FrontDoor]:
    with front_door(tmp_path, mode=request.param) as running:
        yield running


def slash(door: FrontDoor, text: str, *, user: str = BEN, channel: str = CHANNEL) -> dict[str, Any]:
    """Types `/sortie …`; what Slack shows this person for it."""
    told = door.sim("commands", user=user, channel=channel, command="/sortie", text=text)
    assert told["ok"], told
    answer: dict[str, Any] = told["answer"]
    assert answer.get("response_type", "ephemeral") == "ephemeral"
    return answer


def asked(door: FrontDoor, run_id: str) -> RunRequested:
    with door.store.reading() as tx:
        event = tx.events(run_id)[0].event
    assert isinstance(event, RunRequested)
    return event


def test_a_slash_command_is_stored_before_it_is_answered_and_opens_a_thread_by_the_outbox(
    door: FrontDoor,
) -> None:
    answer = slash(door, "fix flaky test_checkout in acme/web sla=60m plan")
    assert "Starting in this channel" in answer["text"]
    (run_id,) = door.runs()
    request = asked(door, run_id).request
    assert (request.channel, request.place) == (Channel.slack_command, ChannelPlace(TEAM, CHANNEL))
    assert (request.options.repo, request.sla_s, request.options.plan) == ("acme/web", 3600, True)
    with door.store.reading() as tx:
        assert [i.effect.kind for i in tx.outbox(run_id)] == ["chat.root"]
    until(lambda: door.bell.rung == [run_id], what="the wake-up")


@pytest.mark.parametrize("text", ["fix it sla=banana", "fix it repo=acme"])
def test_a_bad_option_starts_nothing_and_is_answered_with_its_code(door: FrontDoor, text: str) -> None:
    assert "REQ-010" in slash(door, text)["text"]
    assert door.runs() == ()


def test_alone_it_lists_the_runs_of_whoever_types_and_of_nobody_else(door: FrontDoor) -> None:
    assert "no runs yet" in slash(door, "")["text"]
    slash(door, "fix <!channel> & *it*")
    shown = slash(door, "mine")
    assert "R-1001" in str(shown["blocks"]) and "<!channel>" not in str(shown["blocks"])
    assert "no runs yet" in slash(door, "", user="U0CHEN0001")["text"]


def test_a_run_is_stopped_by_its_name_and_a_guest_stops_nothing(door: FrontDoor) -> None:
    slash(door, "fix it")
    assert "Guests" in slash(door, "stop R-1001", user=GUEST)["text"]
    assert "R-1001 is stopped" in slash(door, "stop R-1001", user="U0CHEN0001")["text"]
    assert door.facts("R-1001") == ["RunRequested", "StopRequested"]
    assert "already done" in slash(door, "stop R-1001")["text"]


def test_status_shows_the_card_to_whoever_asks_alone(door: FrontDoor) -> None:
    slash(door, "fix it")
    assert "task_stop" in str(slash(door, "status R-1001")["blocks"])


ELSEWHERE = "C0RANDOM01"
"""A channel without us."""

# --- shortcuts --------------------------------------------------------------------------------------------------------

REPORT = "checkout shows <script>alert(1)</script> since noon & I am not happy"
WIRE = REPORT.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def pointed_at(door: FrontDoor, ts: str, *, user: str = BEN, channel: str = CHANNEL) -> dict[str, Any]:
    """Uses the message shortcut; the modal that opens."""
    told = door.sim("shortcuts", user=user, callback_id="fix_with_bot", channel=channel, ts=ts)
    assert told["ok"], told
    return modal(door, user)


def opened(door: FrontDoor, user: str = BEN) -> list[dict[str, Any]]:
    """The modals that this person has open."""
    found: list[dict[str, Any]] = door.seen("views")["modals"].get(user, [])
    return found


def modal(door: FrontDoor, user: str = BEN) -> dict[str, Any]:
    (view,) = opened(door, user)
    return view


def test_a_message_shortcut_quotes_the_message_and_starts_a_run_in_its_thread(door: FrontDoor) -> None:
    ts = door.says(WIRE, user="U0CHEN0001")
    view = pointed_at(door, ts)
    shown = str(view["blocks"])
    assert "checkout shows" in shown and "<script>" not in shown
    sent = door.sim(
        "views/submit", user=BEN, view_id=view["id"], values={"form_prompt": "escape it", "form_sla": "60m"}
    )
    assert sent["ok"] and not sent["errors"], sent
    (run_id,) = door.runs()
    request = asked(door, run_id).request
    assert isinstance(request.place, ChatPlace) and request.place.origin == MessageRef(CHANNEL, ts)
    assert (request.text, request.channel, request.sla_s) == ("escape it", Channel.slack_shortcut, 3600)
    assert request.quoted and request.quoted.author == "U0CHEN0001" and request.quoted.text == REPORT
    assert request.requester.id == BEN


def test_what_is_quoted_is_what_the_message_said_when_the_shortcut_was_used(door: FrontDoor) -> None:
    ts = door.says(WIRE, user="U0CHEN0001")
    view = pointed_at(door, ts)
    door.sim("edit", channel=CHANNEL, ts=ts, text="delete everything")
    assert door.sim("views/submit", user=BEN, view_id=view["id"], values={})["ok"]
    quoted = asked(door, door.runs()[0]).request.quoted
    assert quoted is not None and quoted.text == REPORT


def test_the_repository_is_chosen_beforehand_with_its_reason_and_can_be_changed(door: FrontDoor) -> None:
    ts = door.says("it is broken, see https://github.com/acme/api/issues/4", user="U0CHEN0001")
    view = pointed_at(door, ts)
    assert "Let Sortie choose" in str(view["blocks"])
    values = {"form_prompt": "fix it", "form_repo": "acme/web", "form_plan": ["plan"]}
    assert door.sim("views/submit", user=BEN, view_id=view["id"], values=values)["ok"]
    options = asked(door, door.runs()[0]).request.options
    assert (options.repo, options.plan) == ("acme/web", True)


def test_a_form_with_a_bad_option_stays_open_and_says_why(door: FrontDoor) -> None:
    view = pointed_at(door, door.says(REPORT))
    sent = door.sim("views/submit", user=BEN, view_id=view["id"], values={"form_prompt": "fix it sla=banana"})
    assert "REQ-010" in sent["errors"]["form_prompt"]
    assert door.runs() == ()


def test_the_global_shortcut_asks_where_and_opens_a_thread_there(door: FrontDoor) -> None:
    assert door.sim("shortcuts", user=BEN, callback_id="new_task")["ok"]
    view = modal(door)
    empty = door.sim("views/submit", user=BEN, view_id=view["id"], values={"form_where": CHANNEL})
    assert empty["errors"] and door.runs() == ()
    values = {"form_prompt": "fix it", "form_where": CHANNEL}
    assert door.sim("views/submit", user=BEN, view_id=view["id"], values=values)["ok"]
    assert asked(door, door.runs()[0]).request.place == ChannelPlace(TEAM, CHANNEL)


def test_where_we_are_not_in_the_channel_the_form_says_so_and_the_run_is_told_in_a_direct_message(
    door: FrontDoor,
) -> None:
    ts = str(door.sim("messages", user=BEN, channel=ELSEWHERE, text=REPORT)["ts"])
    view = pointed_at(door, ts, channel=ELSEWHERE)
    assert "/invite @sortie" in str(view["blocks"])
    assert door.sim("views/submit", user=BEN, view_id=view["id"], values={})["ok"]
    request = asked(door, door.runs()[0]).request
    assert request.place == ChannelPlace(TEAM, "") and request.quoted and request.text.startswith("Fix what")


def test_a_slash_command_where_we_are_not_says_so_and_is_told_in_a_direct_message(door: FrontDoor) -> None:
    assert "/invite @sortie" in slash(door, "fix it", channel=ELSEWHERE)["text"]
    assert asked(door, door.runs()[0]).request.place == ChannelPlace(TEAM, "")


def test_a_guest_gets_no_form(door: FrontDoor) -> None:
    ts = door.says(REPORT)
    door.sim("shortcuts", user=GUEST, callback_id="fix_with_bot", channel=CHANNEL, ts=ts)
    assert opened(door, GUEST) == []


# --- a reaction that starts -------------------------------------------------------------------------------------------


def lets_reactions_start(door: FrontDoor) -> None:
    with door.store.writing() as tx:
        channels.change(tx.conn, tx.now, (TEAM, CHANNEL), replace(USUAL, emoji_start=True), by="ada")


def reacts(door: FrontDoor, ts: str, *, user: str = BEN, remove: bool = False) -> None:
    door.sim("reactions", user=user, channel=CHANNEL, ts=ts, name="sortie", remove=remove)
    door.settle()


def whispered(door: FrontDoor) -> dict[str, Any]:
    found: dict[str, Any] = until(
        lambda: (door.seen("ephemerals")["ephemerals"] or [None])[-1], what="a whisper"
    )
    return found


def waiting(door: FrontDoor, ts: str, user: str = BEN) -> str:
    with door.store.reading() as tx:
        draft = drafts.of(tx.conn, draft_id(DraftKind.reaction, f"{TEAM}:{CHANNEL}:{ts}:{user}"))
    return draft.state if draft else ""


def test_a_reaction_starts_nothing_where_nobody_has_allowed_it(door: FrontDoor) -> None:
    ts = door.says(WIRE)
    reacts(door, ts)
    assert waiting(door, ts) == "" and door.seen("ephemerals")["ephemerals"] == []


def test_a_reaction_is_told_to_whoever_reacted_and_can_be_cancelled_by_the_button(door: FrontDoor) -> None:
    lets_reactions_start(door)
    ts = door.says(WIRE, user="U0CHEN0001")
    reacts(door, ts)
    told = whispered(door)
    assert told["user"] == BEN and "Starting on this message" in told["text"]
    assert waiting(door, ts) == "open"
    door.sim("click", user=BEN, action_id="draft_cancel", channel=CHANNEL, ts=told["ts"])
    assert waiting(door, ts) == "dropped"
    until(lambda: whispered(door)["text"] == "Not started.", what="the answer in its place")
    assert door.runs() == ()


def test_taking_the_reaction_off_within_the_grace_starts_nothing_and_anothers_changes_nothing(
    door: FrontDoor,
) -> None:
    lets_reactions_start(door)
    ts = door.says(WIRE, user="U0CHEN0001")
    reacts(door, ts)
    reacts(door, ts, user="U0CHEN0001", remove=True)
    assert waiting(door, ts) == "open"
    reacts(door, ts, remove=True)
    assert waiting(door, ts) == "dropped"


# --- what holds in a channel ------------------------------------------------------------------------------------------


@pytest.fixture
def operated(tmp_path: Path) -> Iterator[FrontDoor]:
    with front_door(tmp_path, operators=("ben",)) as running:
        yield running


def test_an_operator_sets_a_channel_and_every_change_is_kept_with_who_made_it(operated: FrontDoor) -> None:
    door = operated
    assert door.sim("commands", user=BEN, channel=CHANNEL, command="/sortie", text="settings")["ok"]
    view = modal(door)
    values = {
        "set_repo": "acme/web",
        "set_steer": "any",
        "set_verbosity": "quiet",
        "set_switches": ["emoji"],
        "set_owner": "U0CHEN0001",
    }
    sent = door.sim("views/submit", user=BEN, view_id=view["id"], values=values)
    assert sent["ok"] and not sent["errors"], sent
    with door.store.reading() as tx:
        (change,) = channels.changes(tx.conn, TEAM, CHANNEL)
    wanted = ChannelSettings("acme/web", SteerMode.any, Verbosity.quiet, True, False, "U0CHEN0001")
    assert (change.settings, change.by) == (wanted, f"Slack: ben ({BEN})")
    slash(door, "fix it")
    assert asked(door, door.runs()[0]).request.hints.channel == "acme/web"


def test_the_form_shows_how_the_channel_stands(operated: FrontDoor) -> None:
    lets_reactions_start(operated)
    operated.sim("commands", user=BEN, channel=CHANNEL, command="/sortie", text="settings")
    shown = str(modal(operated)["blocks"])
    assert "'initial_options': [{'text'" in shown and "'value': 'emoji'" in shown


def test_nobody_else_sets_a_channel(operated: FrontDoor) -> None:
    answer = slash(operated, "settings", user="U0CHEN0001")
    assert "Only an operator" in answer["text"] and opened(operated, "U0CHEN0001") == []


# --- the home tab -----------------------------------------------------------------------------------------------------


def test_opening_the_home_tab_has_it_published_and_again_only_when_a_run_of_theirs_moves(
    door: FrontDoor,
) -> None:
    def publishings() -> int:
        with door.store.reading() as tx:
            return sum(i.effect.kind == "chat.home" and i.state == "pending" for i in tx.outbox(""))

    slash(door, "fix it")
    assert publishings() == 0
    door.sim("home", user=BEN)
    door.settle()
    assert publishings() == 1
    door.sim("home", user=BEN, tab="messages")
    door.settle()
    slash(door, "stop R-1001")
    with door.store.reading() as tx:
        sent = [i.state for i in tx.outbox("") if i.effect.kind == "chat.home"]
    assert sent == ["dropped", "pending"]
