"""Small words of the pages: states, colours, times, why a button was refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from starlette.requests import Request

from integrations.simulators.github.model.state import CheckRun, Issue


def refusal(request: Request) -> str:
    """Why the last button did nothing; said once."""
    try:
        return base64.urlsafe_b64decode(request.cookies.get("refusal", "")).decode()
    except ValueError:
        return ""


def badge(issue: Issue) -> str:
    """draft, open, merged or closed."""
    if issue.pull is not None and issue.pull.merged_at is not None:
        return "merged"
    if issue.state == "closed":
        return "closed"
    return "draft" if issue.pull is not None and issue.pull.draft else "open"


def tone(run_or_state: CheckRun | str) -> str:
    """good, bad, busy or mute: how a check's state is coloured."""
    if isinstance(run_or_state, CheckRun):
        word = run_or_state.conclusion if run_or_state.status == "completed" else run_or_state.status
    else:
        word = run_or_state
    tones = {"success": "good", "neutral": "mute", "skipped": "mute", "stale": "mute", "cancelled": "mute"}
    busy = ("queued", "in_progress", "pending", "waiting", "requested")
    return tones.get(word or "", "busy" if word in busy else "bad")


def ago(at: datetime | None) -> str:
    """A time as people say it: "just now", "5 min ago", "20 Nov 2026, 10:00"."""
    if at is None:
        return ""
    gone = (datetime.now(UTC) - at).total_seconds()
    if gone < 60:
        return "just now"
    if gone < 3600:
        return f"{int(gone // 60)} min ago"
    if gone < 86400:
        return f"{int(gone // 3600)} h ago"
    return at.strftime("%d %b %Y, %H:%M")
