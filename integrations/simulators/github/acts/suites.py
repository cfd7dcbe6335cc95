"""The empty check suite GitHub makes on each push for every App that may write checks."""

from __future__ import annotations

from integrations.simulators.github.acts import checks, events
from integrations.simulators.github.hub import Hub
from integrations.simulators.github.model.state import Issue, Pull, Repo, User
from integrations.simulators.github.model.world import covers


class AppSuites:
    """Makes the suites and sends check_suite.requested to their Apps."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def head_moved(self, repo: Repo, issue: Issue, pull: Pull, sender: User) -> None:
        for inst in self._hub.world.installations.values():
            if not covers(inst, repo) or inst.permissions.get("checks") != "write":
                continue
            known = any(s.app_id == inst.app_id and s.head_sha == pull.head_sha for s in repo.suites.values())
            if not known:
                suite = checks.new_suite(self._hub, repo, app_id=inst.app_id, sha=pull.head_sha)
                events.check_suite(self._hub, repo, suite=suite, action="requested", sender=sender)
