"""The kill switch turned from the chat: in the transaction of the arrival itself, with a word in the thread."""

from bot.replies import Reply
from bot.routed import SwitchTurned
from integrations.untrusted import visible
from tasks.domain.effect import chat
from tasks.domain.grants import Switch
from tasks.messages.switch import standing
from tasks.store import switches
from tasks.store.store import Tx
from tasks.store.switches import Turned


def turn(tx: Tx, wanted: SwitchTurned) -> Reply | None:
    """Turns it, to be confirmed in the thread; where it was only asked for, the private answer."""
    if wanted.on is None:
        return Reply(f"Kill switch {told(switches.state(tx.conn), switches.turns(tx.conn, 1))}.")
    by, reason = f"Slack: {wanted.login} ({wanted.by.id})", visible(wanted.reason)
    switches.turn(tx.conn, tx.now, on=wanted.on, by=by, reason=reason)
    place = wanted.thread
    tx.notice(
        chat(
            "notice",
            priority=1,
            lane=f"notice.{place.thread_ts}",
            team=place.team,
            channel=place.channel,
            thread_ts=place.thread_ts,
            on="on" if wanted.on else "off",
            user=wanted.by.id,
            reason=reason[:1000],
            at=tx.now.isoformat(),
        )
    )
    return None


def told(state: Switch, last: tuple[Turned, ...]) -> str:
    """How it stands, and who turned it last."""
    if not last:
        return standing(state, on=None, by="", reason="", at=None)
    return standing(state, on=last[0].on, by=last[0].by, reason=last[0].reason, at=last[0].at)
