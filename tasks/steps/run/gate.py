"""The step that judges a submission without any model: all gates on exactly the submitted commit."""

from integrations.types.sandbox import Limits
from tasks.domain.events import Event, Failed, Gated
from tasks.domain.run import Run
from tasks.gates.change import SETUP, Checks, check_change
from tasks.gates.config import ConfigError, RepoConfig
from tasks.gates.run import Conditions, GateRoom, Subject
from tasks.steps.ports import Recorder, StepPorts
from tasks.steps.run.provision import config_at


def gate(run: Run, *, ports: StepPorts, log: Recorder) -> Event:
    """Gates exactly the submitted commit: Gated. Raises Cancelled when the run was stopped meanwhile."""
    assert run.submission is not None
    try:
        config = config_at(ports.workspaces, run.repo, run.base_oid)
    except ConfigError as wrong:
        return Failed(wrong.code, wrong.sentence)
    head = run.submission.oid
    room = GateRoom(ports.workspaces, ports.sandboxes, log.cancelled)
    subject = Subject(run.id, run.repo, run.base_oid, head)
    checks = Checks(config, run.commands, _conditions(run, config, ports))
    return Gated(head, check_change(room, subject, checks))


def _conditions(run: Run, config: RepoConfig, ports: StepPorts) -> Conditions:
    """The repository may ask for less time than the operator gives, never for more."""
    operator = ports.settings.sandbox
    limits = Limits(wall_s=min(float(config.limits.check_s), operator.wall_s), memory_mb=operator.memory_mb)
    return Conditions(
        limits=limits,
        setup=dict(run.commands).get(SETUP, ""),
        setup_s=min(float(config.limits.setup_s), operator.wall_s),
        toolchain=(operator.toolchain_dir,) if operator.toolchain_dir else (),
    )
