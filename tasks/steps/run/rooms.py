"""An agent's sandbox around a workspace, with the operator's toolchain and limits."""

from collections.abc import Iterator
from contextlib import contextmanager

from integrations.ports import Sandbox
from integrations.types.sandbox import Limits
from tasks.steps.ports import StepPorts
from tasks.workspace.workspace import Workspace


def limits_of(ports: StepPorts) -> Limits:
    """What one command of an agent may use."""
    wanted = ports.settings.sandbox
    return Limits(wall_s=wanted.wall_s, memory_mb=wanted.memory_mb)


@contextmanager
def sandbox_around(workspace: Workspace, ports: StepPorts) -> Iterator[Sandbox]:
    """An open sandbox, closed afterwards. Raises the sandbox's Rejected or Retryable."""
    layer = ports.settings.sandbox.toolchain_dir
    spec = workspace.spec(limits=limits_of(ports), toolchain=(layer,) if layer else ())
    sandbox = ports.sandboxes.open(spec)
    try:
        yield sandbox
    finally:
        sandbox.close()
