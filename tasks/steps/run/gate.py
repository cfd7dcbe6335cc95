"""The step that judges a submission without any model: all gates on exactly the submitted commit."""

from integrations.types.sandbox import Limits
from tasks.domain.decisions import Failed, Gated
from tasks.domain.events import Event
from tasks.domain.run import Run
from tasks.gates.change import SETUP, Checks, check_change
from tasks.gates.config import ConfigError, RepoConfig
from tasks.gates.owners import codeowners
from tasks.gates.risk import assess
from tasks.gates.run import Conditions, GateRoom, Subject
from tasks.settings import Settings
from tasks.steps.ports import Recorder, StepPorts
from tasks.steps.run.provision import config_at


def gate(run: Run, *, ports: StepPorts, log: Recorder) -> Event:
    """Gates exactly the submitted commit: Gated. Raises Cancelled when the run was stopped meanwhile."""
    assert run.submission is not None
    try:
        config = config_at(ports.workspaces, run.repo, run.rules_oid, also=ports.settings.protected)
    except ConfigError as wrong:
        return Failed(wrong.code, wrong.sentence)
    head = run.submission.oid
    room = GateRoom(ports.workspaces, ports.sandboxes, log.cancelled)
    subject = Subject(run.id, run.repo, run.base_oid, head)
    setup = dict(run.commands).get(SETUP, "")
    checks = Checks(
        config, run.commands, conditions_of(ports.settings, config, setup), ports.settings.limits.mutation_s
    )
    results = check_change(room, subject, checks)
    counts = ports.workspaces.numstat(run.repo, run.base_oid, head)
    owners = codeowners(lambda place: ports.workspaces.read(run.repo, run.rules_oid, place))
    return Gated(head, results, assess(counts, results, codeowners=owners))


def conditions_of(settings: Settings, config: RepoConfig, setup: str) -> Conditions:
    """The repository may ask for less time than the operator gives, never for more."""
    operator = settings.sandbox
    limits = Limits(wall_s=min(float(config.limits.check_s), operator.wall_s), memory_mb=operator.memory_mb)
    return Conditions(
        limits=limits,
        setup=setup,
        setup_s=min(float(config.limits.setup_s), operator.wall_s),
        toolchain=(operator.toolchain_dir,) if operator.toolchain_dir else (),
    )
