"""Who may do what in the chat: one table and one function of it (UX §15). Pure; what only the code host knows is asked of it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from integrations.types.chat import UserKind
from integrations.types.code_host import Role


class Action(StrEnum):
    """What people do."""

    context = "add context"
    ask = "ask a question"
    start = "start a run"
    steer = "steer"
    answer = "answer"
    approve_plan = "approve the plan"
    decide = "decide a dispute"
    waive = "waive a finding"
    change = "request changes"
    stop = "stop"
    resume = "retry or resume"
    discard = "discard the branch"
    close = "close the pull request"
    raise_budget = "raise the budget"
    raise_far = "raise the budget beyond twice"
    settings = "change settings"
    view = "see the run"


class Rule(StrEnum):
    """The rule that stands in the way."""

    program = "program"
    deactivated = "deactivated"
    unknown = "unknown"
    read_only = "read_only"
    unlinked = "unlinked"
    role = "role"
    owner = "owner"
    operator = "operator"


class Helper(StrEnum):
    """Who can do it, or help."""

    nobody = "nobody"
    member = "member"
    themselves = "themselves"
    operator = "operator"
    requester_or_write = "requester_or_write"
    write = "write"
    owner = "owner"
    admin = "admin"
    reader = "reader"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody of the chat, as they stand towards one run and its repository.

    `role` is what their linked account has right now, None where the code host was not asked; `owner` whether they own the
    code at issue, or nobody does; `requester` whether they asked for the run.
    """

    kind: UserKind = UserKind.member
    linked: bool = False
    role: Role | None = None
    requester: bool = False
    owner: bool = False
    operator: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    pass


@dataclass(frozen=True, slots=True)
class Refused:
    """`has` and `needs` are roles, "" where the rule is about none."""

    rule: Rule
    who: Helper
    has: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True)
class AskHost:
    """The code host is asked first."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What one action needs: a linked account, a role, the code owner's word; or to be the requester, or an operator."""

    linked: bool = True
    role: Role = Role.none
    owner: bool = False
    requester: bool = False
    operator: bool = False
    who: Helper = Helper.write


TABLE: dict[Action, _Row] = {
    Action.context: _Row(linked=False, who=Helper.member),
    Action.ask: _Row(role=Role.read, who=Helper.reader),
    Action.start: _Row(role=Role.write),
    Action.steer: _Row(role=Role.write, requester=True, who=Helper.requester_or_write),
    Action.answer: _Row(role=Role.write, requester=True, who=Helper.requester_or_write),
    Action.approve_plan: _Row(role=Role.write, owner=True),
    Action.decide: _Row(role=Role.write),
    Action.waive: _Row(role=Role.write, owner=True),
    Action.change: _Row(role=Role.write),
    Action.stop: _Row(linked=False, who=Helper.member),
    Action.resume: _Row(role=Role.write, requester=True, who=Helper.requester_or_write),
    Action.discard: _Row(role=Role.write, requester=True, who=Helper.requester_or_write),
    Action.close: _Row(role=Role.write, requester=True, who=Helper.requester_or_write),
    Action.raise_budget: _Row(role=Role.admin, requester=True, who=Helper.admin),
    Action.raise_far: _Row(role=Role.admin, who=Helper.admin),
    Action.settings: _Row(role=Role.admin, operator=True, who=Helper.admin),
    Action.view: _Row(role=Role.read, who=Helper.reader),
}

_NOT_A_MEMBER = {
    UserKind.program: Refused(Rule.program, Helper.nobody),
    UserKind.deactivated: Refused(Rule.deactivated, Helper.nobody),
    UserKind.unknown: Refused(Rule.unknown, Helper.nobody),
    UserKind.guest: Refused(Rule.read_only, Helper.member),
    UserKind.stranger: Refused(Rule.read_only, Helper.member),
}
_READS = frozenset({Action.view})
"""What guests and people of other workspaces may, with an account and a role of their own."""


def may(actor: Actor, action: Action, *, least: Role | None = None) -> Allowed | Refused:
    """Whether this person may. `least` is a higher role than the table's that the operator or the repository asks for."""
    row = TABLE[action]
    reads_along = action in _READS and actor.kind in (UserKind.guest, UserKind.stranger)
    if (out := _NOT_A_MEMBER.get(actor.kind)) and not reads_along:
        return out
    if row.operator and actor.operator:
        return Allowed()
    if row.linked and not actor.linked:
        return Refused(Rule.unlinked, Helper.themselves)
    if row.requester and actor.requester:
        return Allowed()
    role, needs = actor.role or Role.none, _higher(row.role, least)
    if not role.covers(needs):
        return Refused(Rule.role, row.who, role.value, needs.value)
    if row.owner and not actor.owner:
        return Refused(Rule.owner, Helper.owner, role.value, needs.value)
    return Allowed()


def before_asking(actor: Actor, action: Action) -> Allowed | Refused | AskHost:
    """What can be said before the code host is asked: the answer, where none of its answers would change it."""
    nobody = may(replace(actor, role=Role.none, owner=False), action)
    anybody = may(replace(actor, role=Role.admin, owner=True), action)
    return nobody if nobody == anybody else AskHost()


def _higher(needed: Role, least: Role | None) -> Role:
    return least if least is not None and least.covers(needed) else needed
