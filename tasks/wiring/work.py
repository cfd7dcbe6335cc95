"""Ports of the worker: the model and the sandboxes. No credential that can write to the world."""

import time
from urllib.parse import urlsplit

from integrations.models.anthropic import AnthropicModel
from integrations.ports import SandboxProvider
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.sandboxes.process import ProcessProvider
from tasks.drive import StepEntry
from tasks.queue import AGENT, GATE
from tasks.settings import Settings
from tasks.steps.ports import StepPorts
from tasks.steps.run.code import code
from tasks.steps.run.gate import gate
from tasks.steps.run.provision import provision
from tasks.steps.run.review import review
from tasks.steps.run.title import title
from tasks.workspace.eviction import Evictor, Keep
from tasks.workspace.proving import Choice, choose
from tasks.workspace.storage import Layout
from tasks.workspace.workspace import Kind
from tasks.workspace.workspaces import Workspaces

STEPS = {
    "title": StepEntry(AGENT, title),
    "provision": StepEntry(AGENT, provision),
    "code": StepEntry(AGENT, code),
    "gate": StepEntry(GATE, gate),
    "review": StepEntry(AGENT, review),
}


def sandboxes(settings: Settings) -> SandboxProvider:
    """The backend the operator chose; plain processes only when asked for by name."""
    if settings.sandbox.backend == "process":
        return ProcessProvider(i_accept_no_isolation=True)
    return BubblewrapProvider()


def choice(settings: Settings, provider: SandboxProvider) -> Choice:
    """What new workspaces are on this machine. Mounts one to find out; the provider must have been proven."""
    return choose(settings.sandbox.workspaces, provider, settings.home.absolute())


def workspaces(settings: Settings, provider: SandboxProvider, kind: Kind = Kind.clone) -> Workspaces:
    """Mirrors, quarantine and workspaces under the home folder."""
    host = urlsplit(settings.github.git_url).hostname or "github.com"
    return Workspaces(settings.home, provider, host=host, kind=kind)


def evictor(settings: Settings) -> Evictor:
    """What keeps the home folder of a worker in order."""
    disk = settings.disk
    keep = Keep(disk.workspaces_keep_s, disk.checkouts_keep_s, int(disk.quota_gb * 1024**3))
    host = urlsplit(settings.github.git_url).hostname or "github.com"
    return Evictor(Layout(settings.home.absolute(), host), keep)


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
