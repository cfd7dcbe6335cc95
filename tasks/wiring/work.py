"""Steps and ports of the worker: the model and the sandboxes. No credential that can write to the world."""

import time

from integrations.models.anthropic import AnthropicModel
from integrations.ports import SandboxProvider
from tasks.drive import StepEntry
from tasks.queue import AGENT, GATE
from tasks.settings import Settings
from tasks.steps.ports import StepPorts
from tasks.steps.run.code import code
from tasks.steps.run.explain import explain
from tasks.steps.run.gate import gate
from tasks.steps.run.guess import guess
from tasks.steps.run.provision import provision
from tasks.steps.run.review import review
from tasks.steps.run.title import title
from tasks.wiring.places import workspaces
from tasks.workspace.workspace import Kind

STEPS = {
    "guess": StepEntry(AGENT, guess),
    "title": StepEntry(AGENT, title),
    "provision": StepEntry(AGENT, provision),
    "code": StepEntry(AGENT, code),
    "gate": StepEntry(GATE, gate),
    "review": StepEntry(AGENT, review),
    "explain": StepEntry(AGENT, explain),
}


def step_ports(settings: Settings, provider: SandboxProvider, kind: Kind) -> StepPorts:
    """Everything the steps may reach."""
    model = settings.model
    return StepPorts(
        settings=settings,
        workspaces=workspaces(settings, provider, kind),
        sandboxes=provider,
        model=AnthropicModel(model.api_key.get_secret_value(), base_url=model.base_url),
        monotonic=time.monotonic,
    )
