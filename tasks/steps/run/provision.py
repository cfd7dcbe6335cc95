"""The step that makes a run's workspace and finds out, from the base commit alone, how its work will be checked."""

from dataclasses import replace
from pathlib import Path

from integrations.errors import IntegrationError, Rejected
from tasks.domain.decisions import Failed, FailureClass, Provisioned, Refused
from tasks.domain.events import Event
from tasks.domain.grants import Rules
from tasks.domain.policy import Policy, not_allowed
from tasks.domain.run import Run
from tasks.gates.config import CONFIG_PATH, ConfigError, RepoConfig, parse_config
from tasks.gates.detect import READ, Evidence, detect
from tasks.steps.ports import Recorder, StepBroken, StepPorts
from tasks.steps.run.conventions import check_profiles
from tasks.steps.run.own_lenses import check_lenses
from tasks.workspace.outcomes import Refusal
from tasks.workspace.workspace import Tenure
from tasks.workspace.workspaces import Workspaces

_CONTENT_LIMIT = 256_000
_SYSTEM_PYTEST = Path("/usr/lib/python3/dist-packages/pytest")


def provision(run: Run, *, ports: StepPorts, log: Recorder) -> Event:
    """A fresh workspace at the base, with the work that was saved before: Provisioned.

    Refused where the repository's own rules do not let this person start.
    Failed where the repository's own configuration or its files are unusable. Raises StepBroken (sandbox, git).
    """
    try:
        config = config_at(ports.workspaces, run.repo, run.rules_oid)
        if refused := _refused(run, ports.settings.policy(), config.rules):
            return refused
        check_lenses(ports.workspaces, run, config)
        check_profiles(ports.workspaces, run, config)
        if not run.changes:
            return _provisioned(run, ports, config)
        tenure = Tenure(run.id, run.attempt, log.epoch)
        ports.workspaces.provision(tenure, run.repo, run.base_oid, run.wip_oid or run.pushed_oid or None)
    except ConfigError as wrong:
        return Failed(wrong.code, wrong.sentence, left="Nothing was changed.")
    except Refusal as wrong_files:
        return Failed(wrong_files.code, wrong_files.sentence, left="Nothing was changed.")
    except IntegrationError as error:
        raise _broken(error) from error
    return _provisioned(run, ports, config)


def _refused(run: Run, policy: Policy, rules: Rules) -> Refused | None:
    return not_allowed(run.inspection, policy, rules, deliver=run.deliver) if run.inspection else None


def _provisioned(run: Run, ports: StepPorts, config: RepoConfig) -> Provisioned:
    commands = commands_at(ports, run, config)
    return Provisioned(
        base_oid=run.base_oid,
        commands=commands,
        has_tests=any(name == "test" for name, _ in commands),
        isolation=ports.sandboxes.isolation.value,
        rules=config.rules,
        workspace=ports.workspaces.kind.value,
    )


def config_at(workspaces: Workspaces, repo: str, base_oid: str, *, also: tuple[str, ...] = ()) -> RepoConfig:
    """`.sortie.toml` of the base commit; what the change does to that file counts for later runs only.

    `also` are the paths that the operator protects. Raises ConfigError.
    """
    config = parse_config(workspaces.read(repo, base_oid, CONFIG_PATH, limit=_CONTENT_LIMIT))
    return replace(config, protected=(*also, *config.protected))


def commands_at(ports: StepPorts, run: Run, config: RepoConfig) -> tuple[tuple[str, str], ...]:
    """(name, command) of setup and checks: what the repository says, and what can be told from its files for the rest."""
    workspaces = ports.workspaces
    files = frozenset(workspaces.files(run.repo, run.rules_oid))
    contents = {
        name: content.decode("utf-8", "replace")
        for name in READ
        if name in files and (content := workspaces.read(run.repo, run.rules_oid, name, limit=_CONTENT_LIMIT))
    }
    said = dict(config.checks)
    found = dict(detect(Evidence(files, contents, pytest=_has_pytest(ports))))
    checks = {**found, **said}
    named = (
        ("setup", config.setup),
        *((name, checks.get(name, "")) for name in ("test", "types", "lint", "build")),
    )
    return tuple((name, command) for name, command in named if command)


def _has_pytest(ports: StepPorts) -> bool:
    layer = ports.settings.sandbox.toolchain_dir
    return _SYSTEM_PYTEST.is_dir() or bool(layer and (layer / "pytest").is_dir())


def _broken(error: IntegrationError) -> StepBroken:
    failure = FailureClass.git if (error.code or "").startswith("GIT-") else FailureClass.sandbox
    default = "GIT-009" if failure is FailureClass.git else "SBX-011"
    return StepBroken(failure, error.code or default, error.message, permanent=isinstance(error, Rejected))
