"""What a simulated GitHub is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

DEFAULT_APP_PERMISSIONS: Mapping[str, str] = {
    "actions": "read",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}
DEFAULT_APP_EVENTS = (
    "check_run",
    "check_suite",
    "create",
    "delete",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "status",
    "workflow_run",
)


@dataclass(frozen=True, slots=True)
class CIJob:
    """One command CI runs on each new head of a pull request.

    `app` says how it reports: a check run ("checks") or a commit status ("status").
    """

    name: str
    command: str
    app: Literal["checks", "status"] = "checks"
    timeout_s: float = 300.0


@dataclass(frozen=True, slots=True)
class CIConfig:
    """CI of one repository. `runner="none"` means the repository has no CI.

    `ro_binds` are host paths that jobs may read at the same path; `path` and `pythonpath` are put in front
    of a job's PATH and PYTHONPATH.
    """

    jobs: tuple[CIJob, ...] = ()
    runner: Literal["bwrap", "none"] = "bwrap"
    ro_binds: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> CIConfig:
        """Read `{"jobs": [{"name", "command", "app"?, "timeout_s"?}], "runner"?, "ro_binds"?, …}`."""
        jobs = tuple(
            CIJob(
                name=str(j["name"]),
                command=str(j["command"]),
                app="status" if j.get("app") == "status" else "checks",
                timeout_s=float(j.get("timeout_s", 300)),
            )
            for j in raw.get("jobs", ())
        )
        none = raw.get("runner") == "none" or not jobs
        return cls(
            jobs=jobs,
            runner="none" if none else "bwrap",
            ro_binds=tuple(raw.get("ro_binds", ())),
            path=tuple(raw.get("path", ())),
            pythonpath=tuple(raw.get("pythonpath", ())),
        )


@dataclass(frozen=True, slots=True)
class GitHubSimConfig:
    """Settings of one simulator.

    `token` belongs to the user `login`. With `app_id` a GitHub App is registered; `app_key_pem` is its private
    or public RSA key. `webhook_url` is the App's hook when there is an App, else a hook on every repository.
    `client_id` and `client_secret` are of an application that may ask people who they are; it sends them back to
    `callback_url` alone, where that is set. `public_url` is used in payloads nobody asked for over HTTP (webhooks);
    it is filled in by the server.
    """

    root: Path
    webhook_url: str | None = None
    webhook_secret: str = ""
    token: str | None = None
    login: str = "sortie-bot"
    app_id: int | None = None
    app_key_pem: str | None = None
    app_slug: str = "sortie"
    client_id: str = ""
    client_secret: str = ""
    callback_url: str = ""
    seed: Mapping[str, Any] = field(default_factory=dict)
    public_url: str = ""
    webhook_timeout_s: float = 10.0
    installation_token_ttl_s: float = 3600.0
    rate_limit_per_hour: int = 5000
    ci_parallel: int = 2
    ci_uid: int = 64011
    git_exec_path: str | None = None
