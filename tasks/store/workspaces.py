"""What is known of the chat's workspaces: how messages are drawn there."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from tasks.store.schema import workspaces


def keep_profile(conn: Connection, now: datetime, team: str, profile: str) -> None:
    """Notes what a workspace takes, in place of what was known before."""
    conn.execute(delete(workspaces).where(workspaces.c.team == team))
    conn.execute(insert(workspaces).values(team=team, profile=profile, at=now))


def profile_of(conn: Connection, team: str = "") -> str:
    """What a workspace takes, or the one that was asked last; "" where none ever was."""
    wanted = select(workspaces.c.profile).order_by(workspaces.c.at.desc()).limit(1)
    return conn.execute(wanted.where(workspaces.c.team == team) if team else wanted).scalar() or ""
