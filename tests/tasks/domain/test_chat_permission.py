"""The whole of who may do what in the chat: every kind of person with every action, and what the refusal says (UX §15)."""

from itertools import product

import pytest

from integrations.types.chat import UserKind
from integrations.types.code_host import Role
from tasks.domain.permission import (
    TABLE,
    Action,
    Actor,
    Allowed,
    AskHost,
    Helper,
    Refused,
    Rule,
    before_asking,
    may,
)

READS = {Action.context, Action.ask, Action.stop, Action.view}
THEIRS = {Action.steer, Action.answer, Action.resume, Action.discard, Action.close, Action.raise_budget}
"""What whoever asked for the run may."""
WRITES = READS | (THEIRS - {Action.raise_budget}) | {Action.start, Action.change, Action.decide}
OWNS = {Action.approve_plan, Action.waive}
EVERYTHING = WRITES | OWNS | {Action.raise_budget, Action.raise_far, Action.settings}
ANYBODY = {Action.context, Action.stop}

LINKED = Actor(linked=True)
ACTORS: dict[str, tuple[Actor, set[Action]]] = {
    "unlinked": (Actor(), ANYBODY),
    "unlinked, and asked for it": (Actor(requester=True), ANYBODY),
    "unlinked, with an admin's role by mistake": (Actor(role=Role.admin, owner=True), ANYBODY),
    "none": (Actor(linked=True, role=Role.none), ANYBODY),
    "read": (Actor(linked=True, role=Role.read), READS),
    "triage": (Actor(linked=True, role=Role.triage), READS),
    "write": (Actor(linked=True, role=Role.write), WRITES),
    "maintain": (Actor(linked=True, role=Role.maintain), WRITES),
    "admin": (Actor(linked=True, role=Role.admin), EVERYTHING - OWNS),
    "requester whose role is gone": (
        Actor(linked=True, role=Role.none, requester=True),
        ANYBODY | THEIRS,
    ),
    "requester who reads": (Actor(linked=True, role=Role.read, requester=True), READS | THEIRS),
    "code owner": (Actor(linked=True, role=Role.write, owner=True), WRITES | OWNS),
    "code owner who only reads": (Actor(linked=True, role=Role.read, owner=True), READS),
    "admin and code owner": (Actor(linked=True, role=Role.admin, owner=True), EVERYTHING),
    "operator": (Actor(linked=True, role=Role.none, operator=True), ANYBODY | {Action.settings}),
    "operator nobody linked": (Actor(operator=True), ANYBODY | {Action.settings}),
    "guest": (Actor(UserKind.guest), set()),
    "guest with an admin's account": (
        Actor(UserKind.guest, linked=True, role=Role.admin, requester=True, owner=True, operator=True),
        {Action.view},
    ),
    "stranger of a shared channel": (
        Actor(UserKind.stranger, linked=True, role=Role.admin, requester=True, owner=True, operator=True),
        {Action.view},
    ),
    "deactivated": (
        Actor(UserKind.deactivated, linked=True, role=Role.admin, requester=True, owner=True, operator=True),
        set(),
    ),
    "bot": (
        Actor(UserKind.program, linked=True, role=Role.admin, requester=True, owner=True, operator=True),
        set(),
    ),
    "somebody Slack does not know": (
        Actor(UserKind.unknown, linked=True, role=Role.admin, requester=True, owner=True, operator=True),
        set(),
    ),
}


@pytest.mark.parametrize(("who", "action"), list(product(ACTORS, Action)))
def test_everybody_with_everything(who: str, action: Action) -> None:
    actor, allowed = ACTORS[who]
    assert isinstance(may(actor, action), Allowed) is (action in allowed)


def test_every_action_has_its_row() -> None:
    assert set(TABLE) == set(Action)


@pytest.mark.parametrize("action", list(Action))
def test_nothing_is_allowed_to_anybody_by_more_than_they_have(action: Action) -> None:
    """A higher role never takes anything away, and nothing is ever given by knowing less."""
    for kind, requester, owner in product(UserKind, (False, True), (False, True)):
        answers = [
            isinstance(may(Actor(kind, True, role, requester, owner), action), Allowed)
            for role in (None, *Role)
        ]
        assert answers == sorted(answers)


@pytest.mark.parametrize(
    ("actor", "action", "refused"),
    [
        (Actor(), Action.steer, Refused(Rule.unlinked, Helper.themselves)),
        (
            Actor(linked=True, role=Role.read),
            Action.steer,
            Refused(Rule.role, Helper.requester_or_write, "read", "write"),
        ),
        (
            Actor(linked=True, role=Role.triage),
            Action.start,
            Refused(Rule.role, Helper.write, "triage", "write"),
        ),
        (
            Actor(linked=True, role=Role.admin),
            Action.waive,
            Refused(Rule.owner, Helper.owner, "admin", "write"),
        ),
        (
            Actor(linked=True, role=Role.write),
            Action.raise_far,
            Refused(Rule.role, Helper.admin, "write", "admin"),
        ),
        (Actor(UserKind.guest, linked=True), Action.stop, Refused(Rule.read_only, Helper.member)),
        (Actor(UserKind.program), Action.start, Refused(Rule.program, Helper.nobody)),
    ],
)
def test_a_refusal_names_the_rule_what_they_have_what_is_needed_and_who_can(
    actor: Actor, action: Action, refused: Refused
) -> None:
    assert may(actor, action) == refused


def test_a_repository_may_ask_for_more_and_never_for_less() -> None:
    writer = Actor(linked=True, role=Role.write)
    assert may(writer, Action.start, least=Role.maintain) == Refused(
        Rule.role, Helper.write, "write", "maintain"
    )
    assert may(Actor(linked=True, role=Role.triage), Action.start, least=Role.read) == Refused(
        Rule.role, Helper.write, "triage", "write"
    )


@pytest.mark.parametrize(
    ("actor", "action", "said"),
    [
        (LINKED, Action.steer, AskHost()),
        (LINKED, Action.resume, AskHost()),
        (LINKED, Action.decide, AskHost()),
        (Actor(linked=True, requester=True), Action.steer, Allowed()),
        (Actor(linked=True, requester=True), Action.waive, AskHost()),
        (Actor(), Action.steer, Refused(Rule.unlinked, Helper.themselves)),
        (Actor(), Action.stop, Allowed()),
        (Actor(UserKind.guest, linked=True), Action.steer, Refused(Rule.read_only, Helper.member)),
        (Actor(linked=True, operator=True), Action.settings, Allowed()),
    ],
)
def test_the_code_host_is_asked_only_where_its_answer_matters(
    actor: Actor, action: Action, said: Allowed | Refused | AskHost
) -> None:
    assert before_asking(actor, action) == said
