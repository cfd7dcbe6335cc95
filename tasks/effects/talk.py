"""The conversation on a pull request, as far as it is writing: permission, reactions, answers, the one comment, approvals."""

from integrations.errors import IntegrationError, NotFound, Retryable
from integrations.types.chat import UserKind
from integrations.types.code_host import Role
from tasks.domain.events import Event
from tasks.domain.remarks import Heard, Place, Remark
from tasks.domain.results import HeadAdopted, MergePrepared, PermissionSeen
from tasks.domain.run import Run
from tasks.effects.checks import siblings
from tasks.effects.people import chat_kind
from tasks.effects.place import ask, told
from tasks.effects.ports import EffectFunction, Moment, OutsidePorts
from tasks.effects.suggest import suggest
from tasks.gates.owners import owners_of
from tasks.messages import talk as messages
from tasks.messages.one_base import for_one_base

PATIENCE_S = 30.0
"""So long somebody who spoke in the chat waits for an answer of the host before they are told that there was none."""


def permission(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Asks the host who wrote this and what they may right now. An error of the host is no permission: it is asked again.

    A program that the operator lets speak has no role of its own; its remarks need none. Of somebody who spoke in the chat,
    the chat is asked too what they are there; where no answer comes they are refused before they have waited for long.
    """
    heard = _heard(moment)
    if heard is None:
        return None
    if heard.remark.by_program:
        return PermissionSeen(heard.remark.key, heard.remark.by.name, int(heard.remark.by.id), Role.none)
    if heard.remark.place is not Place.chat:
        return _seen(moment, heard, ports)
    try:
        return _seen(moment, heard, ports, person=chat_kind(ports.chat, moment.run, heard.remark.by.id))
    except IntegrationError as failed:
        waited = (moment.now - moment.intent.created_at).total_seconds()
        if isinstance(failed, Retryable) and waited < PATIENCE_S:
            raise
        return PermissionSeen(heard.remark.key, heard.remark.by.name, 0, Role.none, unasked=True)


def _seen(
    moment: Moment, heard: Heard, ports: OutsidePorts, *, person: UserKind = UserKind.member
) -> PermissionSeen:
    run, remark = moment.run, heard.remark
    repo = moment.intent.effect.get("repo") or run.repo
    if not repo:
        raise Retryable("It is not chosen yet which repository this is.")
    held = ports.code_host.held(repo, login=remark.by.name)
    owns = remark.owner and held.role.covers(Role.write) and _owns(run, remark, held.login, ports)
    return PermissionSeen(remark.key, held.login, held.user_id, held.role, owns, person)


def _owns(run: Run, remark: Remark, login: str, ports: OutsidePorts) -> bool:
    """Whether this person owns every place that the remark is about; where nobody does, writing is enough."""
    for path in _places(run, remark):
        owners = owners_of(path, lambda place: ports.workspaces.read(run.repo, run.rules_oid, place))
        if owners is not None and login.lower() not in owners:
            return False
    return True


def _places(run: Run, remark: Remark) -> tuple[str, ...]:
    """A comment is about the finding that it names, a press in the chat about all that are open."""
    number = remark.words.split(" ", 1)[0].lstrip("#")
    all_of_them = remark.place is Place.chat
    return tuple(f.path for f in run.open_findings() if f.path and (all_of_them or str(f.number) == number))


def react(moment: Moment, ports: OutsidePorts) -> Event | None:
    """One reaction of ours on what a person wrote."""
    heard = _heard(moment)
    if heard:
        inline, content = heard.remark.place is Place.inline, moment.intent.effect.get("content")
        ports.code_host.react(moment.run.repo, comment=heard.remark.id, inline=inline, content=content)
    return None


def answer(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Exactly one answer to one remark: in its own thread where it has one, in the conversation otherwise."""
    run, key = moment.then, moment.intent.effect.get("remark")
    heard = run.heard(key)
    number = heard.number if heard else 0
    if heard is None or not number:
        return None
    marker, body = messages.answer(run, heard, links=ports.links)
    if heard.remark.place is Place.inline:
        thread = heard.remark.thread or heard.remark.id
        ports.code_host.reply(run.repo, number, thread=thread, marker=marker, body=body)
    else:
        ports.code_host.upsert_comment(run.repo, number, marker=marker, body=body)
    return None


def sticky(moment: Moment, ports: OutsidePorts) -> Event | None:
    """The one comment of a run: where it stands, as far as people on the pull request must know."""
    run = moment.run
    if run.pr:
        marker, body = messages.status_comment(run, links=ports.links)
        ports.code_host.upsert_comment(run.repo, run.pr.number, marker=marker, body=body)
    return None


def unlabel(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Takes our labels off again."""
    run = moment.run
    if run.pr:
        for label in moment.intent.effect.get("labels").split(","):
            ports.code_host.remove_label(run.repo, run.pr.number, label=label)
    return None


def approval(moment: Moment, ports: OutsidePorts) -> Event | None:
    """The check sortie/independent-approval, for the head as it is."""
    run = moment.run
    if run.pr and run.head_oid:
        given = ports.code_host.reviews(run.repo, run.pr.number)
        report = messages.approval_check(run, given, links=ports.links)
        ports.code_host.write_check(run.repo, for_one_base(report, run, siblings(run, ports)))
    return None


def adopt(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Fetches what somebody else pushed to our branch, so that work can go on from there."""
    run = moment.run
    remote = ports.code_host.git_remote(run.repo)
    head = ports.workspaces.remote_head(run.repo, run.branch, remote)
    if head is None:
        raise NotFound("The branch is gone, so there is nothing to go on from.", code="GIT-014")
    ports.workspaces.sync_mirror(run.repo, remote, ref=run.branch)
    base = ports.workspaces.merge_base(run.repo, head, run.base_ref, run.base_oid)
    return HeadAdopted(head, base)


def merge(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Fetches the base branch and merges its tip into the head, conflicts and all; the agent resolves those in its sandbox."""
    run, number = moment.run, int(moment.intent.effect.get("round"))
    synced = ports.workspaces.sync_mirror(run.repo, ports.code_host.git_remote(run.repo), ref=run.base_ref)
    made = ports.workspaces.merge(run.id, run.repo, head=run.head_oid, base=synced.oid)
    return MergePrepared(number, synced.oid, made.oid, made.conflicts)


def _heard(moment: Moment) -> Heard | None:
    return moment.run.heard(moment.intent.effect.get("remark"))


TALK_EFFECTS: dict[str, EffectFunction] = {
    "host.permission": permission,
    "host.react": react,
    "host.answer": answer,
    "host.sticky": sticky,
    "host.unlabel": unlabel,
    "host.approval": approval,
    "host.adopt": adopt,
    "host.merge": merge,
    "host.ask": ask,
    "host.told": told,
    "host.suggest": suggest,
}
