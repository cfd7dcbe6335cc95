"""Lenses that a repository defines for itself: files of the base commit, read as data, only ever added to the operator's."""

from tasks.domain.run import Run
from tasks.gates.config import CONFIG_PATH, ConfigError, RepoConfig
from tasks.prompts.render import Untrusted
from tasks.roles import LENS_ROWS
from tasks.workspace.workspaces import Workspaces

FOLDER = ".sortie/lenses"
MOST = 4
_BYTES = 16_000


def own_words(workspaces: Workspaces, run: Run, name: str) -> Untrusted | None:
    """What the repository says that a lens of its own should look for; None for one of ours."""
    if name in LENS_ROWS:
        return None
    content = workspaces.read(run.repo, run.rules_oid, _path(name), _BYTES) or b""
    return Untrusted(f"{_path(name)} of the base commit", content.decode("utf-8", "replace"))


def check_lenses(workspaces: Workspaces, run: Run, config: RepoConfig) -> None:
    """Raises ConfigError where the file names a lens that nobody described, or too many."""
    own = [name for name in config.rules.lenses if name not in LENS_ROWS]
    if len(own) > MOST:
        raise ConfigError(
            f"{CONFIG_PATH}: review.lenses may name at most {MOST} lenses of the repository's own."
        )
    for name in own:
        content = workspaces.read(run.repo, run.rules_oid, _path(name), _BYTES)
        if not content or not content.strip():
            raise ConfigError(f"{CONFIG_PATH}: review.lenses names {name}, but there is no {_path(name)}.")


def _path(name: str) -> str:
    return f"{FOLDER}/{name}.md"
