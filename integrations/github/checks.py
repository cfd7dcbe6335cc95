"""Checks of one commit: what others report, their logs, and the report we write ourselves."""

from collections.abc import Callable

from integrations.errors import NotFound
from integrations.github.connection import Connection, Json
from integrations.types.code_host import (
    Annotation,
    CheckButton,
    CheckRunReport,
    ChecksSnapshot,
    CheckState,
    Conclusion,
)

OWN = "sortie/"
_LOG_BYTES = 200_000
_PER_REQUEST = 50
_IN_ALL = 100
_BUTTONS = 3
"""https://docs.github.com/rest/checks/runs#create-a-check-run: `actions`, their number and the lengths of their fields."""
_CONCLUSIONS = {**{c.value: c for c in Conclusion}, "startup_failure": Conclusion.failure}
_STATUS_STATES = {
    "success": Conclusion.success,
    "pending": Conclusion.pending,
    "failure": Conclusion.failure,
    "error": Conclusion.failure,
}
_STATE_OF = {
    Conclusion.pending: "pending",
    Conclusion.success: "success",
    Conclusion.neutral: "success",
    Conclusion.skipped: "success",
    Conclusion.failure: "failure",
    Conclusion.action_required: "failure",
}


def snapshot(github: Connection, repo: str, head_oid: str) -> ChecksSnapshot:
    """Check runs, commit statuses and suites of a commit, ours left out.

    Settled when no run, status or suite is under way. A suite without runs counts only for GitHub Actions: GitHub
    opens one for every App that may write checks, and most never fill it.
    """
    at = f"/commits/{head_oid}"
    runs = [
        r
        for r in github.pages(repo, f"{at}/check-runs", key="check_runs", filter="latest")
        if _other(r, "name")
    ]
    statuses = [s for s in github.pages(repo, f"{at}/status", key="statuses") if _other(s, "context")]
    suites = list(github.pages(repo, f"{at}/check-suites", key="check_suites"))
    checks = (*map(_run, runs), *map(_status, statuses))
    running = any(c.conclusion is Conclusion.pending for c in checks)
    waiting = any(_unfinished(suite, github.app_id) for suite in suites)
    return ChecksSnapshot(head_oid, checks, settled=not running and not waiting)


def log_of(github: Connection, repo: str, check: CheckState) -> str:
    """The log of an Actions job, else what the check run says of itself; "" when the host keeps nothing."""
    kind, _, number = check.ref.partition(":")
    if not number.isdigit():
        return ""
    if kind == "job":
        try:
            text = github.text(repo, f"/actions/jobs/{number}/logs", most_bytes=_LOG_BYTES)
        except NotFound:
            text = ""
        if text.strip():
            return text
    output: Json = github.get(repo, f"/check-runs/{number}").get("output") or {}
    parts = [output.get("title"), output.get("summary"), output.get("text")]
    return "\n\n".join(str(p) for p in parts if p)[-_LOG_BYTES:]


def write(github: Connection, repo: str, report: CheckRunReport, *, redact: Callable[[str], str]) -> None:
    """A check run found or made by external_id with an App, a commit status with a plain token (only Apps may check)."""
    if github.app_id is None:
        _write_status(github, repo, report, redact)
    else:
        _write_run(github, repo, report, redact)


