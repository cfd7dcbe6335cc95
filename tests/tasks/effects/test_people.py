"""D4: what the chat says of an account decides whether it may start or say anything; a name, an e-mail or a role elsewhere never does."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from integrations.errors import Denied, NotFound, Retryable
from integrations.slack.inbound import kind_of
from integrations.slack.webhook import parse_event
from integrations.types.chat import MessageRef, UserKind
from integrations.types.code_host import Role
from tasks.domain.decisions import RepoChosen
from tasks.domain.facts import PressedInChat
from tasks.domain.policy import authorise
from tasks.domain.remarks import Standing, Why
from tasks.domain.request import Account, Person
from tasks.domain.results import PermissionSeen, RepoInspected
from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tests.support.histories import POLICY, TO_CODING, TO_READY, Story
from tests.tasks.outside import Bench, bench

BEN = Person("slack", "T1", "U2")
CHOSEN = RepoChosen("acme/api", "you named it", None, "ada")
STEER = PressedInChat(BEN, "ben", "steer", "also charges", 9, MessageRef("C1", "9.0"))


@pytest.fixture
def here(tmp_path: Any) -> Iterator[Bench]:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    with bench(url) as made:
        yield made


def flags(**said: object) -> dict[str, Any]:
    return {"id": "U9", "team_id": "T1", "name": "x", **said}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({}, UserKind.member),
        ({"is_admin": True, "is_owner": True}, UserKind.member),
        ({"is_restricted": True}, UserKind.guest),
        ({"is_ultra_restricted": True, "is_restricted": True, "is_admin": True}, UserKind.guest),
        ({"is_stranger": True}, UserKind.stranger),
        ({"deleted": True}, UserKind.deactivated),
        ({"deleted": True, "is_bot": True}, UserKind.deactivated),
        ({"is_bot": True}, UserKind.program),
        ({"is_workflow_bot": True}, UserKind.program),
        ({"id": "USLACKBOT"}, UserKind.program),
    ],
)
@pytest.mark.parametrize("name", ["x", "admin", "sortie", "ada"])
@pytest.mark.parametrize("email", ["x@acme.example", "admin@acme.example", ""])
def test_names_and_addresses_say_nothing_of_what_an_account_is(
    said: dict[str, object], kind: UserKind, name: str, email: str
) -> None:
    profile = {"display_name": name, "real_name": name, "email": email}
    assert kind_of(flags(**said, name=name, real_name=name, profile=profile)) is kind


@pytest.mark.parametrize("kind", [k for k in UserKind if k is not UserKind.member])
def test_whoever_is_no_member_starts_nothing_with_an_admins_account(here: Bench, kind: UserKind) -> None:
    here.outside.kinds["U1"] = kind
    here.outside.roles["ada"] = Role.admin
    run = here.start(CHOSEN)
    here.publish("host.")
    seen = here.run(run.id).inspection
    assert seen is not None and (seen.person, seen.role, seen.base_oid) == (kind, Role.admin, "")
    assert "sync_mirror" not in here.outside.calls
    refused = authorise(here.run(run.id), POLICY)
    assert getattr(refused, "code", "") == "REQ-002"


def test_somebody_of_another_workspace_is_a_stranger_whatever_slack_says_besides(here: Bench) -> None:
    here.outside.team = "T9"
    run = here.start(CHOSEN)
    here.publish("host.")
    seen = here.run(run.id).inspection
    assert seen is not None and seen.person is UserKind.stranger


def test_nothing_starts_before_slack_has_said_who_it_is(here: Bench) -> None:
    here.outside.before["user"] = raising(Retryable("Slack is away"))
    run = here.start(CHOSEN)
    here.publish("host.")
    assert here.run(run.id).inspection is None and "sync_mirror" not in here.outside.calls
    here.outside.before["user"] = raising(NotFound("user_not_found"))
    here.hands.move(60)
    here.publish("host.")
    seen = here.run(run.id).inspection
    assert seen is not None and seen.person is UserKind.unknown


def raising(error: Exception) -> Any:
    def act() -> object:
        raise error

    return act


@pytest.mark.parametrize("asked", ["held", "user"])
def test_where_no_answer_comes_a_person_is_refused_and_told_so_within_a_minute(
    here: Bench, asked: str
) -> None:
    here.outside.before[asked] = raising(Retryable("no answer", code="OUT-010"))
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, STEER)
    here.publish("host.")
    assert here.run(run.id).remarks[-1].standing is Standing.asked, "once is no reason yet"
    here.hands.move(31)
    here.publish("host.")
    heard = here.run(run.id).remarks[-1]
    assert (heard.standing, heard.why) == (Standing.refused, Why.unasked)
    here.publish("chat.")
    assert [user for user, text in here.outside.whispers if "gave no answer" in text] == ["U2"]
    assert here.run(run.id).steering == ()


def test_before_a_repository_is_chosen_nobody_has_a_role_on_it(here: Bench) -> None:
    run = here.start(STEER)
    here.publish("host.")
    assert "held" not in here.outside.calls and here.run(run.id).remarks[-1].standing is Standing.asked
    here.tell(run.id, CHOSEN)
    here.hands.move(3)
    here.publish("host.")
    assert [s.text for s in here.run(run.id).steering] == ["also charges"]


def test_a_refusal_of_our_own_credentials_is_no_permission(here: Bench) -> None:
    here.outside.before["held"] = raising(Denied("bad credentials", code="OUT-012"))
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, STEER)
    here.publish("host.")
    assert here.run(run.id).remarks[-1].why == Why.unasked


@pytest.mark.parametrize("kind", [k for k in UserKind if k is not UserKind.member])
def test_whoever_is_no_member_steers_nothing_with_an_admins_account(here: Bench, kind: UserKind) -> None:
    here.outside.kinds["U2"] = kind
    here.outside.roles["ben"] = Role.admin
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, STEER)
    here.publish("host.")
    after = here.run(run.id)
    assert (after.remarks[-1].why, after.steering) == (Why.person, ())


def test_what_is_done_later_in_somebodys_name_is_asked_once_more(here: Bench) -> None:
    """The role was taken away between the answer and the deed, because nobody published for so long."""
    run = here.start(*TO_READY)
    here.settle_all()
    before = here.tell(run.id, PressedInChat(BEN, "ben", "close"))
    here.settle_all()
    here.tell(run.id, PermissionSeen(before.remarks[-1].remark.key, "ben", 9, Role.write))
    here.outside.roles["ben"] = Role.read
    here.hands.move(120)
    here.publish("host.")
    assert "close_pull_request" not in here.outside.calls
    assert any("may not close" in note.sentence for note in here.run(run.id).notes)


def test_a_login_that_changed_hands_is_not_the_account_that_was_linked() -> None:
    story = Story(CHOSEN)
    linked = replace(story.run, request=replace(story.run.request, account=Account("ada", 7)))
    seen = RepoInspected("acme/api", True, "ada", 8, Role.admin, "main", "main", "b" * 40)
    refused = authorise(replace(linked, inspection=seen), POLICY)
    assert getattr(refused, "code", "") == "AUTH-005"
    same = authorise(replace(linked, inspection=replace(seen, user_id=7)), POLICY)
    assert getattr(same, "code", "") == ""


@pytest.mark.parametrize(
    "more",
    [
        {"subtype": "bot_message", "bot_id": "B1"},
        {"bot_id": "B1", "bot_profile": {"id": "B1", "is_workflow_bot": True}},
        {"user": "USLACKBOT"},
    ],
)
def test_what_programs_and_workflows_write_is_by_a_program(more: dict[str, Any]) -> None:
    said = {"type": "message", "channel": "C1", "channel_type": "channel", "user": "U9", "ts": "2.0"}
    text = "<@U0SORTIE01> delete the tests"
    body = {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "E1",
        "event": {**said, "text": text, **more},
    }
    heard = parse_event(body, bot_user_id="U0SORTIE01")
    assert getattr(heard, "is_bot", None) is True
