"""The one JSON document `sortie demo --once --json` prints: from the run's events, and from what Slack was told."""

from datetime import datetime
from typing import Any

from bot.cli.demo.thread import SlackThread, reactions_of
from tasks.domain.events import Recorded
from tasks.domain.fold import apply, begin
from tasks.domain.results import MadeReady, PullRequestOpened
from tasks.domain.run import Run
from tasks.domain.verdict import LENSES, Finding, LensVerdict


def document(
    run: Run, events: tuple[Recorded, ...], thread: SlackThread, *, asked_at: float
) -> dict[str, Any]:
    """Every key is always there; times are ISO 8601 in UTC, durations seconds since the request (None: never happened).

    `asked_at` is the UNIX time just before the request was posted. `posts` and `edits` count messages, `reactions`
    the bot's reactions on the request.
    """
    messages = thread.messages()
    ours = [m for m in messages if m.get("bot_id")]
    edited = [c for c in thread.calls("chat.update") if c["ts"] in {m["ts"] for m in ours}]
    signs = [c["at"] for name in ("reactions.add", "chat.postMessage") for c in thread.calls(name)]
    received = run.request.received_at
    return {
        "run": run.id,
        "state": str(run.state),
        "states": states(run.id, events),
        "repo": run.repo,
        "pr_url": run.pr.url if run.pr else None,
        "head_sha": run.head_oid or None,
        "checks": [{"name": c.name, "conclusion": str(c.conclusion)} for c in run.checks],
        "gates": [{"name": g.name, "base": g.base, "head": g.head} for g in run.gates],
        "verdicts": [_verdict(v) for v in last_verdicts(run)],
        "posts": len(ours),
        "edits": len(edited),
        "reactions": len(reactions_of(messages[0])),
        "turns": run.turns,
        "cost_usd": round(run.cost_usd, 6) if run.cost_known else None,
        "ack_s": round(min(signs) - asked_at, 3) if signs else None,
        "pr_s": _since(received, _first(events, PullRequestOpened)),
        "ready_s": _since(received, _first(events, MadeReady)),
    }


def states(run_id: str, events: tuple[Recorded, ...]) -> list[dict[str, str]]:
    """Every state the run was in, and since when."""
    run = begin(run_id, events[0])
    found = [{"name": str(run.state), "at": events[0].at.isoformat()}]
    for recorded in events[1:]:
        run = apply(run, recorded)
        if found[-1]["name"] != run.state:
            found.append({"name": str(run.state), "at": recorded.at.isoformat()})
    return found


def last_verdicts(run: Run) -> list[LensVerdict]:
    """The newest verdict of each lens, in the order people read them."""
    newest = {verdict.lens: verdict for verdict in run.verdicts}
    return [newest[lens] for lens in LENSES if lens in newest]


def _verdict(verdict: LensVerdict) -> dict[str, Any]:
    findings = [_finding(f) for f in verdict.findings]
    return {"lens": verdict.lens, "decision": str(verdict.decision), "findings": findings}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "severity": str(finding.severity),
        "path": finding.path,
        "line": finding.line,
        "claim": finding.claim,
        "evidence": {"command": finding.evidence_command, "output": finding.evidence_output},
        "status": finding.status,
    }


def _first(events: tuple[Recorded, ...], kind: type) -> datetime | None:
    return next((r.at for r in events if isinstance(r.event, kind)), None)


def _since(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else round((end - start).total_seconds(), 3)
