"""One simulator, assembled: the world, credentials, webhooks, CI, faults and logs."""

from __future__ import annotations

from integrations.simulators.github.acts.suites import AppSuites
from integrations.simulators.github.ci.runner import CI
from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.faults import Faults
from integrations.simulators.github.hooks.deliveries import Deliveries
from integrations.simulators.github.hub import Hub
from integrations.simulators.github.limits import Limits
from integrations.simulators.github.model.oauth import OAuth
from integrations.simulators.github.model.tokens import Tokens
from integrations.simulators.github.model.world import World
from integrations.simulators.github.request_log import RequestLog


class Sim:
    """Everything that belongs to one running simulator."""

    def __init__(self, config: GitHubSimConfig) -> None:
        config.root.mkdir(parents=True, exist_ok=True)
        self.config = config
        self.world = World(config)
        self.deliveries = Deliveries(config.webhook_timeout_s)
        self.hub = Hub(self.world, self.deliveries)
        self.tokens = Tokens(self.world)
        self.oauth = OAuth(config, self.world, self.tokens)
        self.limits = Limits(config.rate_limit_per_hour)
        self.faults = Faults()
        self.log = RequestLog()
        self.ci = CI(self.hub, config)
        self.hub.on_head.extend((AppSuites(self.hub).head_moved, self.ci.head_moved))

    def close(self) -> None:
        """Stop CI jobs and webhook threads."""
        self.ci.close()
        self.deliveries.close()
