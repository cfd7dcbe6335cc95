"""Where work happens: sandboxes and workspaces. Loads neither the model's SDK nor an agent, so that the publisher starts quickly."""

from urllib.parse import urlsplit

from integrations.ports import SandboxProvider
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.sandboxes.process import ProcessProvider
from tasks.settings import Settings
from tasks.workspace.eviction import Evictor, Keep
from tasks.workspace.proving import Choice, choose
from tasks.workspace.storage import Layout
from tasks.workspace.workspace import Kind
from tasks.workspace.workspaces import Workspaces


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
