"""Drafts that are kept, begun and dropped, and channels that are set: in the transaction of the arrival itself, once."""

from collections.abc import Callable

from bot.routed import ChannelChanged, DraftEnded, DraftKept
from bot.taken import Taken
from tasks.domain.request import RunRequest
from tasks.domain.run import Run
from tasks.store import channels, drafts
from tasks.store.store import Tx

Begin = Callable[[Tx, RunRequest, str], tuple[Run, ...]]
"""Starts a run, or keeps the request until its requester has an account."""


def carry_out(tx: Tx, routed: DraftKept | DraftEnded, begin: Begin) -> Taken:
    """What became of it, and what whoever did it reads."""
    if isinstance(routed, DraftKept):
        fresh = drafts.keep(tx.conn, tx.now, routed.draft)
        for effect in routed.effects if fresh else ():
            tx.notice(effect)
        return Taken("draft", routed.draft.kind, reply=routed.reply if fresh else routed.again)
    if not drafts.end(tx.conn, routed.draft.id, routed.state):
        return Taken("ignored", "late", reply=routed.late)
    runs = tuple(run.id for new in routed.new for run in begin(tx, new.request, new.title))
    for effect in routed.effects:
        tx.notice(effect)
    return Taken(
        "new" if runs else "kept" if routed.new else str(routed.state), run_ids=runs, reply=routed.reply
    )


def change_channel(tx: Tx, routed: ChannelChanged) -> Taken:
    by = f"Slack: {routed.login} ({routed.by.id})"
    channels.change(tx.conn, tx.now, (routed.by.account, routed.channel), routed.settings, by=by)
    return Taken("set", "channel")
