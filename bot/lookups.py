"""What SQL says of the place and the thing that an arrival is about."""

from bot.drafts import START_REACTION, reaction_key
from bot.inbound import Decided, Filled, Inbound, Pointed, Reacted, Speech, Typed
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.channel import USUAL, ChannelSettings
from tasks.domain.drafts import Draft, DraftKind, draft_id
from tasks.store import channels, drafts
from tasks.store.store import Tx


def channel_of(tx: Tx, inbound: Inbound) -> ChannelSettings:
    """How the channel stands in which it was said; the code host has none."""
    match inbound:
        case Speech(thread=thread):
            return channels.settings_of(tx.conn, thread.team, thread.channel)
        case Reacted(by=by, message=MessageRef(channel=channel), name=name) if name == START_REACTION:
            return channels.settings_of(tx.conn, by.account, channel)
        case Typed(by=by, channel=channel):
            return channels.settings_of(tx.conn, by.account, channel)
        case Pointed(thread=ThreadRef(team=team, channel=channel)):
            return channels.settings_of(tx.conn, team, channel)
        case Filled(by=by, channel=channel) if channel:
            return channels.settings_of(tx.conn, by.account, channel)
    return USUAL


def draft_of(tx: Tx, inbound: Inbound) -> Draft | None:
    """What an arrival says it belongs to."""
    match inbound:
        case Filled(draft=name) | Decided(draft=name):
            return drafts.of(tx.conn, name)
        case Reacted(name=name, added=False) if name == START_REACTION:
            return drafts.of(tx.conn, draft_id(DraftKind.reaction, reaction_key(inbound)))
    return None
