"""What the chat's accounts have to do with the code host's: linking, unlinking, and requests that wait for it. In one transaction."""

from collections.abc import Collection
from dataclasses import replace

from bot.inbound import FromPerson, Inbound
from bot.replies import Reply
from bot.routed import Invited, Kept, Linked, Unlinked
from integrations.types.chat import ThreadRef
from tasks.domain.effect import Effect, chat
from tasks.domain.facts import RunRequested
from tasks.domain.request import ChannelPlace, ChatPlace, Person
from tasks.domain.run import Run
from tasks.kept import begin, lane
from tasks.messages import accounts as messages
from tasks.store import accounts, kept
from tasks.store.accounts import Accounts, Whose
from tasks.store.store import Tx


def whose(by: Person) -> Whose:
    return by.account, by.id


def speakers(arrivals: Collection[Inbound]) -> set[Whose]:
    """The chat accounts these arrivals come from."""
    return {whose(one.by) for one in arrivals if isinstance(one, FromPerson)}


def speaker(inbound: Inbound) -> Whose | None:
    return whose(inbound.by) if isinstance(inbound, FromPerson) else None


def keep(tx: Tx, wanted: Kept, table: Accounts) -> tuple[Run, ...]:
    """Keeps a request, and says so to its requester alone; where they have linked an account meanwhile, it starts."""
    by = wanted.request.requester
    if account := table.of(tx.conn, whose(by)):
        return tx.start_runs((RunRequested(replace(wanted.request, account=account), wanted.title),))
    event = RunRequested(wanted.request, wanted.title)
    effects = _told(event)
    if wanted.can_link and not kept.keep(tx.conn, tx.now, event):
        return ()
    for effect in effects if wanted.can_link else effects[-1:]:
        tx.notice(effect)
    return ()


def link(tx: Tx, wanted: Linked) -> tuple[Run, ...]:
    """Links an account in place of any other, and starts what waited for it."""
    accounts.link(tx.conn, tx.now, whose(wanted.by), wanted.account)
    return begin(tx, whose(wanted.by), wanted.account)


def hand_over(tx: Tx, run: Run) -> None:
    """Asks in the thread for somebody who may start it."""
    place = run.request.chat
    assert place is not None
    where = place.thread
    data = {"team": where.team, "channel": where.channel, "thread_ts": where.thread_ts, "run": run.id}
    by, title = run.request.requester.id, run.title[:300]
    tx.notice(chat("handover", priority=2, lane=f"handover.{run.id}", user=by, title=title, **data))


def unlink(tx: Tx, wanted: Unlinked, table: Accounts) -> Reply:
    """Takes it away; what the operator wrote down stays."""
    before = accounts.unlink(tx.conn, tx.now, whose(wanted.by))
    if table.is_written(whose(wanted.by)):
        return Reply(messages.WRITTEN_DOWN)
    return Reply(messages.unlinked(before.login if before else ""))


def told(wanted: Kept, begun: tuple[Run, ...]) -> Reply | None:
    """What a person reads at once who asked where no thread is open; elsewhere what is sent to them says it."""
    return None if wanted.request.chat or begun else Reply(messages.offered(can_link=wanted.can_link))


def invite(tx: Tx, wanted: Invited, table: Accounts) -> Reply | None:
    """Offers a person the link that connects their account, or another one."""
    if table.is_written(whose(wanted.by)):
        return Reply(messages.WRITTEN_DOWN)
    tx.notice(_offer(wanted.by, wanted.place, why="asked"))
    return wanted.reply


def _told(event: RunRequested) -> tuple[Effect, ...]:
    by, where = event.request.requester, event.request.place
    if isinstance(where, ChatPlace):
        origin = where.origin
        locked = chat("locked", lane=lane(event), channel=origin.channel, ts=origin.ts)
        return locked, _offer(by, where, why="start")
    channel = where.channel if isinstance(where, ChannelPlace) else ""
    return (_said(by, ThreadRef(by.account, channel, ""), why="start"),)


def _offer(by: Person, place: ChatPlace, *, why: str) -> Effect:
    """Where it was written in a channel it is said there, not in a thread that is not open."""
    thread = place.thread
    root = "" if thread.thread_ts == place.origin.ts else thread.thread_ts
    return _said(by, replace(thread, thread_ts=root), why=why)


def _said(by: Person, where: ThreadRef, *, why: str) -> Effect:
    data = {"team": where.team, "channel": where.channel, "thread_ts": where.thread_ts, "user": by.id}
    return chat("connect", priority=1, lane=f"connect.{by.id}"[:34], why=why, **data)
