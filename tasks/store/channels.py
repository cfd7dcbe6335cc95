"""The settings of channels: every change is a row with who made it, and a channel's last row is how it stands."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.engine import Row

from tasks.domain.channel import USUAL, ChannelSettings, SteerMode, Verbosity
from tasks.store.schema import channel_changes


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """One change: how the channel stood from then on (UTC), and who made it."""

    settings: ChannelSettings
    by: str
    at: datetime


def settings_of(conn: Connection, team: str, channel: str) -> ChannelSettings:
    """How a channel stands now."""
    last = changes(conn, team, channel, 1)
    return last[0].settings if last else USUAL


def change(
    conn: Connection, now: datetime, place: tuple[str, str], settings: ChannelSettings, *, by: str
) -> None:
    """Sets a channel, named by team and channel. What is as it was is kept too: somebody looked at it and let it stand."""
    team, channel = place
    values = {
        "team": team,
        "channel": channel,
        "repo": settings.repo,
        "steer": str(settings.steer),
        "verbosity": str(settings.verbosity),
        "emoji_start": settings.emoji_start,
        "digest": settings.digest,
        "owner": settings.owner,
        "by": by[:200],
        "at": now,
    }
    conn.execute(insert(channel_changes).values(**values))


def changes(conn: Connection, team: str, channel: str, limit: int = 20) -> tuple[ChannelChange, ...]:
    """The newest changes of a channel first; none where nobody ever set it."""
    of_it = (channel_changes.c.team == team) & (channel_changes.c.channel == channel)
    rows = conn.execute(
        select(channel_changes).where(of_it).order_by(channel_changes.c.id.desc()).limit(limit)
    )
    return tuple(ChannelChange(_settings(row), row.by, row.at) for row in rows)


def all_settings(conn: Connection) -> dict[tuple[str, str], ChannelSettings]:
    """Every channel that was ever set, by team and channel, as it stands now."""
    newest = select(func.max(channel_changes.c.id)).group_by(
        channel_changes.c.team, channel_changes.c.channel
    )
    rows = conn.execute(select(channel_changes).where(channel_changes.c.id.in_(newest)))
    return {(row.team, row.channel): _settings(row) for row in rows}


def _settings(row: Row[tuple[object, ...]]) -> ChannelSettings:
    """A word of a newer version that this one does not know counts as the usual."""
    return ChannelSettings(
        repo=row.repo,
        steer=next((mode for mode in SteerMode if mode == row.steer), USUAL.steer),
        verbosity=next((v for v in Verbosity if v == row.verbosity), USUAL.verbosity),
        emoji_start=row.emoji_start,
        digest=row.digest,
        owner=row.owner,
    )
