"""The files of conventions that profiles name: whether they are there on the base commit."""

from tasks.domain.run import Run
from tasks.gates.config import CONFIG_PATH, ConfigError, RepoConfig
from tasks.workspace.workspaces import Workspaces

CONVENTION_BYTES = 16_000


def check_profiles(workspaces: Workspaces, run: Run, config: RepoConfig) -> None:
    """Raises ConfigError where a profile names a file that is not there."""
    for profile in config.profiles:
        named = profile.conventions
        if is_path(named) and workspaces.read(run.repo, run.rules_oid, named, CONVENTION_BYTES) is None:
            raise ConfigError(
                f"{CONFIG_PATH}: profiles.{profile.name}.conventions names {named}, which is not there."
            )


def is_path(text: str) -> bool:
    """A file's path has no blanks and ends in a suffix; anything else is the conventions themselves."""
    return bool(text) and not any(c.isspace() for c in text) and "." in text.rsplit("/", 1)[-1]
