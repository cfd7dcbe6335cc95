"""One running simulator: its configuration, state, logs, faults and courier, handed to every part."""

from dataclasses import dataclass, field

from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.delivery import Courier
from integrations.simulators.slack.faults import Faults
from integrations.simulators.slack.journal import Journal
from integrations.simulators.slack.limits import Limits
from integrations.simulators.slack.socket_mode import SocketGate
from integrations.simulators.slack.workspace import Workspace


@dataclass(slots=True)
class Simulator:
    """`public_url` is where the simulator itself answers, without a slash at the end."""

    config: SlackSimConfig
    workspace: Workspace
    courier: Courier
    public_url: str
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)
    limits: Limits = field(default_factory=Limits)
    gate: SocketGate | None = None

    @classmethod
    def start(cls, config: SlackSimConfig) -> "Simulator":
        """A fresh simulator; it serves one event loop."""
        simulator = cls(config, Workspace(config), Courier(config), config.public_url or "")
        simulator.limits.on = config.rate_limits
        if config.app_token is not None:
            simulator.gate = SocketGate(config)
            simulator.courier.socket = simulator.gate
        return simulator

    def now(self) -> float:
        return self.config.now()