def _write_run(github: Connection, repo: str, report: CheckRunReport, redact: Callable[[str], str]) -> None:
    """At most 50 annotations go with one request; further ones are appended (https://docs.github.com/rest/checks/runs)."""
    mine = _mine(github, repo, report)
    there = _annotated(github, repo, mine)
    told = [_annotation(a, redact) for a in report.annotations]
    new = [a for a in told if _said(a) not in there][: max(0, _IN_ALL - len(there))]
    output: Json = {
        "title": redact(report.title)[:255] or report.name,
        "summary": redact(report.summary)[:65_000] or "–",
    }
    body: Json = {
        "details_url": report.details_url,
        "output": {**output, "annotations": new[:_PER_REQUEST]},
        "actions": [_button(b) for b in report.buttons[:_BUTTONS]],
    }
    if report.conclusion is Conclusion.pending:
        body["status"] = "in_progress"
    else:
        body |= {"status": "completed", "conclusion": report.conclusion.value}
    if mine is None:
        body |= {"name": report.name, "head_sha": report.head_oid, "external_id": report.external_id}
        mine = github.request(repo, "POST", "/check-runs", body=body)
    else:
        github.request(repo, "PATCH", f"/check-runs/{int(mine['id'])}", body=body)
    for at in range(_PER_REQUEST, len(new), _PER_REQUEST):
        more = {"output": {**output, "annotations": new[at : at + _PER_REQUEST]}}
        github.request(repo, "PATCH", f"/check-runs/{int(mine['id'])}", body=more)


def _mine(github: Connection, repo: str, report: CheckRunReport) -> Json | None:
    path = f"/commits/{report.head_oid}/check-runs"
    rows = github.pages(repo, path, key="check_runs", check_name=report.name, filter="all")
    return next((row for row in rows if row.get("external_id") == report.external_id), None)


def _annotated(github: Connection, repo: str, mine: Json | None) -> set[tuple[object, ...]]:
    """What stands on lines already. GitHub only ever adds to it, and lenses end in any order."""
    if not ((mine or {}).get("output") or {}).get("annotations_count"):
        return set()
    assert mine is not None
    return {_said(row) for row in github.pages(repo, f"/check-runs/{int(mine['id'])}/annotations")}


def _said(annotation: Json) -> tuple[object, ...]:
    return tuple(
        annotation.get(key) for key in ("path", "start_line", "annotation_level", "title", "message")
    )


def _write_status(
    github: Connection, repo: str, report: CheckRunReport, redact: Callable[[str], str]
) -> None:
    body = {
        "state": _STATE_OF.get(report.conclusion, "error"),
        "context": report.name,
        "description": redact(report.title)[:140],
        "target_url": report.details_url,
    }
    github.request(repo, "POST", f"/statuses/{report.head_oid}", body=body)


def _annotation(note: Annotation, redact: Callable[[str], str]) -> Json:
    return {
        "path": note.path,
        "start_line": max(1, note.line),
        "end_line": max(1, note.line),
        "annotation_level": note.level if note.level in ("notice", "warning", "failure") else "notice",
        "message": redact(note.message)[:16_000] or "–",
        "title": redact(note.title)[:255] or note.level,
    }


def _button(button: CheckButton) -> Json:
    return {
        "identifier": button.identifier[:20],
        "label": button.label[:20],
        "description": button.description[:40],
    }


def _other(row: Json, key: str) -> bool:
    return not str(row.get(key, "")).startswith(OWN)


def _run(row: Json) -> CheckState:
    done = row.get("status") == "completed"
    conclusion = (
        _CONCLUSIONS.get(str(row.get("conclusion")), Conclusion.failure) if done else Conclusion.pending
    )
    kind = "job" if (row.get("app") or {}).get("slug") == "github-actions" else "run"
    url = str(row.get("html_url") or row.get("details_url") or "")
    return CheckState(str(row.get("name", "")), conclusion, url, f"{kind}:{row.get('id')}")


def _status(row: Json) -> CheckState:
    conclusion = _STATUS_STATES.get(str(row.get("state")), Conclusion.failure)
    return CheckState(str(row.get("context", "")), conclusion, str(row.get("target_url") or ""))


def _unfinished(suite: Json, own_app: int | None) -> bool:
    app = suite.get("app") or {}
    if suite.get("status") == "completed" or (own_app is not None and app.get("id") == own_app):
        return False
    return bool(suite.get("latest_check_runs_count")) or app.get("slug") == "github-actions"
